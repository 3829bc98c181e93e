// Package auth puts credentials on the requests to an Exchange server. Each constructor makes an
// [http.RoundTripper] for one identity and one scheme; its Client goes into ews.Options:
//
//	tr, err := auth.NTLM(nil, auth.Static(`CORP\svc-ews`, password), nil)
//	if err != nil { … }
//	client, err := ews.NewClient(endpoint, &ews.Options{HTTPClient: tr.Client()})
//
// # Which scheme
//
// Begin with [NTLM] on premises: Exchange 2013 to SE accept it on the EWS virtual directory by
// default, and it needs a user and a password only.
//
// Prefer [Negotiate] with a mechanism of package auth/kerberos on premises where the program can
// reach a domain controller: one request per call, a keytab instead of a password, and the server
// proves its identity too. It needs the service name HTTP/<host> on Exchange's alternate service
// account. Domains that switch NTLM off need it. On Windows, package auth/sspi logs in as the account
// that the process runs as, such as a group managed service account, without password or keytab.
//
// [Bearer] is OAuth 2.0: the only scheme of Exchange Online, whose applications must be on the
// tenant's allow list until EWS ends there on 2027-04-01, and the scheme of servers with hybrid
// modern authentication or AD FS. [ClientCredentials] fetches the tokens of a service, with a secret
// or with [CertificateAssertion] ([CertificateAssertionRS256] for AD FS); [FromOAuth2] takes any source
// of golang.org/x/oauth2. The program examples/azidentity has the adapter for the Azure SDK: managed
// identities, workload identities and certificates.
//
// [Basic] is for servers where an administrator has switched it on, mostly test servers. The
// password crosses the connection with each request.
//
// # What all schemes share
//
// A Transport belongs to one identity. To act as several accounts, create one Transport per
// account. To act as one service account on behalf of many mailboxes, create one Transport and use
// impersonation (ews.Header).
//
// Credentials go to the origins of [Options] only, over https or to loopback, and never along a
// redirect. They do not appear in errors, logs or anything printed.
//
// NTLM and Negotiate log a connection in, not a request. Mixed up, one user's request would be
// carried out as another user. So the Transport itself makes and keeps these connections, one
// request uses one at a time, and no other code ever sees them. [Options].MaxConns bounds them;
// requests beyond that wait. The caller must read a response's body to its end, else its connection
// cannot be used again.
//
// A refused password is not sent again for a minute, then for 2, 4, up to 30 minutes, so that no loop
// and no number of Transports can lock the account. [Credentials] that return another password end
// the wait; so does an administrator who enables the account, with the next attempt.
//
// # Load balancers
//
// A load balancer in front of NTLM must keep one connection to the server for each connection of a
// client. One that sends each request over another connection breaks the login (nginx without
// keepalive, HAProxy with option http-server-close); one that shares its connections among clients
// lets one user's login stand for another's (nginx with keepalive, Apache mod_proxy, Varnish). The
// Transport detects both, with a few requests that carry neither password nor body, and names them
// in the error; such a refusal does not count against the password. Where the load balancer cannot
// be mended, set LoginPerRequest in [Options]: it is needed where connections are shared, and is no
// help where logins break. [Error.InBetween] distinguishes these failures from a refused password. Kerberos is
// affected only where the server keeps a login for the connection (Persistent-Auth).
//
// A load balancer that repeats a request at a second server by itself (nginx with non_idempotent,
// HAProxy with retry-on) does each write twice, and no client can know.
//
// # Extended Protection
//
// Exchange 2019 CU14 and SE switch on Extended Protection: a login is tied to the TLS connection
// that it came over, so that no machine in between can pass it on. NTLM and Negotiate send that channel
// binding by themselves. A load balancer that ends TLS with a certificate other than the server's
// makes the binding wrong, and the server returns 401; the same certificate on both repairs it, or
// [ChannelBindingOff] where the server does not require bindings.
//
// # Failures
//
// Every failure of a login is an [*Error]. [Error.NotSent] reports whether the request may be sent
// again: true for a refused login, an origin that is not allowed or a failed connection; false when
// the request went out and no response came back, so that the outcome of a write is unknown.
// Package ews looks for a method of that name.
package auth
