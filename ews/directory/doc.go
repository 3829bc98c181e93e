// Package directory asks Exchange who is in a group, who a name belongs to, and whether a mailbox
// uses its instant-messaging list. It has three operations that are not of the family of package
// ews, as functions over *[ews.Client]: ExpandDL, ResolveNames and GetFolder. They only read, and
// have the client's headers, retries and errors; with impersonation they see what the impersonated
// person sees.
//
// # Groups
//
// [Expand] follows nested groups. The result may lack entries of the directory: Exchange expands a
// dynamic group, and one whose members are hidden, to nothing, and does not find one that is hidden
// from the address lists. [Expansion.Complete] is false then, and a program that makes lists of
// groups must not treat the missing people as gone:
//
//	expansion, err := directory.Expand(ctx, client, "sales@contoso.com")
//	if err != nil || !expansion.Complete() {
//		// keep what the mailbox has
//	}
//
// # Lists
//
// Exchange has no operation that reports whether a mailbox uses its list. [State] concludes it from
// the list and from the two folders that hold it.
package directory
