// Package ews is a client for Exchange Web Services, made for the instant-messaging contact lists
// that Exchange keeps in each mailbox (the Unified Contact Store of Lync and Skype for Business):
// groups, contacts, distribution groups. It has the 13 operations that Exchange has for them, and
// carries any other operation through [Client.Call].
//
// # Quick start
//
// Make one client and share it; calls are methods. Logging in is the business of the http.Client's
// transport, and package auth has one for each scheme.
//
//	transport, err := auth.NTLM(nil, auth.Static(`CONTOSO\svc-im`, password), nil)
//	if err != nil { … }
//	client, err := ews.NewClient("https://mail.contoso.com/EWS/Exchange.asmx",
//		&ews.Options{HTTPClient: transport.Client()})
//	if err != nil { … }
//	group, err := client.AddImGroup(ctx, "MyCustomGroup")
//
// A result is non-nil exactly when the error is nil. For tests, package ewstest is an Exchange
// within the process; the examples below run on it.
//
// # What a list is made of
//
// [Client.GetImItemList] returns it whole, as an [imgroup.ItemList]: groups, each with the ids of
// its members, and personas, which is what Exchange calls contacts that it has put together from
// several sources. A mailbox has three groups from the start (Other Contacts, Tagged, Favorites)
// and takes 64 further groups and 1,000 contacts unless its server is configured otherwise.
//
// Ids of groups, contacts and personas have different types ([imgroup.GroupID], [imgroup.ContactID],
// [imgroup.PersonaID]), and each operation takes the kind that it means. An ID is opaque and
// case-sensitive. Compare the ID alone: the ChangeKey changes with every change of the item.
//
// # Moving a contact
//
// A contact that leaves its last group leaves the list. So a move adds first and removes after; a
// contact that is in both groups for a moment harms nobody:
//
//	contact, ok := persona.ContactID()
//	if !ok { … } // no contact of the list
//	if err := client.AddImContactToGroup(ctx, contact, to); err != nil {
//		return err // nothing has changed, or, with ErrOutcomeUnknown, perhaps: read the list
//	}
//	return client.RemoveImContactFromGroup(ctx, contact, from)
//
// If the second call fails, call it again later: the contact is in both groups until then. The
// example of [Client.RemoveImContactFromGroup] is the whole program. To keep lists in step with a
// directory, package imsync does all this and more.
//
// # Headers and mailboxes
//
// A call acts on the mailbox of the account that logs in, or on that of another owner through
// impersonation, which takes the management role ApplicationImpersonation. [Client.Impersonate] and
// [Client.WithHeader] return copies of the client that cost next to nothing and use the same
// connections: make one for each mailbox.
//
//	tony := client.Impersonate(ews.PrimarySMTP("tony@contoso.com"))
//
// [Header] holds what else a request says of itself: the schema version, which seldom needs to be
// other than Exchange2013, and the language of the server's messages. [WithResponseInfo] tells what
// the answer said beside its payload: the server's version, and the request id by which an
// administrator finds the call in the server's log.
//
// # Errors
//
// What went wrong is found with errors.Is and errors.As through any wrapping, never in the text:
//
//   - [*Error]: Exchange said no. Its Code is a [ResponseCode], which is an error itself:
//     errors.Is(err, ews.ErrorImGroupDisplayNameAlreadyExists). [NotFound] knows the four codes by
//     which these operations say that something does not exist.
//   - [*SchemaValidationError]: Exchange could not read the request. Excerpt shows the line that was
//     sent, with a caret under the place.
//   - [*HTTPError]: what answered was not EWS, but a log-in page, a proxy, a load balancer. Its text
//     says what the status probably means.
//   - [*TransportError]: no whole, readable answer came; it unwraps to the cause.
//   - [*InputError]: refused before anything was sent, because it could not become a valid request.
//
// [ErrOutcomeUnknown] may be true beside one of these, for writes only: the request was sent, and
// nothing came back that says whether it was done. Sending it again might do it twice; read the
// list first.
//
// No error's text, and nothing that %+v or %#v print of one, holds a credential, a request or the
// body of an answer. What an [*HTTPError] keeps in Header and Body may: do not log those.
//
// # Retries
//
// Calls are tried up to three times ([RetryPolicy]). A read is retried after any transient failure;
// a write only where it certainly was not done: nothing was sent, or Exchange said that it is busy.
// Between attempts the client waits for as long as the server asks. A wait of more than half a
// minute, and one that would outlast the context, is not begun: the error comes back at once, and
// [RetryAfter] tells how long, so that a job queue can put the job aside. Copies of a client wait for
// each other's back-offs.
//
// # Other operations
//
// [Client.Call] carries every operation of EWS with the same headers, retries and errors. Its
// request is any value that encoding/xml can write; the prefixes m and t are declared, so that
// tags can use them:
//
//	type getFolder struct {
//		XMLName xml.Name `xml:"m:GetFolder"`
//		Shape   string   `xml:"m:FolderShape>t:BaseShape"`
//		…
//	}
//
// The response embeds [ResponseMessage]. Where speed counts, both implement the fast path of
// package soap instead.
//
// # Concurrency
//
// A Client, its copies and everything that they share are safe for concurrent use. Exchange limits
// the requests that one account may have open at a time: 27 by default, and each impersonated
// mailbox has a budget of its own. Edits of one list are best made one after the other.
package ews
