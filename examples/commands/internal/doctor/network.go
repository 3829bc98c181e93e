package doctor

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Limits of a look-up or a connection, and of a call without credentials.
const (
	networkTimeout  = 10 * time.Second
	responseTimeout = 20 * time.Second
)

var errNoResponse = errors.New("no response within " + responseTimeout.String())

// soon is when a certificate's end becomes worth a warning.
const soon = 30 * 24 * time.Hour

// network is what the checks reach the server with; the zero value is the machine's own.
type network struct {
	roots  *x509.CertPool // of authorities; nil: the system's
	lookup func(ctx context.Context, host string) ([]string, error)
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
	now    func() time.Time
}

func (n *network) lookUp(ctx context.Context, host string) ([]string, error) {
	if n.lookup != nil {
		return n.lookup(ctx, host)
	}
	return net.DefaultResolver.LookupHost(ctx, host)
}

func (n *network) connect(ctx context.Context, address string) (net.Conn, error) {
	if n.dial != nil {
		return n.dial(ctx, "tcp", address)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", address)
}

func (n *network) time() time.Time {
	if n.now != nil {
		return n.now()
	}
	return time.Now()
}

// dns looks the endpoint's name up.
func (d *doctor) dns(ctx context.Context, u *url.URL) bool {
	const check = "DNS"
	host := u.Hostname()
	switch {
	case d.fake != nil:
		d.skip(check, "in process, no name is looked up")
		return true
	case net.ParseIP(host) != nil:
		d.skip(check, host+" is an address already")
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, networkTimeout)
	defer cancel()
	addresses, err := d.network.lookUp(ctx, host)
	if err != nil {
		d.fail(check, err.Error(), lookUpAdvice(host))
		return false
	}
	text := host + " is " + strings.Join(addresses, ", ")
	if !slices.ContainsFunc(addresses, isIPv4) {
		text += ", IPv6 only"
	}
	if d.byDNSSuffix(ctx, host) {
		d.rerouted = text
		text += ", by a DNS search suffix or the hosts file of this machine"
	}
	d.ok(check, text)
	return true
}

func lookUpAdvice(host string) string {
	if !strings.Contains(host, ".") {
		return "give the whole name, such as " + host + ".contoso.com: a name without a dot is found only with a DNS search suffix"
	}
	return "check the name in --endpoint, and which DNS servers this machine asks (nslookup " + host + ")"
}

// byDNSSuffix reports whether a name that was found does not exist as it is: the final dot keeps
// search suffixes away.
func (d *doctor) byDNSSuffix(ctx context.Context, host string) bool {
	if strings.HasSuffix(host, ".") {
		return false
	}
	_, err := d.network.lookUp(ctx, host+".")
	missing, ok := errors.AsType[*net.DNSError](err)
	return ok && missing.IsNotFound
}

// blameSuffix makes a search suffix the cause, if it leads to a server that is not that of the
// endpoint.
func (d *doctor) blameSuffix(tls *doctor) {
	if d.rerouted == "" || !tls.elsewhere {
		return
	}
	d.findings = nil
	d.fail("DNS", d.rerouted+", by a DNS search suffix of this machine; the name itself does not exist",
		"check the name in --endpoint, and the DNS search suffixes (ipconfig /all, /etc/resolv.conf)")
}

func isIPv4(address string) bool { return strings.Contains(address, ".") }

// dialAdvice says what to do about a connection that could not be opened.
func dialAdvice(err error, u *url.URL) string {
	port := cmp.Or(u.Port(), "443")
	switch text := err.Error(); {
	case strings.Contains(text, "unreachable") || strings.Contains(text, "no route"):
		return "this machine has no route there: if the name has IPv6 addresses only, or first, IPv6 must work from here, " +
			"or the name needs an IPv4 address"
	case strings.Contains(text, "refused"):
		return "nothing listens on port " + port + " there: check host and port of --endpoint, and that IIS runs"
	}
	return "a firewall in between drops the packets, or the host is down: Test-NetConnection " + u.Hostname() + " -Port " + port +
		"; if calls must go through a proxy, set HTTPS_PROXY"
}

// silentAdvice is for servers that take a connection and say nothing.
const silentAdvice = "the port takes connections and stays silent: a load balancer has no server behind it, a firewall in between " +
	"drops what it cannot inspect, the application pool hangs or just starts, or another service has this port"

// addressOf returns host and port of an https endpoint.
func addressOf(u *url.URL) string {
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "443"))
}

// tls opens a connection and looks at the certificate.
func (d *doctor) tls(ctx context.Context, u *url.URL) bool {
	const check = "TLS"
	switch {
	case d.fake != nil:
		d.skip(check, "in process, no connection is opened")
		return true
	case u.Scheme != "https":
		d.warn(check, "the endpoint is http://, so that everything can be read on the way", "use https://")
		return true
	}
	address := addressOf(u)
	ctx, cancel := context.WithTimeout(ctx, networkTimeout)
	defer cancel()
	conn, err := d.network.connect(ctx, address)
	if err != nil {
		d.elsewhere = true
		d.fail(check, err.Error(), dialAdvice(err, u))
		return false
	}
	defer conn.Close()
	wantsOurs := false // certificate
	secure := tls.Client(conn, &tls.Config{
		ServerName: u.Hostname(), RootCAs: d.network.roots, MinVersion: tls.VersionTLS12, Time: d.network.now,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			wantsOurs = true
			return new(tls.Certificate), nil
		},
	})
	err = secure.HandshakeContext(ctx)
	if err != nil && wantsOurs {
		d.fail(check, err.Error(), clientCertificateAdvice)
		return false
	}
	return d.handshakeResult(ctx, secure.ConnectionState(), err, address)
}

// handshakeResult reports a TLS handshake with the server at an address.
func (d *doctor) handshakeResult(ctx context.Context, state tls.ConnectionState, err error, address string) bool {
	const check = "TLS"
	if err != nil {
		host, _, _ := net.SplitHostPort(address)
		if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
			d.fail(check, "the connection opens, and no TLS handshake comes within "+networkTimeout.String(), silentAdvice)
			return false
		}
		d.elsewhere = isOtherName(err)
		d.fail(check, err.Error(), d.handshakeAdvice(ctx, err, address, host))
		return false
	}
	d.certificate(check, state)
	return true
}

// isOtherName reports whether the certificate is for other names than that of the endpoint.
func isOtherName(err error) bool {
	_, other := errors.AsType[x509.HostnameError](err)
	return other
}

func (d *doctor) certificate(check string, state tls.ConnectionState) {
	cert := state.PeerCertificates[0]
	left := cert.NotAfter.Sub(d.network.time())
	finding := fmt.Sprintf("%s, certificate for %s by %q until %s", tls.VersionName(state.Version),
		strings.Join(cert.DNSNames, ", "), issuerOf(cert), cert.NotAfter.Format(time.DateOnly))
	if left < soon {
		d.warn(check, finding, fmt.Sprintf("renew it: %d days are left", int(left.Hours()/24)))
		return
	}
	d.ok(check, finding)
}

func issuerOf(cert *x509.Certificate) string {
	if cert.Issuer.CommonName != "" {
		return cert.Issuer.CommonName
	}
	return cert.Issuer.String()
}
