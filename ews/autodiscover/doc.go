// Package autodiscover finds the EWS endpoint of a mailbox from its e-mail address, and sends
// credentials to trusted hosts only.
//
//	found, err := autodiscover.Find(ctx, "tony@contoso.com", &autodiscover.Options{
//		Client: func(origin string) (*http.Client, error) {
//			t, err := auth.NTLM(nil, credentials, &auth.Options{Origins: []string{origin}})
//			if err != nil {
//				return nil, err
//			}
//			return t.Client(), nil
//		},
//	})
//	…
//	client, err := ews.NewClient(found.URL, …)
//
// # Order
//
// Find first asks the service in [Options.URL], if there is one. The other steps are those of
// Microsoft's own clients, here for contoso.com:
//
//  1. Version 2: GET https://contoso.com/autodiscover/autodiscover.json/v1.0/ADDRESS?Protocol=EWS,
//     and at the same time at autodiscover.contoso.com. It needs no credentials. Exchange has it
//     from 2016 on, and so has Exchange Online.
//  2. POX ("plain old XML"): POST to /autodiscover/autodiscover.xml at both hosts, first without
//     credentials, then with them if the response asks for some.
//  3. GET http://autodiscover.contoso.com/autodiscover/autodiscover.xml, which never carries
//     credentials. Only the Location of its response counts, if it is https.
//  4. The DNS record _autodiscover._tcp.contoso.com.
//
// Requests without credentials run at the same time. Credentials are sent to one host after the
// other, and to no third after two refused them, so that a wrong password does not lock the
// account. The service connection point in Active Directory, which domain members look up before
// all this, is not used.
//
// A step is one request, or two after HTTP 403. The transport cannot repeat them: net/http repeats
// a request without limit against some HTTP/2 servers. Only a request that failed on a pooled
// connection may be repeated once, on another connection.
//
// # Trust
//
// A host is trusted when it is the domain of the address or lies beneath it, or when [Options.URL],
// [Options.Hosts] or [Options.Trust] say so. If a redirect, a DNS record or a response leads to any
// other host, [Options.Redirect] decides. Without it that host is sent no request, with or without
// credentials, and no result names it. Redirects to http:// are never followed, and a certificate
// that is not valid for its host is an error.
//
// # Responses
//
// Servers send more than the protocol allows. A response in another encoding than UTF-8 is read,
// and characters that XML forbids become U+FFFD. A DOCTYPE, more than 1 MiB and deep nesting are
// errors.
//
// Microsoft documents [how Autodiscover works], [what to do about its errors], and the elements of
// POX in a [reference].
//
// [how Autodiscover works]: https://learn.microsoft.com/exchange/client-developer/exchange-web-services/autodiscover-for-exchange
// [what to do about its errors]: https://learn.microsoft.com/exchange/client-developer/exchange-web-services/handling-autodiscover-error-messages
// [reference]: https://learn.microsoft.com/exchange/client-developer/web-service-reference/pox-autodiscover-web-service-reference-for-exchange
package autodiscover
