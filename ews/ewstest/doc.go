// Package ewstest is an Exchange server for tests, in process. It keeps an instant-messaging list
// for each mailbox and answers the 13 operations of package ews, and what may be wrong with a
// request, as Exchange does. Give its client to the code under test:
//
//	exchange := ewstest.NewServer(nil)
//	client, err := ews.NewClient(ewstest.Endpoint, &ews.Options{HTTPClient: exchange.Client()})
//
// There is no listener and no goroutine behind it, so a test runs in parallel with any other and
// inside [testing/synctest]. Where a real connection is wanted, [Server.Start] listens on loopback,
// and [net/http/httptest.NewServer] takes a Server as its handler.
//
// # Lists
//
// [Server.Seed] fills a list in one call, also with what no operation can make. [Server.List] and
// [Server.Groups] return what is in a mailbox, [Server.Requests] what was asked for.
//
// # Making things go wrong
//
// [Server.Fail] queues a response for the next call of an operation: any error of package ews, a
// dropped connection ([DropBefore], [DropAfter]), a cut response ([Truncate]). [AnswerAfter] executes
// the request first, as where a gateway fails after the server behind it did the work.
// [Server.Failures] returns what is left of the queue. Options.Intercept sees every request first and
// may respond likewise.
//
// # Autodiscover
//
// Whoever asks for the endpoint of a mailbox by /autodiscover/autodiscover.json or .xml, at any host,
// is led to /EWS/Exchange.asmx at that host; a GET of the latter over http is redirected to https.
// Give the Server to [github.com/go-ews/exchange/ews/autodiscover.Options] as the Transport. These
// requests are not in [Server.Requests], and neither Fail nor Intercept has to do with them.
//
// # What is known, and what is guessed
//
// Microsoft documents the operations with one sample each, and says little about their rules. What
// this package does is documented unless it is in this list, in which it is inferred:
//
//   - Names of groups are compared without case, and the built-in groups and distribution groups
//     count: their names are taken too. That a group cannot be renamed to the name it has is
//     documented; here that includes the name in another case.
//   - The 64 groups of a list are user groups and distribution groups; the three built-in ones do
//     not count. The 1,000 contacts are those of the whole list. Microsoft words it in both ways.
//   - A contact that is added without a group goes to Other Contacts.
//   - An instant-messaging address, or tel URI, that the list has already makes no second contact:
//     the first one is added to the group and comes back. Adding a member again changes nothing.
//   - A contact lives in the list as long as a group has it. Removed from its last group, or with
//     its last group, it leaves the list.
//   - Distribution groups have no members here, and can be neither renamed nor filled. Any
//     well-formed address names one: there is no directory behind it.
//   - Built-in groups cannot be renamed or removed: ErrorInvalidImGroupId.
//   - What an id that names nothing is called is documented for most operations; SetImGroup and the
//     GroupId of the two that move contacts follow RemoveImGroup (ErrorInvalidImGroupId), and
//     AddNewImContactToGroup follows AddNewTelUriContactToGroup (ErrorItemNotFound). An id of
//     another mailbox is ErrorNonExistentMailbox for all; it is documented for one of them.
//   - Change keys must be base64, and old ones are accepted.
//   - A header that is not Exchange's and has mustUnderstand="1" is refused, as SOAP 1.1 demands.
//     That SOAP's own attributes are accepted otherwise is recorded.
//   - An error of an operation outside of the 13 ([Server.Handle]) has the form that Microsoft's
//     schema has for it; one that the schema does not have gets the form of most, ResponseMessages.
//
// RequestServerVersion is judged as recorded servers of Options.ServerVersion's build do it: without
// one a request asks for the oldest version, and one that the server does not know, or is newer than
// the server, is refused before the rest of the request is looked at.
//
// Ids are opaque, and shorter than Exchange's. The same calls in the same order make the same ids on
// every server.
package ewstest
