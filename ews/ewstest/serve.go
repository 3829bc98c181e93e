package ewstest

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/internal/inprocess"
	"github.com/go-ews/exchange/internal/storeid"
)

// serve responds to a request of ServeHTTP or RoundTrip.
func (s *Server) serve(r *http.Request, body []byte) *response {
	op, resp := "", s.discover.Respond(r, body)
	if resp == nil {
		resp = refuseHTTP(r)
	}
	if resp == nil {
		c := s.receive(r, body)
		op, resp = c.Op, s.respondTo(c)
	}
	if resp.Err == nil && !resp.Verbatim {
		s.mark(resp, r.Header, op)
	}
	return resp
}

// refuseHTTP responds to what never reaches the web service, and returns nil for the rest: IIS
// knows no such file (it compares paths without case), and the service takes nothing but a POST of
// SOAP 1.1. The root is taken for the service, so that the URL of an httptest.Server works as it
// is.
func refuseHTTP(r *http.Request) *response {
	const notFound = `<!DOCTYPE html><html><head><title>404 - File or directory not found.</title></head>` +
		`<body><h2>404 - File or directory not found.</h2></body></html>`
	switch p := r.URL.Path; {
	case p != "" && p != "/" && !strings.EqualFold(p, endpointPath):
		return inprocess.NewResponse(http.StatusNotFound, "text/html", []byte(notFound))
	case r.Method != http.MethodPost:
		return inprocess.NotAllowed(http.MethodPost)
	case !isSOAP11(r.Header.Get("Content-Type")):
		return &response{Status: http.StatusUnsupportedMediaType, Header: http.Header{}}
	}
	return nil
}

// isSOAP11 reports whether .NET's service reads that content type: UTF-8, UTF-16, or no charset.
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

// respondTo executes a call, unless Intercept or the queue of Fail say otherwise.
func (s *Server) respondTo(c *call) *response {
	err := s.interrupt(c)
	executed, ok := errors.AsType[*executedError](err)
	switch {
	case err == nil:
		return s.execute(c)
	case !ok:
		return s.failed(c.Op, err)
	}
	resp := s.execute(c)
	if executed.keep >= 0 {
		resp.Body = resp.Body[:min(executed.keep, len(resp.Body))]
		return resp
	}
	resp = s.failed(c.Op, executed.err)
	resp.Executed = true
	return resp
}

// execute performs the request. Exchange seems to check a request in this order: the version, the
// form, the account, and then the operation.
func (s *Server) execute(c *call) *response {
	if code := s.checkVersion(c); code != "" {
		return s.fault(&ews.Error{Code: code})
	}
	switch {
	case c.violation != nil:
		v := c.violation
		return s.schemaFault(&ews.SchemaValidationError{Line: v.Line, Position: v.Position, Violation: v.Text})
	case c.notUnderstood != nil && s.opts.Profile.holds("must-understand"):
		return s.notUnderstood(*c.notUnderstood)
	case c.op == nil:
		return s.fault(&ews.Error{Code: ews.ErrorInvalidRequest})
	}
	operation, known := operations[c.Op]
	switch {
	case known && order(c.version) < order("Exchange2013"):
		return s.fault(&ews.Error{Code: ews.ErrorIncorrectSchemaVersion})
	case c.Mailbox == "":
		return s.fault(&ews.Error{Code: ews.ErrorInvalidExchangeImpersonationHeaderData})
	}
	m := s.mailboxNamed(c.Mailbox)
	switch {
	case m == nil:
		return s.noMailbox(c)
	case c.impersonated != "" && s.opts.MayImpersonate != nil && !s.opts.MayImpersonate(c.caller, c.Mailbox):
		return s.fault(&ews.Error{Code: ews.ErrorImpersonateUserDenied})
	}
	if h := s.handler(c.Op); h != nil {
		body, err := h(c.clone())
		if err != nil {
			return s.failed(c.Op, err)
		}
		return s.respond(node{text: body})
	}
	if l, ok := lookups[c.Op]; ok {
		return s.look(m, l, c)
	}
	if !known {
		return s.fault(&ews.Error{
			Code:    ews.ErrorInvalidRequest,
			Message: "This Exchange in process has no operation " + c.Op + ": see ewstest.Server.Handle.",
		})
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.used = m.used || !strings.HasPrefix(c.Op, "Get")
	payload, err := operation(m, c.op)
	if err != nil {
		return s.failed(c.Op, err)
	}
	return s.message(c.Op, "Success", leaf("m:ResponseCode", string(ews.NoError)), payload)
}

// noMailbox refuses a call for a mailbox that does not exist.
func (s *Server) noMailbox(c *call) *response {
	switch {
	case c.impersonated == "" && c.Op == "GetFolder":
		return s.look(nil, lookups[c.Op], c)
	case c.impersonated == "":
		return s.refusal(c.Op, &ews.Error{Code: "ErrorMissingEmailAddress"})
	case c.impersonated == "PrincipalName":
		return s.fault(&ews.Error{Code: ews.ErrorInvalidUserPrincipalName})
	case c.impersonated == "SID" && !s.opts.Profile.holds("sid-unknown"):
		return s.fault(&ews.Error{Code: ews.ErrorInvalidSid})
	}
	return s.fault(&ews.Error{Code: ews.ErrorNonExistentMailbox})
}

// versions has the schema versions in order. Nothing writes to it.
var versions = strings.Fields("Exchange2007 Exchange2007_SP1 Exchange2009 Exchange2010 Exchange2010_SP1 Exchange2010_SP2 " +
	"Exchange2012 Exchange2013 Exchange2013_SP1 Exchange2015 Exchange2016 V2015_10_05 V2016_01_06 V2016_04_13 " +
	"V2016_07_13 V2016_10_10 V2017_01_07 V2017_04_14 V2017_07_11 V2017_10_09 V2018_01_08")

// order returns the place of a schema version; -1: there is no such version.
func order(version string) int { return slices.Index(versions, version) }

// checkVersion returns the code that refuses the request's RequestServerVersion, "" if it passes.
// Servers refuse unknown versions, and versions newer than their own: those of build 15.2 call the
// request invalid, others the version.
func (s *Server) checkVersion(c *call) ews.ResponseCode {
	if at := order(c.version); at >= 0 && at <= order(schemaOf(s.opts.ServerVersion)) {
		return ""
	}
	v := s.opts.ServerVersion
	if v.Major == 15 && (v.Minor == 2 || v.Minor == 1 && !s.opts.Profile.holds("version-2016")) {
		return ews.ErrorInvalidRequest
	}
	return ews.ErrorInvalidServerVersion
}

// schemaOf returns the newest schema version of a server: its own word, else that of its build.
func schemaOf(v ews.ServerVersion) string {
	switch {
	case order(v.Version) >= 0:
		return v.Version
	case v.Major < 15:
		return "Exchange2010_SP2"
	case v.Major == 15 && v.Minor == 0:
		return "Exchange2013_SP1"
	case v.Major == 15 && v.Minor <= 2:
		return "V2017_07_11"
	}
	return "V2018_01_08"
}

// mark adds the headers that every response of Exchange has.
func (s *Server) mark(resp *response, request http.Header, op string) {
	s.mu.Lock()
	s.responses++
	n := s.responses
	s.mu.Unlock()
	set := func(name, value string) {
		if value != "" && resp.Header.Get(name) == "" {
			resp.Header.Set(name, value)
		}
	}
	set(headerRequestID, storeid.NewGUID(fmt.Sprint("answer ", n)).String())
	set("X-EwsHandler", op)
	set("X-BackEndHttpStatus", strconv.Itoa(resp.Status))
	for name := range headers {
		set(name, headers.value(name, 1))
	}
	if strings.EqualFold(request.Get("return-client-request-id"), "true") {
		set("client-request-id", request.Get("client-request-id"))
	}
}
