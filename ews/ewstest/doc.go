// Package ewstest is an Exchange server for tests, in process. It keeps an instant-messaging list
// for each mailbox and responds to the 13 operations of package ews, and to malformed requests, as
// Exchange does. Pass its client to the code under test:
//
//	exchange := ewstest.NewServer(nil)
//	client, err := ews.NewClient(ewstest.Endpoint, &ews.Options{HTTPClient: exchange.Client()})
//
// There is no listener and no goroutine behind it, so a test runs in parallel with any other and
// inside [testing/synctest]. For a real connection, [Server.Start] listens on loopback, and
// [net/http/httptest.NewServer] takes a Server as its handler.
//
// # Lists
//
// [Server.Seed] fills a list in one call, also with content that no operation can produce.
// [Server.List] and [Server.Groups] return the content of a mailbox, [Server.Requests] the
// requests.
//
// # Failures
//
// [Server.Fail] queues a response for the next call of an operation: any error of package ews, a
// dropped connection ([DropBefore], [DropAfter]), a cut response ([Truncate]). [AnswerAfter]
// executes the request first, as where a gateway fails after the server behind it did the work.
// [Server.Failures] returns the rest of the queue. Options.Intercept sees every request first and
// may respond likewise.
//
// # Autodiscover
//
// A request for the endpoint of a mailbox, to /autodiscover/autodiscover.json or .xml at any host,
// is led to /EWS/Exchange.asmx at that host; a GET of the latter over http is redirected to https.
// Use the Server as the Transport of [github.com/go-ews/exchange/ews/autodiscover.Options]. These
// requests are not in [Server.Requests], and neither Fail nor Intercept sees them.
//
// # Known and guessed
//
// Microsoft documents each operation with one sample, and says little about their rules. [Rules]
// has every rule of this package with its grade, its source and its test; some depend on the build
// in Options.ServerVersion. The following ones are guessed, and Options.Profile flips each.
//
//   - names-fold: Names of groups are compared without case.
//   - names-built-in: The names of built-in groups are taken.
//   - rename-case: A group cannot be renamed to its own name in another case.
//   - limit-built-in: The built-in groups do not count towards the 64.
//   - limit-per-list: The 1,000 contacts are those of the whole list.
//   - ungrouped: A contact that is added without a group goes to Other Contacts.
//   - same-contact: An address or tel URI that the list has already makes no second contact.
//   - member-again: Adding a member again changes nothing.
//   - last-group: A contact without a group leaves the list.
//   - distribution-groups: SetImGroup and RemoveImGroup refuse them: ErrorInvalidImGroupId.
//   - distribution-group-again: A second one of an address is ErrorImGroupDisplayNameAlreadyExists.
//   - distribution-group-members: A contact cannot be put into one: its id names no group.
//   - built-in-fixed: SetImGroup and RemoveImGroup refuse built-in groups: ErrorInvalidImGroupId.
//   - unknown-group: Where it is not documented, an unknown group is ErrorInvalidImGroupId.
//   - unknown-group-new: AddNewImContactToGroup calls an unknown group ErrorItemNotFound.
//   - foreign-ids: All operations call an id of another mailbox ErrorNonExistentMailbox.
//   - old-change-keys: An old change key is accepted.
//   - change-key-form: A change key that is no base64 is ErrorInvalidChangeKey.
//   - items-order: GetImItems returns items in the order of the list.
//   - never-used: A list that was never used has the built-in groups.
//   - remove-contact: RemoveContactFromImList works.
//   - names-kept: White space around a group's name is kept.
//   - must-understand: A header that is not Exchange's and must be understood is refused.
//   - version-2016: Builds 15.1 refuse an unknown version with ErrorInvalidServerVersion.
//   - sid-unknown: A SID without a mailbox is the fault ErrorNonExistentMailbox.
//   - expand-hidden: ExpandDL does not find a group that is hidden from the address lists.
//
// AddDistributionGroupToImList looks nothing up: any well-formed address names a distribution group.
// Ids are opaque, shorter than Exchange's, and the same on every server after the same calls.
package ewstest
