package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews"
)

// trouble is the probable cause of an error, judged by one mailbox.
type trouble int

const (
	ofMailbox   trouble = iota // or none
	busy                       // the server says so, or cannot be reached
	gateway                    // the server is out of order, if other mailboxes meet the same
	account                    // the account is refused, for the mailbox or for all
	wrongServer                // the endpoint, its name or its certificate
)

// inARow is how many mailboxes in a row show that an error is not theirs.
const inARow = 3

func troubleOf(err error) trouble {
	switch {
	case err == nil:
		return ofMailbox
	case accountRefused(err):
		return account
	case isWrongServer(err):
		return wrongServer
	case isBusy(err), isUnreachable(err):
		return busy
	case isGateway(err):
		return gateway
	}
	return ofMailbox
}

// isBusy reports whether the server is throttling, or a gateway cannot reach it.
func isBusy(err error) bool {
	if page, ok := errors.AsType[*ews.HTTPError](err); ok {
		return page.StatusCode == http.StatusTooManyRequests || page.StatusCode == http.StatusServiceUnavailable
	}
	return errors.Is(err, ews.ErrorServerBusy) || errors.Is(err, ews.ErrorExceededConnectionCount)
}

func isUnreachable(err error) bool {
	failed, ok := errors.AsType[*net.OpError](err)
	return ok && failed.Op == "dial" // DNS included
}

// isGateway reports whether a gateway responds in place of the server, the server shows a page about its
// state, or the connection was lost.
func isGateway(err error) bool {
	if page, ok := errors.AsType[*ews.HTTPError](err); ok {
		return page.StatusCode >= http.StatusInternalServerError || page.StatusCode < http.StatusBadRequest
	}
	_, lost := errors.AsType[*ews.TransportError](err)
	return lost && !errors.Is(err, context.Canceled)
}

// accountRefused reports whether the server refused the account.
func accountRefused(err error) bool {
	if page, ok := errors.AsType[*ews.HTTPError](err); ok {
		return page.StatusCode == http.StatusUnauthorized
	}
	if login, ok := errors.AsType[*auth.Error](err); ok {
		return login.StatusCode == http.StatusUnauthorized
	}
	return errors.Is(err, ews.ErrorImpersonationDenied) || errors.Is(err, ews.ErrorImpersonateUserDenied)
}

// isWrongServer reports whether the endpoint does not exist, does not look like Exchange, or has a
// certificate that does not prove its identity.
func isWrongServer(err error) bool {
	if name, ok := errors.AsType[*net.DNSError](err); ok {
		return name.IsNotFound
	}
	if page, ok := errors.AsType[*ews.HTTPError](err); ok {
		return isPage(page)
	}
	return isCertificate(err)
}

func isCertificate(err error) bool {
	_, unverified := errors.AsType[*tls.CertificateVerificationError](err)
	_, noTLS := errors.AsType[tls.RecordHeaderError](err)
	_, refused := errors.AsType[tls.AlertError](err)
	return unverified || noTLS || refused
}

// isPage reports whether a response is a web page, a redirect to one, or a 404. Exchange redirects
// to an error page when it is out of order.
func isPage(page *ews.HTTPError) bool {
	if strings.HasSuffix(strings.ToLower(page.Header.Get("Location")), "/genericerrorpage.htm") {
		return false
	}
	return page.StatusCode < http.StatusBadRequest || page.StatusCode == http.StatusNotFound
}

// outages judges the server by the errors of all mailboxes of this process. The zero value works.
type outages struct {
	mu        sync.Mutex
	turn      chan struct{} // until Exchange has responded, mailboxes take turns; nil: not used yet
	open      chan struct{} // closed when Exchange has responded
	responded bool          // an Exchange has responded
	succeeded bool          // and a mailbox is in step
	kind      trouble       // of the row
	row       []string      // mailboxes that met it in a row
}

// enter waits until the mailbox may begin: one at a time until Exchange has responded, so that a
// wrong address, certificate or password costs one mailbox.
func (o *outages) enter(ctx context.Context) (leave func(), err error) {
	o.mu.Lock()
	if o.turn == nil {
		o.turn, o.open = make(chan struct{}, 1), make(chan struct{})
	}
	o.mu.Unlock()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-o.open:
		return func() {}, nil
	case o.turn <- struct{}{}:
		return func() { <-o.turn }, nil
	}
}

// note records the error of a mailbox, and returns the kind of trouble, how many mailboxes in a row
// have met it, and whether the server, or the account, is known to be the right one.
func (o *outages) note(mailbox string, err error) (kind trouble, row int, proven bool) {
	kind = troubleOf(err)
	o.mu.Lock()
	defer o.mu.Unlock()
	_, said := errors.AsType[*ews.Error](err)
	if (said || err == nil) && !o.responded {
		o.responded = true
		if o.open != nil {
			close(o.open)
		}
	}
	o.succeeded = o.succeeded || err == nil
	switch {
	case notSent(err), kind == wrongServer && o.responded && isUnreachable(err):
		kind = busy
	case kind == wrongServer && o.responded && !isCertificate(err):
		kind = gateway // such as a page about maintenance
	}
	if kind == busy {
		return kind, 0, true // neither ends a row nor belongs to it
	}
	if kind != o.kind {
		o.kind, o.row = kind, nil
	}
	if kind != ofMailbox && len(o.row) < inARow && !slices.Contains(o.row, mailbox) {
		o.row = append(o.row, mailbox)
	}
	if kind == account {
		return kind, len(o.row), o.succeeded || errors.Is(err, ews.ErrorImpersonateUserDenied)
	}
	return kind, len(o.row), o.responded
}

// notSent reports whether the client held a request back because of earlier ones.
func notSent(err error) bool {
	_, held := ews.RetryAfter(err)
	unsent, ok := errors.AsType[interface {
		error
		NotSent() bool
	}](err)
	return held && ok && unsent.NotSent()
}

// advice returns what to do about trouble that ends a run, "" if the error needs none.
func advice(err error) string {
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, otherName := errors.AsType[x509.HostnameError](err)
	dns, isDNS := errors.AsType[*net.DNSError](err)
	switch {
	case unknown: // the advice stands below every such error
		return ""
	case otherName:
		return "; use a name in --endpoint that the certificate has"
	case isCertificate(err):
		return "; check the certificate of the server, and the port in --endpoint"
	case isDNS && dns.IsNotFound:
		return "; check the name in --endpoint"
	case errors.Is(err, ews.ErrorImpersonationDenied), errors.Is(err, ews.ErrorImpersonateUserDenied):
		return "; does the account have the role ApplicationImpersonation for these mailboxes?"
	}
	return ""
}
