package ewstest

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/go-ews/exchange/ews"
)

const headerRequestID = "Request-Id"

// answer is what goes back: an HTTP answer, whole or cut, or none at all.
type answer struct {
	status int
	header http.Header
	body   []byte
	cut    bool // the body ends in the middle: size is what was promised
	size   int
	asItIs bool // not of Exchange, and without its headers

	lost     error // no answer: what the client's transport reports
	executed bool  // whatever lost says of the connection
}

// newAnswer is an answer that arrives whole.
func newAnswer(status int, contentType string, body []byte) *answer {
	return &answer{
		status: status,
		header: http.Header{"Content-Type": {contentType}},
		body:   body,
		size:   len(body),
	}
}

// xmlAnswer is a SOAP answer. Exchange names the charset on each.
func xmlAnswer(status int, body []byte) *answer {
	return newAnswer(status, "text/xml; charset=utf-8", body)
}

// noAnswer is a connection that ended where the answer should begin. [io.EOF] is what net/http makes
// of it.
func noAnswer() *answer { return &answer{lost: io.EOF} }

// truncate lets the first n bytes of the body through and promises all of it.
func (a *answer) truncate(n int) {
	if n < len(a.body) {
		a.body = a.body[:max(n, 0)]
		a.cut = true
	}
}

// serve takes a request through the server. It is what ServeHTTP and RoundTrip have in common.
func (s *Server) serve(r *http.Request, body []byte) *answer {
	a := s.autodiscover(r, body)
	if a == nil {
		a = refuseHTTP(r)
	}
	if a == nil {
		a = s.answer(s.receive(r, body))
	}
	if a.lost == nil && !a.asItIs {
		s.mark(a, r.Header)
	}
	return a
}

// answer executes a call unless something else was asked for.
func (s *Server) answer(c *call) *answer {
	err := s.interrupt(c)
	if err == nil {
		return s.execute(c)
	}
	if truncated, ok := errors.AsType[*truncatedError](err); ok {
		a := s.execute(c)
		a.truncate(truncated.n)
		return a
	}
	after, executed := errors.AsType[*afterError](err)
	if executed {
		s.execute(c)
		err = after.err
	}
	a := s.failed(c.Op, err)
	a.executed = executed
	return a
}

// execute does what the request asks for and answers it. Exchange looks at a request in this order as
// far as one can tell: its form, the version, the account, and then what it wants.
func (s *Server) execute(c *call) *answer {
	if c.violation != nil {
		return schemaFault(*c.violation)
	}
	if c.notUnderstood != "" {
		return notUnderstood(c.notUnderstood)
	}
	if c.op == nil {
		return fault(&ews.Error{Code: ews.ErrorInvalidRequest})
	}
	operation := operations[c.Op]
	if operation != nil && beforeExchange2013(c.version) {
		return fault(&ews.Error{Code: ews.ErrorIncorrectSchemaVersion})
	}
	if c.Mailbox == "" {
		return fault(&ews.Error{Code: ews.ErrorInvalidExchangeImpersonationHeaderData})
	}
	m, ok := s.open(c.Mailbox)
	if !ok {
		return noMailbox(c)
	}
	if h := s.handler(c.op.Name.Local); h != nil {
		return s.handled(c, h)
	}
	if operation == nil {
		return fault(&ews.Error{
			Code:    ews.ErrorInvalidRequest,
			Message: "This Exchange in process has no operation " + c.Op + ": see ewstest.Server.Handle.",
		})
	}
	var payload writer
	if err := m.run(operation, c.op, &payload); err != nil {
		return s.failed(c.Op, err)
	}
	return s.success(c.Op, payload.buf)
}

// noMailbox answers for an account that does not exist. Microsoft documents ErrorNonExistentMailbox
// for addresses in the impersonation header, ErrorInvalidUserPrincipalName for UPNs, and nothing for
// the others.
func noMailbox(c *call) *answer {
	code := ews.ErrorNonExistentMailbox
	if c.impersonated == "PrincipalName" {
		code = ews.ErrorInvalidUserPrincipalName
	}
	return fault(&ews.Error{Code: code})
}

// handled lets the user's own handler answer.
func (s *Server) handled(c *call, h func(Request) (string, error)) *answer {
	body, err := h(c.clone())
	if err != nil {
		return s.failed(c.Op, err)
	}
	return xmlAnswer(http.StatusOK, s.envelope(func(w *writer) { w.raw(body) }))
}

// beforeExchange2013 reports whether the schema version lacks the operations of the list. No
// version at all is taken.
func beforeExchange2013(version string) bool {
	switch version {
	case "Exchange2007", "Exchange2007_SP1", "Exchange2009",
		"Exchange2010", "Exchange2010_SP1", "Exchange2010_SP2", "Exchange2012":
		return true
	}
	return false
}

// refuseHTTP answers what never reaches the web service: IIS knows no such file (it compares paths
// without case), and the service takes nothing but a POST of SOAP 1.1. The root is taken for the
// service, for the sake of whoever uses the URL of an httptest.Server as it is.
func refuseHTTP(r *http.Request) *answer {
	const page = `<!DOCTYPE html><html><head><title>404 - File or directory not found.</title></head>` +
		`<body><h2>404 - File or directory not found.</h2></body></html>`
	if p := r.URL.Path; p != "" && p != "/" && !strings.EqualFold(p, "/EWS/Exchange.asmx") {
		return newAnswer(http.StatusNotFound, "text/html", []byte(page))
	}
	if r.Method != http.MethodPost {
		a := &answer{status: http.StatusMethodNotAllowed, header: http.Header{}}
		a.header.Set("Allow", http.MethodPost)
		return a
	}
	if !isSOAP11(r.Header.Get("Content-Type")) {
		return &answer{status: http.StatusUnsupportedMediaType, header: http.Header{}}
	}
	return nil
}

// isSOAP11 reports whether .NET's service reads that content type: UTF-8, UTF-16, or not said.
func isSOAP11(contentType string) bool {
	media, parameters, err := mime.ParseMediaType(contentType)
	if err != nil || media != "text/xml" {
		return false
	}
	switch strings.ToLower(parameters["charset"]) {
	case "", "utf-8", "utf-16", "utf-16le", "utf-16be":
		return true
	}
	return false
}

// mark adds the headers that Exchange puts on every answer, where the answer does not bring its own.
// The names are made up.
func (s *Server) mark(a *answer, request http.Header) {
	s.mu.Lock()
	s.answers++
	n := s.answers
	s.mu.Unlock()
	h := a.header
	for _, field := range [...][2]string{
		{headerRequestID, requestID(n)},
		{"X-FEServer", "EXCH-FE01"},
		{"X-DiagInfo", "EXCH-MBX01"},
		{"Server", "Microsoft-IIS/10.0"},
	} {
		name := http.CanonicalHeaderKey(field[0])
		if _, ok := h[name]; !ok {
			h[name] = []string{field[1]}
		}
	}
	if id := request.Get("client-request-id"); id != "" &&
		strings.EqualFold(request.Get("return-client-request-id"), "true") {
		h.Set("client-request-id", id)
	}
}
