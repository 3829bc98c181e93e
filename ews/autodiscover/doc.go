// Package autodiscover finds the EWS endpoint of a mailbox from its e-mail address, and gives no
// password to a host that it should not go to.
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
// The ways are those that Microsoft's own clients go, for contoso.com:
//
//  1. Version 2: GET https://contoso.com/autodiscover/autodiscover.json/v1.0/ADDRESS?Protocol=EWS,
//     and at the same time at autodiscover.contoso.com. It needs no credentials. Exchange answers it
//     from 2016 on, and Exchange Online does.
//  2. POX ("plain old XML"): POST to /autodiscover/autodiscover.xml at both hosts, first without
//     credentials, and with them where the answer asks for some.
//  3. GET http://autodiscover.contoso.com/autodiscover/autodiscover.xml, which is never given
//     credentials and of which only the Location counts, if it is https.
//  4. The DNS record _autodiscover._tcp.contoso.com.
//
// Whatever carries no credentials runs side by side; credentials are given to one host after the
// other, and to no third after two refused them, so that a wrong password does not lock the account.
// The service connection point in Active Directory, which domain members look at before all this,
// is not asked.
//
// # Trust
//
// A host is trusted when it is the domain of the address or lies beneath it, or when [Options.Hosts]
// or [Options.Trust] say so. A redirect, a DNS record or an answer that leads anywhere else is asked
// about through [Options.Redirect], and is not followed without: neither by a request, with or
// without credentials, nor by a result. Redirects to http:// are never followed, and a certificate
// that is not valid for its host is an error.
//
// [How Autodiscover works] and [what to do about its errors] are Microsoft's pages about it; the
// elements of POX are in its [reference].
//
// [How Autodiscover works]: https://learn.microsoft.com/exchange/client-developer/exchange-web-services/autodiscover-for-exchange
// [what to do about its errors]: https://learn.microsoft.com/exchange/client-developer/exchange-web-services/handling-autodiscover-error-messages
// [reference]: https://learn.microsoft.com/exchange/client-developer/web-service-reference/pox-autodiscover-web-service-reference-for-exchange
package autodiscover
