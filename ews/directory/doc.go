// Package directory asks Exchange who is in a group, who a name belongs to, and whether a mailbox
// uses its instant-messaging list. It has three operations that are not of the family of package
// ews, as functions over *[ews.Client]: ExpandDL, ResolveNames and GetFolder. They only read, and
// have the client's headers, retries and errors; with impersonation they see what the impersonated
// person sees.
//
// # Groups
//
// [Expand] follows nested groups. What it returns may be less than what the directory holds:
// Exchange expands a dynamic group, and one whose members are hidden, to nothing, and does not find
// one that is hidden from the address lists. [Expansion.Complete] is false then, and a program that
// makes lists of groups must not take the difference for people who left:
//
//	expansion, err := directory.Expand(ctx, client, "sales@contoso.com")
//	if err != nil || !expansion.Complete() {
//		// keep what the mailbox has
//	}
//
// # Lists
//
// Exchange has no operation that says whether anybody sees the list of a mailbox. [State] concludes
// it from the list and from the two folders that hold it.
package directory
