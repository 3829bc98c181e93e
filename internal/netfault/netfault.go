// Package netfault classifies the failure of a round trip, and advises what to check.
package netfault

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/go-ews/exchange/internal/proxyerror"
	"github.com/go-ews/exchange/internal/sendonce"
)

// Kinds of failure, as logs name them.
const (
	Canceled    = "canceled"
	Timeout     = "timeout"
	DNS         = "dns"
	Refused     = "refused"
	Unreachable = "unreachable"
	Reset       = "reset"
	Closed      = "closed"
	TLS         = "tls"
	Proxy       = "proxy"
	HTTP        = "http"  // the response is not HTTP, or of another version
	Other       = "other" // none of these
)

// Kind returns the kind of a failed round trip's error.
func Kind(err error) string {
	switch {
	case errors.Is(err, context.Canceled):
		return Canceled
	case as[*proxyerror.Error](err), isProxyDial(err):
		return Proxy
	case as[*net.DNSError](err):
		return DNS
	case isTLS(err):
		return TLS
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return Timeout
	}
	if kind := kindOfErrno(err); kind != "" {
		return kind
	}
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return Timeout
	case isHTTP(err):
		return HTTP
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed),
		errors.Is(err, io.ErrClosedPipe):
		return Closed
	case isHTTP2(err), contains(err, "reset by peer"):
		return Reset
	case contains(err, "server closed", "connection closed", "client connection lost"):
		return Closed
	}
	return Other
}

// as reports whether an error of type E is in the chain.
func as[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// isProxyDial reports whether the connection that failed was one to a proxy.
func isProxyDial(err error) bool {
	e, ok := errors.AsType[*net.OpError](err)
	return ok && e.Op == "proxyconnect"
}

// contains looks for phrases of net/http, whose errors have no types.
func contains(err error, phrases ...string) bool {
	text := err.Error()
	for _, p := range phrases {
		if strings.Contains(text, p) {
			return true
		}
	}
	return false
}

// isHTTP2 reports whether the peer refused a stream or the connection by means of HTTP/2.
func isHTTP2(err error) bool {
	return errors.Is(err, sendonce.ErrResend) || contains(err, "stream error", "GOAWAY")
}

func isHTTP(err error) bool {
	return contains(err, "malformed HTTP", "malformed MIME", "bad Content-Length")
}

// isTLS reports whether the handshake failed or the server speaks no TLS. Alerts have no exported
// type.
func isTLS(err error) bool {
	return errors.Is(err, http.ErrSchemeMismatch) || as[tls.RecordHeaderError](err) ||
		as[*tls.CertificateVerificationError](err) || isX509(err) || contains(err, "tls: ")
}

func isX509(err error) bool {
	return as[x509.UnknownAuthorityError](err) || as[x509.HostnameError](err) ||
		as[x509.CertificateInvalidError](err) || as[x509.SystemRootsError](err) ||
		as[x509.InsecureAlgorithmError](err) || as[x509.ConstraintViolationError](err)
}

// Advice returns what an administrator may check after a failure to talk to a host, "" if there is
// nothing to say beyond the error's own text.
func Advice(err error, host string) string {
	switch Kind(err) {
	case Proxy:
		if isProxyDial(err) {
			return "the HTTP proxy cannot be reached: check its address and whether it is up"
		}
	case DNS:
		return "check the host name " + host + " and this machine's name server"
	case Refused:
		return "nothing listens there: check host and port, and whether the server is up"
	case Unreachable:
		return "no route to " + host + ": check network, VPN and firewall"
	case TLS:
		return adviceTLS(err, host)
	case Reset:
		if isHTTP2(err) {
			return probably(err) + host + " or a gateway in front of it breaks off HTTP/2: switch HTTP/2 off there, or here with the " +
				"environment variable GODEBUG=http2client=0; logins by NTLM and Kerberos need HTTP/1.1 anyway"
		}
	}
	return ""
}

// probably is the beginning of a text about HTTP/2, where a transport keeps the reason to itself.
func probably(err error) string {
	if errors.Is(err, sendonce.ErrResend) {
		return "probably "
	}
	return ""
}
