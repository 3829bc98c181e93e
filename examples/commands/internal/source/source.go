// Package source makes the desired contact lists of mailboxes from the groups of a directory. Rules
// in a configuration file say which groups go into whose lists.
package source
