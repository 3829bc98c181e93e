package auth

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-ews/exchange/internal/loopback"
	weborigin "github.com/go-ews/exchange/internal/origin"
)

// Options adjust a [Transport]. A nil *Options and the zero value work; the constructors copy it,
// so later changes have no effect.
type Options struct {
	// MaxConns is the largest number of connections to one origin, in use and idle together. A
	// request that finds all of them busy waits until one is free or its context ends. It counts
	// for NTLM and Negotiate, whose connections carry the identity; 0 means 10.
	MaxConns int

	// IdleTimeout closes a connection of NTLM or Negotiate that was idle for so long. Keep it below
	// the server's own limit (IIS: 120 s) and the load balancer's; 0 means 50 s.
	IdleTimeout time.Duration

	// ChannelBinding says whether the login is tied to the TLS connection (Extended Protection).
	// The zero value ties it.
	ChannelBinding ChannelBinding

	// LoginPerRequest logs in with every request of NTLM and Negotiate instead of once for each
	// connection. It is for load balancers that share their connections to the server among clients
	// (nginx with keepalive, Apache mod_proxy, Varnish), where one client's login would stand for
	// another's. Logins to one origin then take turns within the process, and a call costs two
	// requests. Other programs still meet each other's logins there: have the load balancer mended.
	LoginPerRequest bool

	// NTLMWithoutMIC leaves the integrity code and the target name out of NTLM's last message, for a
	// server that cannot take them. The zero value sends both, as Windows does.
	NTLMWithoutMIC bool

	// Origins are the places where the credentials may go, such as "https://mail.example.com" or
	// "https://mail.example.com:8443". If empty, the origin of the first request is the only one. A
	// request to another origin fails before anything is sent.
	Origins []string

	// AllowHTTP lets the credentials go over http:// to a host that is not loopback.
	AllowHTTP bool

	// Logger gets a debug record for each connection, login and token, and a warning for each
	// refusal. Names of users, passwords, tokens and bodies are never in them. Nil is silent.
	Logger *slog.Logger
}

// ChannelBinding says whether a login is tied to the TLS connection under it.
type ChannelBinding int

const (
	// ChannelBindingAuto sends the tls-server-end-point binding (RFC 5929) on every TLS
	// connection whose certificate defines one, as Exchange 2019 CU14 and SE demand under
	// Extended Protection. There is no fall-back to a login without it.
	ChannelBindingAuto ChannelBinding = iota

	// ChannelBindingOff never sends a binding. It is for a TLS bridge with another certificate in
	// front of a server that does not require bindings; such a server sees a wrong binding as an
	// attack and returns 401.
	ChannelBindingOff
)

const (
	defaultMaxConns    = 10
	defaultIdleTimeout = 50 * time.Second
)

// settings are Options after the checks, with the defaults filled in.
type settings struct {
	maxConns    int
	idleTimeout time.Duration
	bind        bool
	http        bool
	log         *slog.Logger
	origins     *origins
	perRequest  bool
}

func (o *Options) check(op string) (settings, error) {
	if o == nil {
		o = &Options{}
	}
	refuse := func(field, reason string) error {
		return &InputError{Op: op, Field: "Options." + field, Reason: reason}
	}
	s := settings{
		maxConns:    o.MaxConns,
		idleTimeout: o.IdleTimeout,
		bind:        o.ChannelBinding == ChannelBindingAuto,
		http:        o.AllowHTTP,
		log:         o.Logger,
		perRequest:  o.LoginPerRequest,
		origins:     &origins{},
	}
	if o.MaxConns < 0 {
		return s, refuse("MaxConns", fmt.Sprintf("%d, want 0 or more", o.MaxConns))
	}
	if o.IdleTimeout < 0 {
		return s, refuse("IdleTimeout", fmt.Sprintf("%v, want 0 or more", o.IdleTimeout))
	}
	if o.ChannelBinding != ChannelBindingAuto && o.ChannelBinding != ChannelBindingOff {
		return s, refuse("ChannelBinding", fmt.Sprintf("%d is none of the constants", o.ChannelBinding))
	}
	if s.maxConns == 0 {
		s.maxConns = defaultMaxConns
	}
	if s.idleTimeout == 0 {
		s.idleTimeout = defaultIdleTimeout
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	for i, text := range o.Origins {
		at, err := parseOrigin(text)
		if err != nil {
			return s, refuse(fmt.Sprintf("Origins[%d]", i), err.Error())
		}
		if err := s.secure(at); err != nil {
			return s, refuse(fmt.Sprintf("Origins[%d]", i), err.Error())
		}
		s.origins.list = append(s.origins.list, at)
	}
	return s, nil
}

// secure refuses to send credentials over a network in the clear.
func (s *settings) secure(at origin) error {
	if at.Scheme == "https" || s.http || loopback.IsHost(at.Host) {
		return nil
	}
	return fmt.Errorf("%s is not encrypted; use https, or allow http:// explicitly", at)
}

type origin = weborigin.Origin

var errOriginForm = errors.New("want a scheme and a host and nothing more, such as https://mail.example.com")

func parseOrigin(text string) (origin, error) {
	u, err := url.Parse(text)
	if err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return origin{}, errOriginForm // without the text, which may hold a password
	}
	return originOf(u)
}

func originOf(u *url.URL) (origin, error) {
	at := weborigin.Of(u)
	switch {
	case at.Host == "":
		return at, errOriginForm
	case !weborigin.IsASCII(at.Host):
		return at, fmt.Errorf("host %q: write it in its ASCII form (xn--…)", at.Host)
	case at.Scheme != "https" && at.Scheme != "http":
		return at, fmt.Errorf("scheme %q: want https", at.Scheme)
	}
	return at, nil
}

// origins are the servers that credentials may go to. An empty list takes the first that a request
// names.
type origins struct {
	mu   sync.Mutex
	list []origin
}

func (o *origins) admit(at origin) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.list) == 0 {
		o.list = []origin{at}
	}
	if slices.Contains(o.list, at) {
		return nil
	}
	return fmt.Errorf("the credentials are for %s only", o.names())
}

func (o *origins) names() string {
	names := make([]string, len(o.list))
	for i, known := range o.list {
		names[i] = known.String()
	}
	return strings.Join(names, ", ")
}
