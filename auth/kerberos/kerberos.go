// Package kerberos is the Kerberos mechanism of [auth.Negotiate], in pure Go.
//
// [Password], [Keytab] and [CCache] make a [Mechanism] from the credentials of a service:
//
//	m, err := kerberos.Keytab("/etc/svc.keytab", "svc-ews@EXAMPLE.COM", nil)
//	if err != nil { … }
//	tr, err := auth.Negotiate(nil, m, nil)
//	if err != nil { … }
//	client, err := ews.NewClient(endpoint, &ews.Options{HTTPClient: tr.Client()})
//
// The service is HTTP/<host of the URL>. The host name is not made canonical through the DNS, which
// an attacker could forge. Exchange needs the name registered on its alternate service account
// (setspn -Q HTTP/mail.example.com shows it).
//
// KDCs are those of krb5.conf in its order, or of the DNS with dns_lookup_kdc. They are asked over
// TCP, and over UDP only if none takes a connection; udp_preference_limit is ignored. A KDC that
// does not reply within 20 seconds is passed over for the next one.
//
// Tickets for services of other realms are found by the KDCs' referrals, or at the realm that
// [domain_realm] of krb5.conf names for the host. An alias of the service is taken as it stands.
//
// A token goes out with the request itself, so a call is one request. The server must prove its own
// identity in the response, else the call fails. Under TLS the token carries the channel binding that
// Extended Protection asks for.
//
// It is a separate module, so that programs without Kerberos do not load its dependencies.
package kerberos

import (
	"context"
	"crypto/fips140"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/keytab"

	"github.com/go-ews/exchange/auth"
)

// Options adjust a [Mechanism]. Nil and the zero value work.
type Options struct {
	// ConfigFile is the krb5.conf to read. "" means $KRB5_CONFIG, else /etc/krb5.conf.
	ConfigFile string

	// ServicePrincipal is the service's name where it is not HTTP/<host>, for instance
	// "HTTP/mail.example.com" when the URL has another name of the same server.
	ServicePrincipal string
}

// A Mechanism gets service tickets and makes tokens from them. It is safe for concurrent use; each
// ticket is fetched once, kept until shortly before it ends, and renewed when a server refuses it.
// Nothing runs in the background between calls.
type Mechanism struct {
	conf    *config.Config
	service string
	source  source
	clock   clock
	dial    dialer

	mu      sync.Mutex
	tickets map[string]*ticket
	running map[string]*fetch
}

var _ auth.Mechanism = (*Mechanism)(nil)

// Password logs in with a user and a password. The user is written user@REALM, user@realm, a user
// principal name with any suffix, DOMAIN\user where krb5.conf or the DNS leads from the domain to a
// realm, or plainly user of the default realm. The KDC resolves other aliases where krb5.conf says
// canonicalize = true. The credentials function is called each time a ticket is needed, so one that
// reads a vault makes rotation work.
//
// A password that the KDC refused is not sent again for a minute, then for 2, 4, up to 30 minutes,
// because that would lock the account; all mechanisms of the process share this protection. For an
// account that is disabled or whose password has expired, the next attempt follows after a minute.
func Password(c auth.Credentials, opts *Options) (*Mechanism, error) {
	if c == nil {
		return nil, errors.New("kerberos: Credentials are nil")
	}
	return newMechanism(opts, &passwordSource{credentials: c})
}

// Keytab logs in with the keys of a principal, user@REALM, in a keytab file. The file is read each
// time a ticket is needed, so that new keys take effect, and once now, so that a missing file is an
// error at once.
func Keytab(path, principal string, opts *Options) (*Mechanism, error) {
	if _, err := keytab.Load(path); err != nil {
		return nil, fmt.Errorf("kerberos: keytab %s: %w", path, err)
	}
	return newMechanism(opts, &keytabSource{path: path, principal: principal})
}

// CCache uses the ticket that kinit, sssd or k5start keeps in a file. The path "" means $KRB5CCNAME,
// else /tmp/krb5cc_<uid>. The file is read each time a ticket is needed; the program that made it renews it.
func CCache(path string, opts *Options) (*Mechanism, error) {
	if path == "" {
		path = os.Getenv("KRB5CCNAME")
	}
	if path == "" {
		path = fmt.Sprintf("/tmp/krb5cc_%d", os.Getuid())
	}
	path, isFile := strings.CutPrefix(path, "FILE:")
	if kind, _, found := strings.Cut(path, ":"); !isFile && found && !strings.Contains(kind, "/") {
		return nil, fmt.Errorf("kerberos: credential cache of type %s: only files can be read; use kinit -c FILE:…", kind)
	}
	return newMechanism(opts, &ccacheSource{path: path})
}

func newMechanism(opts *Options, s source) (*Mechanism, error) {
	if fips140.Enforced() {
		return nil, errors.New("kerberos: the channel binding needs MD5 and the tickets SHA-1, " +
			"which GODEBUG=fips140=only forbids; use OAuth 2.0, or Basic over https")
	}
	if opts == nil {
		opts = &Options{}
	}
	path := opts.ConfigFile
	if path == "" {
		path = os.Getenv("KRB5_CONFIG")
	}
	if path == "" {
		path = "/etc/krb5.conf"
	}
	conf, err := config.Load(path)
	var unsupported config.UnsupportedDirective
	if err != nil && !errors.As(err, &unsupported) {
		return nil, fmt.Errorf("kerberos: configuration %s: %w", path, err)
	}
	return &Mechanism{
		conf: conf, service: opts.ServicePrincipal, source: s, dial: new(net.Dialer).DialContext,
		tickets: map[string]*ticket{}, running: map[string]*fetch{},
	}, nil
}

// Start implements [auth.Mechanism].
func (m *Mechanism) Start(ctx context.Context, t auth.Target) (auth.Handshake, error) {
	service := m.service
	if service == "" {
		service = "HTTP/" + t.Host
	}
	tkt, err := m.ticket(ctx, service)
	if err != nil {
		return nil, err
	}
	return &handshake{mechanism: m, service: service, ticket: tkt, binding: t.ChannelBinding}, nil
}

// Format writes String for any verb.
func (m *Mechanism) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, m.String()) }

// String shows no credentials.
func (*Mechanism) String() string { return "kerberos.Mechanism(…)" }

// LogValue is String for slog.
func (m *Mechanism) LogValue() slog.Value { return slog.StringValue(m.String()) }

// MarshalText is String for encoders.
func (m *Mechanism) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// A clock never returns the same microsecond twice: acceptors recognize a replayed token by its
// time (RFC 4120 section 3.2.3).
type clock struct {
	mu   sync.Mutex
	last time.Time
}

func (c *clock) next() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now().UTC().Truncate(time.Microsecond)
	if !now.After(c.last) && c.last.Sub(now) < time.Second {
		now = c.last.Add(time.Microsecond)
	}
	c.last = now
	return now
}
