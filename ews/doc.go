// Package ews is a client for Exchange Web Services, made for the instant-messaging contact lists
// that Exchange keeps in each mailbox (the Unified Contact Store of Lync and Skype for Business):
// groups, contacts, distribution groups. It has the 13 operations that Exchange has for them, and
// carries any other operation through [Client.Call].
//
// # Quick start
//
// Create one client and share it; calls are methods. The transport of its http.Client logs in, and
// package auth has one for each scheme.
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
// # The list
//
// [Client.GetImItemList] returns it whole, as an [imgroup.ItemList]: groups, each with the ids of
// its members, and personas, Exchange's name for contacts that it has put together from several
// sources. A mailbox has three groups from the start (Other Contacts, Tagged, Favorites)
// and takes 64 further groups and 1,000 contacts unless its server is configured otherwise.
//
// Ids of groups, contacts and personas have different types ([imgroup.GroupID],
// [imgroup.ContactID], [imgroup.PersonaID]), and each operation takes the kind that it means. An ID
// is opaque and case-sensitive. Compare the ID alone: the ChangeKey changes with every change of
// the item.
//
// # Moving a contact
//
// A contact that leaves its last group leaves the list. So a move adds first and removes after; a
// contact that is in both groups for a moment does no harm:
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
// A call acts on the mailbox of the account that logs in, or on another one through impersonation,
// which takes the management role ApplicationImpersonation. [Client.Impersonate] and
// [Client.WithHeader] return cheap copies of the client that use the same connections: create one
// for each mailbox.
//
//	tony := client.Impersonate(ews.PrimarySMTP("tony@contoso.com"))
//
// [Header] holds the other SOAP headers of a request: the schema version, for which Exchange2013 is
// nearly always right, and the language of the server's messages. [WithResponseInfo] returns what a
// response says apart from its payload: the server's version, and the request id by which an
// administrator finds the call in the server's log.
//
//	var info ews.ResponseInfo
//	group, err := tony.AddImGroup(ews.WithResponseInfo(ctx, &info), "MyCustomGroup")
//
// # Errors
//
// Use errors.Is and errors.As, which find these through any wrapping; no text is a contract.
//
//   - [*Error]: Exchange refused. Its Code is a [ResponseCode], which is an error itself:
//     errors.Is(err, ews.ErrorImGroupDisplayNameAlreadyExists). Message, Details and the request id
//     are there too. [NotFound] reports whether the code says that something does not exist.
//   - [*SchemaValidationError]: Exchange could not read the request. It has line, position and
//     violation; Excerpt shows the line that was sent, with a caret under the place.
//   - [*HTTPError]: the response is not SOAP. It comes from a log-in page, a proxy or a load
//     balancer; its text quotes the server, or says what the status probably means.
//   - [*TransportError]: no whole, readable response. It unwraps to the cause: a network failure,
//     the context's error, a malformed document.
//   - [*InputError]: refused before anything was sent, because it could not become a valid request.
//
// [ErrOutcomeUnknown] is in the chain of an error, together with one of these, for a write that was
// sent and for which no response says whether it was done. Sending it again might do it twice: read
// the list first.
//
// Each text begins with the operation, and ends with the URL and the server's request id. Neither
// it nor %+v nor %#v shows a credential, a request or the body of a response. The Header and Body
// of an [*HTTPError] may hold one: do not log those.
//
// # Retries
//
// A call makes up to three attempts; [RetryPolicy] has the table of failures that are retried. A
// read is retried after any transient failure, a write only if it certainly was not done. Between
// attempts the client waits for as long as the server asks. A wait of more than half a minute, and
// one that would outlast the context, is not begun: the call returns its error at once, and
// [RetryAfter] says how long to wait, so that a job queue can put the job aside. Copies of a client
// share a throttle, so that when the server asks one call to wait, the next one waits too.
//
// Do not put a retrying transport under the client: Exchange sends every fault as HTTP 500, and
// such a transport repeats writes and loses the fault.
//
// # Which servers
//
// Exchange Server 2013 and later have these operations. The module is made for 2016, 2019 and
// Subscription Edition, Extended Protection included, which Setup switches on since 2019 CU14. 2013
// is out of support. Older servers return [ErrorIncorrectSchemaVersion] or a
// [*SchemaValidationError]. In Exchange Online, EWS is off since 2026-10-01 except for applications
// on the tenant's allow list, and ends on 2027-04-01.
//
// # Other operations
//
// [Client.Call] performs any operation of EWS, with the same headers, retries and errors. Its
// request is any value that encoding/xml can write; the prefixes m and t are declared, so that tags
// can use them:
//
//	type getFolder struct {
//		XMLName xml.Name `xml:"m:GetFolder"`
//		Shape   string   `xml:"m:FolderShape>t:BaseShape"`
//		…
//	}
//
// The response embeds [ResponseMessage]. Where speed counts, both implement the interfaces of
// package soap instead. examples/customop is a whole program.
//
// # Concurrency
//
// A Client, its copies and everything that they share are safe for concurrent use. Exchange limits
// the requests that one account may have open at a time: 27 by default, counted separately for each
// impersonated mailbox. Edits of one list are best made one after the other.
package ews
