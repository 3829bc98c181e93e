package ewstest_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
)

// transports returns the two ways to reach a server: in process, and over a connection.
func transports(t *testing.T, s *ewstest.Server) map[string]http.RoundTripper {
	t.Helper()
	listener := httptest.NewServer(s)
	t.Cleanup(listener.Close)
	return map[string]http.RoundTripper{"in process": s, "connection": connection{listener}}
}

// connection sends requests for any address to a listener.
type connection struct{ listener *httptest.Server }

func (c connection) RoundTrip(r *http.Request) (*http.Response, error) {
	r.URL.Scheme, r.URL.Host = "http", strings.TrimPrefix(c.listener.URL, "http://")
	return c.listener.Client().Transport.RoundTrip(r)
}

// received is a response or an error as a client sees it.
type received struct {
	Status int
	Body   string
	Err    error // of the round trip, or of reading the body
}

func ask(t *testing.T, by http.RoundTripper, body string) received {
	t.Helper()
	resp, err := by.RoundTrip(newRequest(t, body))
	if err != nil {
		return received{Err: err}
	}
	b, err := io.ReadAll(resp.Body)
	if closeErr := resp.Body.Close(); closeErr != nil {
		t.Error(closeErr)
	}
	return received{resp.StatusCode, string(b), err}
}

func TestFail_HTTPError(t *testing.T) {
	t.Parallel()
	const html = "<html>out of order</html>"
	for name, test := range map[string]struct {
		err    *ews.HTTPError
		status int
		body   string
		failed error
	}{
		"a page": {
			&ews.HTTPError{StatusCode: 503, Header: http.Header{"Retry-After": {"30"}, "Content-Type": {"text/html"}}, Body: []byte(html)},
			503, html, nil,
		},
		"a page with 200": {&ews.HTTPError{StatusCode: 200, Body: []byte(html)}, 200, html, nil},
		"nothing":         {&ews.HTTPError{}, 500, "", nil},
		"a silly status":  {&ews.HTTPError{StatusCode: 99}, 500, "", nil},
		"promises more": {
			&ews.HTTPError{StatusCode: 200, Header: http.Header{"Content-Length": {"1000"}}, Body: []byte(html)},
			200, html, io.ErrUnexpectedEOF,
		},
		"promises less": {
			&ews.HTTPError{StatusCode: 200, Header: http.Header{"Content-Length": {"6"}}, Body: []byte(html)},
			200, "<html>", nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := ewstest.NewServer(nil)
			for way, by := range transports(t, s) {
				s.Fail("AddImGroup", test.err)
				got := ask(t, by, envelope(addImGroup("x")))
				if got.Status != test.status || got.Body != test.body || !errors.Is(got.Err, test.failed) {
					t.Errorf("%s: %+v, want HTTP %d, %q, %v", way, got, test.status, test.body, test.failed)
				}
			}
			if got := len(s.Groups("")); got != 0 {
				t.Errorf("%d groups, want none", got)
			}
		})
	}
}

func TestFail_HTTPErrorHeaders(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	header := http.Header{"Location": {"/ews/genericerrorpage.htm"}, "Set-Cookie": {"a=1", "b=2"}}
	s.Fail("", &ews.HTTPError{StatusCode: 302, Header: header})
	got := do(t, s, newRequest(t, envelope(addImGroup("x")))).Header
	got.Del("Content-Length")
	if diff := cmp.Diff(header, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// failure is the content of an error response.
type failure struct {
	Status          int
	Fault           bool
	Class           string
	Code, Message   string
	Detail          map[string]string
	Line, Violation string
}

func readFailure(t *testing.T, r reply) failure {
	t.Helper()
	n := r.parse(t)
	f := failure{
		Status: r.Status, Fault: n.find("Fault") != nil, Code: n.text("ResponseCode"),
		Line: n.text("LineNumber"), Violation: n.text("Violation"),
	}
	if f.Fault {
		f.Message = n.text("Message")
		f.Code = strings.TrimPrefix(n.text("faultcode"), "a:")
	} else {
		f.Message = n.text("MessageText")
		f.Class = n.find("AddImGroupResponse").attr("ResponseClass")
	}
	for _, v := range n.all("MessageXml") {
		for _, value := range v.all("Value") {
			if f.Detail == nil {
				f.Detail = map[string]string{}
			}
			f.Detail[value.attr("Name")] = value.Text
		}
	}
	return f
}

func TestFail_Responses(t *testing.T) {
	t.Parallel()
	busy := "The server cannot service this request right now. Try again later."
	for name, test := range map[string]struct {
		err  error
		want failure
	}{
		"response": {
			&ews.Error{Code: ews.ErrorItemNotFound, Message: "a < b & \"c\"", Details: map[string]string{"A": "1", "B<": "&"}},
			failure{
				Status: 200, Class: "Error", Code: "ErrorItemNotFound", Message: "a < b & \"c\"",
				Detail: map[string]string{"A": "1", "B<": "&"},
			},
		},
		"response with Exchange's text": {
			&ews.Error{Code: ews.ErrorInternalServerError},
			failure{
				Status: 200, Class: "Error", Code: "ErrorInternalServerError",
				Message: "An internal server error occurred. The operation failed.",
			},
		},
		"unknown code": {
			&ews.Error{Code: "ErrorOfTomorrow"}, failure{Status: 200, Class: "Error", Code: "ErrorOfTomorrow"},
		},
		"code alone": {
			ews.ErrorServerBusy, failure{Status: 500, Fault: true, Code: "ErrorServerBusy", Message: busy},
		},
		"fault by its code": {
			&ews.Error{Code: ews.ErrorServerBusy, Details: map[string]string{"BackOffMilliseconds": "297749"}},
			failure{
				Status: 500, Fault: true, Code: "ErrorServerBusy", Message: busy,
				Detail: map[string]string{"BackOffMilliseconds": "297749"},
			},
		},
		"fault with another status": {
			&ews.Error{Code: ews.ErrorServerBusy, Info: ews.ResponseInfo{StatusCode: 200}},
			failure{Status: 200, Fault: true, Code: "ErrorServerBusy", Message: busy},
		},
		"schema violation": {
			&ews.SchemaValidationError{Line: 11, Position: 33, Violation: "An error."},
			failure{
				Status: 500, Fault: true, Code: "ErrorSchemaValidation", Line: "11", Violation: "An error.",
				Message: "The request failed schema validation.",
			},
		},
		"wrapped": {
			errors.Join(errors.New("test"), &ews.Error{Code: ews.ErrorItemNotFound, Message: "gone"}),
			failure{Status: 200, Class: "Error", Code: "ErrorItemNotFound", Message: "gone"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := ewstest.NewServer(nil)
			s.Fail("AddImGroup", test.err)
			got := readFailure(t, post(t, s, envelope(addImGroup("x"))))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			must(t, s, "", addImGroup("x")) // neither done nor refused again
		})
	}
}

// TestFail_Queue checks whom a queued failure hits.
func TestFail_Queue(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	s.Fail("AddImGroup", ews.ErrorItemNotFound)
	s.Fail("", ews.ErrorServerBusy)
	s.Fail("AddImGroup", nil)
	s.Fail("AddImGroup", ews.ErrorTimeoutExpired)
	s.Fail("SetImGroup", ews.ErrorMailboxFailover)
	for _, step := range []struct{ request, code string }{
		{`<m:GetImItemList/>`, "ErrorServerBusy"},
		{`<m:GetImItemList/>`, "NoError"},
		{addImGroup("a"), "ErrorItemNotFound"},
		{addImGroup("a"), "NoError"},
		{addImGroup("b"), "ErrorTimeoutExpired"},
		{addImGroup("b"), "NoError"},
		{setImGroup("x", "c"), "ErrorMailboxFailover"},
		{setImGroup("x", "c"), "ErrorInvalidIdMalformed"},
	} {
		if code, _ := call(t, s, "", step.request); code != step.code {
			t.Errorf("%s: %q, want %q", step.request, code, step.code)
		}
	}
}

// TestFail_Left looks at what no request has used up, and drops it.
func TestFail_Left(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	dropped := ewstest.DropBefore()
	s.Fail("AddImGroup", ews.ErrorItemNotFound)
	s.Fail("SetImGroup", dropped)
	s.Fail("", nil)
	call(t, s, "", addImGroup("a"))
	left := s.Failures()
	want := []ewstest.Failure{{Op: "SetImGroup", Err: dropped}, {}}
	if !slices.Equal(left, want) {
		t.Errorf("left: %v, want %v", left, want)
	}
	left[0].Op = "" // the caller's own
	must(t, s, "", addImGroup("b"))
	if got := len(s.Failures()); got != 1 {
		t.Errorf("%d left, want 1", got)
	}
	s.Fail("AddImGroup", ews.ErrorServerBusy)
	s.ClearFailures()
	must(t, s, "", addImGroup("c"))
	if got := s.Failures(); len(got) != 0 {
		t.Errorf("left: %v, want none", got)
	}
}

// TestFail_UnknownOperation refuses what would never fail.
func TestFail_UnknownOperation(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	for _, op := range []string{
		"AddIMGroup", "AddImGroups", "addImGroup", "AddImGroupResponse", "GetFolderResponseMessage", "Mine", " ",
		"AddImGroup ", "m:AddImGroup",
	} {
		wantPanic(t, fmt.Sprintf("ewstest: Fail: Exchange has no operation %q, and Handle was not given one", op), func() {
			s.Fail(op, ews.ErrorServerBusy)
		})
	}
	s.Handle("Mine", func(ewstest.Request) (string, error) { return "", nil })
	s.Fail("Mine", ews.ErrorServerBusy)
	s.Fail("GetFolder", ews.ErrorServerBusy) // Exchange has it, whether this one handles it or not
	s.Fail("", ews.ErrorServerBusy)
	if got := len(s.Failures()); got != 3 {
		t.Errorf("%d queued, want 3", got)
	}
}

// TestFail_Texts holds that each code of package ews comes with a text.
func TestFail_Texts(t *testing.T) {
	t.Parallel()
	for _, code := range responseCodes(t) {
		s := ewstest.NewServer(nil)
		s.Fail("AddImGroup", code)
		got := readFailure(t, post(t, s, envelope(addImGroup("x"))))
		if got.Code != string(code) || got.Message == "" {
			t.Errorf("%s: code %q, message %q", code, got.Code, got.Message)
		}
	}
}

// responseCodes returns the constants of package ews, NoError excepted.
func responseCodes(t *testing.T) []ews.ResponseCode {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../response_code.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []ews.ResponseCode
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		value, ok := spec.Values[0].(*ast.BasicLit)
		if !ok {
			return true
		}
		text, err := strconv.Unquote(value.Value)
		if err == nil && text != "NoError" {
			codes = append(codes, ews.ResponseCode(text))
		}
		return true
	})
	if len(codes) < 40 {
		t.Fatalf("%d codes found in response_code.go, want more than 40", len(codes))
	}
	return codes
}

func TestFail_MalformedRequest(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	s.Fail("AddImGroup", ews.ErrorServerBusy)
	r := newRequest(t, `<not an envelope`)
	r.Header.Set("SOAPAction", `"http://schemas.microsoft.com/exchange/services/2006/messages/AddImGroup"`)
	if got := do(t, s, r).parse(t).text("ResponseCode"); got != "ErrorServerBusy" {
		t.Errorf("code %q, want ErrorServerBusy: the SOAPAction names the operation", got)
	}
	if got := post(t, s, `<not an envelope`).parse(t).text("ResponseCode"); got != "ErrorSchemaValidation" {
		t.Errorf("code %q, want ErrorSchemaValidation", got)
	}
}

// TestFail_OlderFaults lets a fault of another shape through as it is.
func TestFail_OlderFaults(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	captured := &ews.Error{Code: ews.ErrorSchemaValidation}
	client, err := ews.NewClient(ewstest.Endpoint, &ews.Options{HTTPClient: s.Client()})
	if err != nil {
		t.Fatal(err)
	}
	s.Fail("", &ews.SchemaValidationError{Line: 17, Position: 19, Violation: "Bad."})
	if _, err = client.AddImGroup(t.Context(), "x"); !errors.As(err, &captured) {
		t.Fatal(err)
	}
	f := *captured.Fault
	f.Code = xml.Name{Local: "Client"}
	f.Actor = "actor"
	f.Lang = "de-DE"
	f.Detail = []byte(`<e:Line xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">17</e:Line>`)
	s.Fail("", &ews.SchemaValidationError{Line: 1, Err: &ews.Error{Fault: &f}})
	n := post(t, s, envelope(addImGroup("x"))).parse(t)
	got := [...]string{
		n.text("faultcode"), n.text("faultstring"), n.find("faultstring").attr("lang"), n.text("faultactor"),
		n.find("detail").text("Line"), n.text("LineNumber"),
	}
	want := [...]string{"Client", "The request failed schema validation: Bad.", "de-DE", "actor", "17", ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
