// Package ldaptest is a directory in process, for tests of what reads one by LDAP. It has the limits of
// Active Directory, and fails where a test says so.
package ldaptest

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/pem"
	"net"
	"net/http/httptest"
	"strings"
	"sync"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// Password is the password that every user has.
const Password = "right"

// Options adjust a [Server].
type Options struct {
	TLS       bool // from the first byte on, as with ldaps://; otherwise StartTLS is offered
	MaxPage   int  // entries of a page, 0: as many as are asked for
	MaxValues int  // of the attribute member in one response, 0: all
	SizeLimit int  // entries of a search, over all pages; 0: no limit
	MemberOf  bool // entries can be found by their groups

	// Fault returns how a request fails, nil if it does not.
	Fault func(Request) *Fault
}

// Request is a request that the server has received.
type Request struct {
	Op         string // bind, StartTLS or search
	Base       string // of a search; of a bind the user
	Filter     string
	Attributes []string
	Page       int // 0: the first
	Encrypted  bool
}

// Fault is what becomes of a request.
type Fault struct {
	Code  int    // of the result
	Words string // with it
	Refer string // to this URL, after the entries
	Drop  bool   // the connection is closed
	Hang  bool   // there is no response
}

// Entry is a person or a group.
type Entry struct {
	DN         string
	Attributes map[string][]string
}

// Server is a directory on loopback. Make it with [Start].
type Server struct {
	// URL begins with ldaps:// if the options say TLS.
	URL string
	// CA is the certificate of the server's authority, in PEM. It is for 127.0.0.1 and example.com.
	CA []byte

	options  Options
	tls      *tls.Config
	listener net.Listener
	done     sync.WaitGroup

	mu       sync.Mutex
	entries  []Entry
	byDN     map[string]int
	requests []Request
	conns    map[net.Conn]bool // nil: closed
}

// Start returns a server with these entries. Close ends it.
func Start(options Options, entries ...Entry) (*Server, error) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	certified := httptest.NewTLSServer(nil)
	certified.Close()
	s := &Server{
		URL: "ldap://" + listener.Addr().String(), options: options, listener: listener,
		CA:    pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certified.Certificate().Raw}),
		tls:   &tls.Config{Certificates: certified.TLS.Certificates, MinVersion: tls.VersionTLS12},
		conns: map[net.Conn]bool{},
	}
	if options.TLS {
		s.URL = "ldaps://" + listener.Addr().String()
	}
	s.SetEntries(entries...)
	s.done.Go(s.accept)
	return s, nil
}

// SetEntries replaces the content.
func (s *Server) SetEntries(entries ...Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries, s.byDN = entries, map[string]int{}
	for i, e := range entries {
		s.byDN[key(e.DN)] = i
	}
}

// Requests returns the requests so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request{}, s.requests...)
}

// Close ends the server and all connections.
func (s *Server) Close() {
	s.listener.Close()
	s.mu.Lock()
	for c := range s.conns {
		c.Close()
	}
	s.conns = nil
	s.mu.Unlock()
	s.done.Wait()
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.done.Go(func() {
			defer conn.Close()
			if s.track(conn) {
				(&session{Server: s, raw: conn}).serve()
			}
		})
	}
}

// track has Close end a connection too. It reports false after Close.
func (s *Server) track(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns == nil {
		return false
	}
	s.conns[conn] = true
	return true
}

// session is a connection.
type session struct {
	*Server

	raw, conn net.Conn
	in        *bufio.Reader
	encrypted bool
	bound     bool
}

func (s *session) use(conn net.Conn) { s.conn, s.in = conn, bufio.NewReader(conn) }

func (s *session) encrypt() { s.use(tls.Server(s.raw, s.tls)); s.encrypted = true }

func (s *session) serve() {
	s.use(s.raw)
	if s.options.TLS {
		s.encrypt()
	}
	for {
		packet, err := ber.ReadPacket(s.in)
		if err != nil || len(packet.Children) < 2 {
			return
		}
		if !s.respond(packet) {
			return
		}
	}
}

// respond handles a request and reports whether to go on.
func (s *session) respond(packet *ber.Packet) bool {
	op := packet.Children[1]
	r := Request{Encrypted: s.encrypted}
	switch op.Tag {
	case ldap.ApplicationBindRequest:
		r.Op, r.Base = "bind", text(op.Children[1])
	case ldap.ApplicationExtendedRequest:
		r.Op = "StartTLS"
	case ldap.ApplicationSearchRequest:
		r.Op, r.Base = "search", text(op.Children[0])
		r.Filter, _ = ldap.DecompileFilter(op.Children[6])
		for _, a := range op.Children[7].Children {
			r.Attributes = append(r.Attributes, text(a))
		}
		r.Page = pageOf(packet)
	default:
		return false // unbind
	}
	s.mu.Lock()
	s.requests = append(s.requests, r)
	s.mu.Unlock()
	fault := &Fault{}
	if s.options.Fault != nil {
		if f := s.options.Fault(r); f != nil {
			fault = f
		}
	}
	switch {
	case fault.Drop:
		return false
	case fault.Hang:
		return true
	}
	return s.result(packet, r, fault)
}

func (s *session) result(packet *ber.Packet, r Request, fault *Fault) bool {
	op := packet.Children[1]
	switch r.Op {
	case "bind":
		if fault.Code == 0 && op.Children[2].Data.String() != Password {
			fault = &Fault{
				Code:  ldap.LDAPResultInvalidCredentials,
				Words: "80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data 52e, v4563\x00",
			}
		}
		s.bound = fault.Code == 0
		return s.end(packet, ldap.ApplicationBindResponse, fault)
	case "StartTLS":
		ok := s.end(packet, ldap.ApplicationExtendedResponse, fault)
		if fault.Code == 0 {
			s.encrypt()
		}
		return ok
	}
	if !s.bound {
		return s.end(packet, ldap.ApplicationSearchResultDone, &Fault{Code: ldap.LDAPResultOperationsError, Words: "bind first"})
	}
	return s.search(packet, r, fault)
}

// end writes the end of a response, with controls.
func (s *session) end(packet *ber.Packet, tag ber.Tag, fault *Fault, controls ...ldap.Control) bool {
	done := ber.Encode(ber.ClassApplication, ber.TypeConstructed, tag, nil, "")
	done.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, fault.Code, ""))
	done.AppendChild(octets(""))
	done.AppendChild(octets(fault.Words))
	return s.write(packet, done, controls...)
}

func (s *session) write(request, op *ber.Packet, controls ...ldap.Control) bool {
	envelope := ber.NewSequence("")
	envelope.AppendChild(request.Children[0])
	envelope.AppendChild(op)
	if len(controls) > 0 {
		list := ber.Encode(ber.ClassContext, ber.TypeConstructed, 0, nil, "")
		for _, c := range controls {
			list.AppendChild(c.Encode())
		}
		envelope.AppendChild(list)
	}
	_, err := s.conn.Write(envelope.Bytes())
	return err == nil
}

func octets(s string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
}

func text(p *ber.Packet) string { return ber.DecodeString(p.Data.Bytes()) }

// key returns the form in which DNs are compared.
func key(dn string) string {
	if parsed, err := ldap.ParseDN(dn); err == nil {
		dn = parsed.String()
	}
	return strings.ToLower(dn)
}
