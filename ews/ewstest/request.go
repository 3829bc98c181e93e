package ewstest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"net/http"
	"path"
	"strings"

	"github.com/go-ews/exchange/internal/dotnet"
)

// How many requests are kept for Requests, and how many bytes of their bodies.
const (
	keptRequests = 1000
	keptBytes    = 32 << 20
)

// Request is a request as the server got it.
type Request struct {
	// Op is the local name of the body's element, such as "AddImGroup". If the request is too
	// malformed to have one, it is the SOAPAction's last part, else "".
	Op string

	// Mailbox is the mailbox of the list, in lower case: the impersonated identifier of any of the
	// four kinds, else Options.User's, else Options.Mailbox. A malformed request impersonates none.
	Mailbox string

	Header http.Header // of HTTP, credentials included
	Body   []byte      // the envelope, as it came

	ctx context.Context // a callback's own view of the request, like that of *http.Request
}

// Context ends when the server learns that the client no longer waits for the response. In a
// request of [Server.Requests] it is [context.Background].
func (r Request) Context() context.Context {
	if r.ctx == nil {
		return context.Background()
	}
	return r.ctx
}

// clone returns a copy that shares nothing with r.
func (r Request) clone() Request {
	r.Header = r.Header.Clone()
	r.Body = bytes.Clone(r.Body)
	return r
}

// Requests returns the last 1,000 requests in the order in which they came, with those that failed.
// A request with a wrong path, method or content type reaches no application and is not among them.
// Of large requests, fewer are kept.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Request, len(s.requests.kept))
	for i, r := range s.requests.kept {
		out[i] = r.clone()
	}
	return out
}

// requestLog keeps the last requests within bounds.
type requestLog struct {
	kept  []Request
	bytes int
}

func (l *requestLog) add(r Request) {
	r = r.clone()
	r.ctx = nil
	l.kept = append(l.kept, r)
	l.bytes += len(r.Body)
	for len(l.kept) > keptRequests || l.bytes > keptBytes && len(l.kept) > 1 {
		l.bytes -= len(l.kept[0].Body)
		l.kept[0] = Request{} // the array lives on until append moves it
		l.kept = l.kept[1:]
	}
}

// call is a request with its parts.
type call struct {
	Request
	op            *dotnet.Element // the body's element; nil if there is none
	version       string          // RequestServerVersion; without one, the oldest
	caller        string          // the caller's own mailbox
	impersonated  string          // the element that names the mailbox, such as "SID"; "" if none does
	violation     *dotnet.Violation
	notUnderstood *xml.Name // a header that must be understood, and is not; nil: none
}

// receive reads and logs a request.
func (s *Server) receive(r *http.Request, body []byte) *call {
	envelope, violation := dotnet.CheckService(body, func(op xml.Name) bool { return s.handler(op.Local) != nil })
	c := &call{Request: Request{Header: r.Header, Body: body, ctx: r.Context()}, violation: violation}
	header := envelope.Child(envelopeSpace, "Header")
	c.version = versions[0]
	if version, ok := header.Child(typesSpace, "RequestServerVersion").Attr("Version"); ok {
		c.version = version
	}
	if violation != nil {
		envelope, header = nil, nil // read in part
	}
	c.readHeader(header)
	if b := envelope.Child(envelopeSpace, "Body"); b != nil && len(b.Children) > 0 {
		c.op = b.Children[0]
		c.Op = c.op.Name.Local
	} else {
		c.Op = soapAction(r.Header)
	}
	c.caller = cmp.Or(strings.ToLower(s.opts.User(r)), s.opts.Mailbox)
	if c.impersonated == "" {
		c.Mailbox = c.caller
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests.add(c.Request)
	return c
}

// readHeader reads the SOAP header, which may be nil.
func (c *call) readHeader(header *dotnet.Element) {
	if header != nil {
		c.notUnderstood = notUnderstoodIn(header.Children)
	}
	sid := header.Child(typesSpace, "ExchangeImpersonation").Child(typesSpace, "ConnectingSID")
	if sid != nil && len(sid.Children) > 0 {
		c.impersonated = sid.Children[0].Name.Local
		c.Mailbox = strings.ToLower(strings.TrimSpace(sid.Children[0].Text))
	}
}

// notUnderstoodIn returns the first header that must be understood and that Exchange does not have;
// nil if there is none. A header for another actor is not for this server (SOAP 1.1, sections 4.2.2
// and 4.2.3).
func notUnderstoodIn(headers []*dotnet.Element) *xml.Name {
	for _, h := range headers {
		soap := map[string]string{}
		for _, a := range h.Attrs {
			if a.Name.Space == envelopeSpace {
				soap[a.Name.Local] = a.Value
			}
		}
		forUs := soap["actor"] == "" || soap["actor"] == "http://schemas.xmlsoap.org/soap/actor/next"
		if soap["mustUnderstand"] == "1" && forUs && !dotnet.InSchema(h.Name) {
			return &h.Name
		}
	}
	return nil
}

// soapAction returns the operation that the SOAPAction header names, "" if it names none.
func soapAction(h http.Header) string {
	action := strings.Trim(h.Get("SOAPAction"), `" `)
	if action == "" {
		return ""
	}
	return path.Base(action)
}
