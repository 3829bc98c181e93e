package source

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/go-ews/exchange/examples/commands/internal/connect"
)

const (
	dialTimeout    = 15 * time.Second // for the connection and TLS
	requestTimeout = time.Minute      // for one response, or a page of a search
	maxResponse    = 64 << 20         // bytes
	maxPages       = 10_000           // of one search
)

// domainScope asks Active Directory not to refer to other domains in a search of this one.
const domainScope = "1.2.840.113556.1.4.1339"

// connection is a login at a server. After a lost connection, ready logs in anew.
type connection struct {
	config   *LDAPConfig
	url      *url.URL
	tls      *tls.Config
	password func() (string, error)

	ldap   *ldap.Conn
	raw    *boundedConn
	broken bool
	lost   error // of the attempt to reconnect, which is the last one
}

// newConnection makes the first connection.
func newConnection(ctx context.Context, config *LDAPConfig, password func() (string, error)) (*connection, error) {
	u, err := url.Parse(config.Server)
	if err != nil {
		return nil, err
	}
	c := &connection{config: config, url: u, password: password}
	c.tls = &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}
	if c.tls.RootCAs, err = connect.Authorities("ldap: ca", config.CA); err != nil {
		return nil, err
	}
	if err := c.open(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// ready reconnects after a lost connection. If that fails, there is no further attempt: the server is
// down, or has refused the password, and each look-up would wait for it or lock the account.
func (c *connection) ready(ctx context.Context) error {
	if c.lost != nil || !c.broken && !c.ldap.IsClosing() {
		return c.lost
	}
	c.close()
	c.lost = c.open(ctx)
	return c.lost
}

// open connects and logs in. The end of ctx ends it.
func (c *connection) open(ctx context.Context) error {
	err := c.dial(ctx)
	if err == nil {
		if err = c.within(ctx, func() error { return c.logIn(ctx) }); err != nil {
			c.close()
		}
	}
	return c.explain(ctx, "", err)
}

// dial connects, with the encryption that the configuration wants.
func (c *connection) dial(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	secure := c.url.Scheme == "ldaps"
	port := "389"
	if secure {
		port = "636"
	}
	address := net.JoinHostPort(c.url.Hostname(), cmp.Or(c.url.Port(), port))
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	c.raw, c.broken = &boundedConn{Conn: conn}, false
	c.raw.reset()
	if secure {
		return c.dialTLS(ctx)
	}
	c.start(c.raw, false)
	if c.config.AllowUnencrypted {
		return nil
	}
	if err := c.within(ctx, func() error { return c.ldap.StartTLS(c.tls) }); err != nil {
		c.close()
		return fmt.Errorf("StartTLS: %w", err)
	}
	return nil
}

// dialTLS encrypts the connection from its first byte on.
func (c *connection) dialTLS(ctx context.Context) error {
	encrypted := tls.Client(c.raw, c.tls)
	if err := encrypted.HandshakeContext(ctx); err != nil {
		c.close()
		return fmt.Errorf("TLS: %w", err)
	}
	c.start(encrypted, true)
	return nil
}

// start begins to speak LDAP.
func (c *connection) start(conn net.Conn, encrypted bool) {
	c.ldap = ldap.NewConn(conn, encrypted)
	c.ldap.SetTimeout(requestTimeout)
	c.ldap.Start()
}

// within runs a request, and cuts the connection when ctx ends, because package ldap knows no context.
func (c *connection) within(ctx context.Context, request func() error) error {
	raw := c.raw
	stop := context.AfterFunc(ctx, func() { raw.Close() })
	defer stop()
	raw.reset()
	err := request()
	if ctx.Err() != nil {
		c.close()
		return ctx.Err()
	}
	refused, ok := errors.AsType[*ldap.Error](err)
	if err != nil && (!ok || refused.ResultCode >= ldap.ErrorNetwork) {
		c.close() // the next response might be that of this request
	}
	return err
}

// close ends the connection. Package ldap notices by itself that it is closed.
func (c *connection) close() {
	c.broken = true
	c.raw.Close()
}

// read reads one entry. It is nil if there is none, or the account may not read it.
func (c *connection) read(ctx context.Context, dn string, attributes []string) (*ldap.Entry, error) {
	request := ldap.NewSearchRequest(dn, ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false,
		"(objectClass=*)", attributes, nil)
	result, err := c.search(ctx, request)
	switch {
	case ldap.IsErrorAnyOf(err, ldap.LDAPResultNoSuchObject, ldap.LDAPResultInsufficientAccessRights):
		return nil, nil //nolint:nilnil // as documented
	case err != nil:
		return nil, c.explain(ctx, "reading "+dn, err)
	case len(result.Entries) > 1:
		return nil, fmt.Errorf("reading %s: the server returned %d entries", dn, len(result.Entries))
	case len(result.Entries) == 0:
		return nil, nil //nolint:nilnil // as documented
	}
	return result.Entries[0], nil
}

// pages searches the tree below base, and returns all that is found, or an error.
func (c *connection) pages(ctx context.Context, base, filter string, attributes []string) (found []*ldap.Entry, err error) {
	paging := ldap.NewControlPaging(pageSize)
	scope := ldap.NewControlString(domainScope, false, "")
	request := ldap.NewSearchRequest(base, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false,
		filter, attributes, []ldap.Control{paging, scope})
	for range maxPages {
		result, err := c.search(ctx, request)
		if err != nil {
			return nil, c.explain(ctx, "searching "+base+" for "+filter, err)
		}
		if found = append(found, result.Entries...); len(found) > maxMembers {
			break
		}
		next, ok := ldap.FindControl(result.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging)
		if !ok || len(next.Cookie) == 0 {
			return found, nil
		}
		paging.SetCookie(next.Cookie)
	}
	return nil, fmt.Errorf("searching %s for %s: the server returns more than %d entries or %d pages",
		base, filter, maxMembers, maxPages)
}

// search sends a request. A reference to another server makes the result an error: something is missing.
func (c *connection) search(ctx context.Context, request *ldap.SearchRequest) (result *ldap.SearchResult, err error) {
	err = c.within(ctx, func() error {
		result, err = c.ldap.Search(request)
		return err
	})
	if err == nil && len(result.Referrals) > 0 {
		err = fmt.Errorf("%w: %s", errReferral, strings.Join(result.Referrals, " "))
	}
	return result, err
}

var errReferral = errors.New("the server refers to another one, and referrals are not followed")

// boundedConn bounds the size of responses.
type boundedConn struct {
	net.Conn

	left atomic.Int64
}

func (b *boundedConn) reset() { b.left.Store(maxResponse) }

// Read implements net.Conn.
func (b *boundedConn) Read(p []byte) (int, error) {
	n, err := b.Conn.Read(p)
	if b.left.Add(-int64(n)) < 0 {
		return 0, fmt.Errorf("a response has more than %d MiB", maxResponse>>20)
	}
	return n, err
}
