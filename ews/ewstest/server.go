package ewstest

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/internal/autodiscovertest"
)

// Endpoint is an address for ews.NewClient, to be used with [Server.Client]. No name is looked up:
// a URL of any host reaches the server, if its path is this one.
const Endpoint = "https://exchange.test/EWS/Exchange.asmx"

const endpointPath = "/EWS/Exchange.asmx"

// Options are the settings of a [Server]. They are copied.
type Options struct {
	// Mailbox is the mailbox of callers that neither impersonate nor have one by User. "":
	// user@exchange.test.
	Mailbox string

	// Mailboxes names the mailboxes that exist, with Mailbox if that is set; a call for another
	// one gets the fault ErrorNonExistentMailbox. Empty: every mailbox exists, and is made on first
	// use.
	Mailboxes []string

	// User returns the mailbox of a caller whom a front end has authenticated: from a header such
	// as X-Remote-User, say. "" leaves it to Mailbox. Nil: every caller has Mailbox.
	//
	// Impersonation takes precedence.
	User func(*http.Request) string

	// MayImpersonate reports whether the account with the mailbox caller may impersonate another
	// one, both in lower case; else a call gets the fault ErrorImpersonateUserDenied. It may be
	// called from several goroutines. Nil: each may impersonate all.
	MayImpersonate func(caller, mailbox string) bool

	// Language is the language of faults, such as de-DE. Texts are English where no server was
	// recorded to say them in that language. "": en-US.
	Language string

	// ServerVersion is the ServerVersionInfo of responses. Zero: 15.2.2562.17 with V2017_07_11, the
	// first build of Subscription Edition.
	ServerVersion ews.ServerVersion

	// Profile flips guesses; see [Rules]. Nil: all hold.
	Profile Profile

	// Intercept is called before each request is executed, the malformed ones included, with no
	// lock held: it may use the server. An error is the response, as in [Server.Fail], and the
	// queue of Fail waits; with nil the request takes its course. It may be called at the same time
	// from several goroutines. One that waits should mind [Request.Context]; the end of that does
	// not undo the request: return an error for that.
	Intercept func(Request) error
}

// Server is an Exchange server with the operations of the instant-messaging list, made by
// [NewServer]. It is an [http.Handler] and an [http.RoundTripper], asks for no authentication, and
// is safe for concurrent use.
type Server struct {
	opts     Options  // with defaults in place of zero values
	only     []string // the mailboxes that exist; nil: any
	discover autodiscovertest.Server

	mu        sync.Mutex // guards what follows, and is never held while foreign code runs
	mailboxes map[string]*mailbox
	directory []Recipient
	handlers  map[string]func(Request) (string, error)
	failures  []Failure
	requests  requestLog
	responses uint64 // so far
}

// NewServer returns a server with empty mailboxes. Nil options work. It panics for a Profile with
// an ID that is not that of a guess.
func NewServer(opts *Options) *Server {
	if opts == nil {
		opts = &Options{}
	}
	s := &Server{
		opts: *opts, mailboxes: make(map[string]*mailbox),
		handlers: make(map[string]func(Request) (string, error)),
	}
	s.opts.Profile = maps.Clone(opts.Profile)
	s.opts.Profile.check()
	for _, name := range opts.Mailboxes {
		s.only = append(s.only, strings.ToLower(name))
	}
	if s.only != nil && opts.Mailbox != "" {
		s.only = append(s.only, strings.ToLower(opts.Mailbox))
	}
	if opts.User == nil {
		s.opts.User = func(*http.Request) string { return "" }
	}
	s.opts.Mailbox = strings.ToLower(cmp.Or(opts.Mailbox, "user@exchange.test"))
	s.opts.Language = cmp.Or(opts.Language, "en-US")
	s.opts.ServerVersion = cmp.Or(s.opts.ServerVersion, ews.ServerVersion{
		Major: 15, Minor: 2, MajorBuild: 2562, MinorBuild: 17, Version: "V2017_07_11",
	})
	v := s.opts.ServerVersion
	s.discover = autodiscovertest.Server{
		Path: endpointPath, Exists: s.exists, Major: v.Major, Minor: v.Minor, Build: v.MajorBuild,
	}
	return s
}

// Client returns an HTTP client that sends every request to s.
func (s *Server) Client() *http.Client { return &http.Client{Transport: s} }

// Groups returns the groups that were made in a mailbox, in the order in which they were made:
// user groups and distribution groups, without the three built-in ones. "" is the mailbox of
// callers that name none. The caller owns the result.
func (s *Server) Groups(mailbox string) []imgroup.ImGroup {
	groups := s.List(mailbox).Groups
	return slices.DeleteFunc(groups, func(g imgroup.ImGroup) bool { return g.GroupType.BuiltIn() })
}

// List returns the whole list of a mailbox, as GetImItemList would. It is empty for a mailbox that
// does not exist. "" is the mailbox of callers that name none. The caller owns the result.
func (s *Server) List(mailbox string) *imgroup.ItemList {
	m := s.mailboxNamed(mailbox)
	if m == nil {
		return &imgroup.ItemList{}
	}
	return m.list()
}

// mailboxNamed returns the mailbox of that name, without regard to case, and makes it on first use;
// "" is the one of callers that name none. It returns nil for one that does not exist.
func (s *Server) mailboxNamed(name string) *mailbox {
	name = strings.ToLower(cmp.Or(name, s.opts.Mailbox))
	if !s.exists(name) {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.mailboxes[name]
	if !ok {
		m = newMailbox(name, s.opts.Profile)
		s.mailboxes[name] = m
	}
	return m
}

// exists reports whether there is a mailbox of that lower-case name, or can be.
func (s *Server) exists(name string) bool { return s.only == nil || slices.Contains(s.only, name) }

// Handle makes the server respond to an operation that it does not have: h is called for every
// request whose body element has the local name op, with no lock held. Its result is the content of
// the response's soap:Body as it stands, so it is one element with its namespaces declared; m, t,
// xsi and xsd are. An error is the response, as in [Server.Fail].
//
// The element of such a request is not validated, the headers are. One of the 13 operations can be
// replaced, and is validated as before. A nil h removes the handler.
func (s *Server) Handle(op string, h func(Request) (body string, err error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handlers[op] = h
}

// handler returns the function that Handle registered for op, nil if there is none.
func (s *Server) handler(op string) func(Request) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.handlers[op]
}
