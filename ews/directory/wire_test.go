package directory_test

import (
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/directory"
	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/internal/xmltest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// roundTripper responds to requests without a network.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// connect returns a client whose requests go to rt, without retries.
func connect(t testing.TB, rt http.RoundTripper) *ews.Client {
	t.Helper()
	c, err := ews.NewClient("https://exchange.test/EWS/Exchange.asmx", &ews.Options{
		HTTPClient: &http.Client{Transport: rt}, Retry: ews.RetryPolicy{MaxAttempts: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// responding returns a client of a server that always sends the same document.
func responding(t testing.TB, document string) *ews.Client {
	t.Helper()
	return connect(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/xml; charset=utf-8"}},
			Body: io.NopCloser(strings.NewReader(document)), Request: r,
		}, nil
	}))
}

// scripted sends the documents one after the other, and keeps the bodies of the requests.
func scripted(t testing.TB, bodies *[]string, documents ...string) http.RoundTripper {
	t.Helper()
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		if err != nil || len(*bodies) >= len(documents) {
			t.Errorf("request %d: %v", len(*bodies)+1, err)
			return nil, errKept
		}
		*bodies = append(*bodies, string(body))
		return &http.Response{
			StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/xml; charset=utf-8"}},
			Body: io.NopCloser(strings.NewReader(documents[len(*bodies)-1])), Request: r,
		}, nil
	})
}

// envelope wraps the content of a response.
func envelope(body string) string {
	return `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body ` +
		`xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" ` +
		`xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types">` + body + `</s:Body></s:Envelope>`
}

// message wraps the content of a response message.
func message(op, class, code, content string) string {
	return envelope(`<m:` + op + `Response><m:ResponseMessages><m:` + op + `ResponseMessage ResponseClass="` + class + `">` +
		`<m:ResponseCode>` + code + `</m:ResponseCode>` + content +
		`</m:` + op + `ResponseMessage></m:ResponseMessages></m:` + op + `Response>`)
}

// sample reads one of Microsoft's documents in place.
func sample(t testing.TB, name ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{xmltest.Reference(t), "directory-samples"}, name...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

var errKept = errors.New("request kept")

// requests returns the first request of each operation.
func requests(t testing.TB) map[string][]byte {
	t.Helper()
	docs := map[string][]byte{}
	for op, call := range map[string]func(context.Context, *ews.Client) error{
		"ExpandDL": func(ctx context.Context, c *ews.Client) error {
			_, err := directory.Expand(ctx, c, "o'hara & sons <sales>@contoso.com")
			return err
		},
		"ResolveNames": func(ctx context.Context, c *ews.Client) error {
			_, err := directory.Resolve(ctx, c, "sip:zoë@contoso.com")
			return err
		},
		"GetFolder": func(ctx context.Context, c *ews.Client) error {
			_, err := directory.StateOf(ctx, c, &imgroup.ItemList{})
			return err
		},
	} {
		client := connect(t, roundTripper(func(r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			docs[op] = body
			if action := r.Header.Get("SOAPAction"); !strings.HasSuffix(action, "/"+op+`"`) {
				t.Errorf("%s: SOAPAction %s", op, action)
			}
			return nil, errors.Join(errKept, err)
		}))
		if err := call(t.Context(), client); !errors.Is(err, errKept) {
			t.Fatalf("%s: %v", op, err)
		}
	}
	return docs
}

// TestRequests_Golden holds the bytes of the requests.
func TestRequests_Golden(t *testing.T) {
	t.Parallel()
	for op, got := range requests(t) {
		file := filepath.Join("testdata", op+".golden.xml")
		if *update {
			if err := os.WriteFile(file, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", op, diff)
		}
	}
}

// TestRequests_Schema validates them against Microsoft's schema.
func TestRequests_Schema(t *testing.T) {
	t.Parallel()
	xmltest.ValidateAll(t, requests(t))
}

// TestSamples decodes the documented responses.
func TestSamples(t *testing.T) {
	t.Parallel()
	smtp := func(name, address string) directory.Mailbox {
		return directory.Mailbox{Name: name, EmailAddress: address, RoutingType: "SMTP", Type: directory.User}
	}
	expansion, err := directory.Expand(t.Context(), responding(t, sample(t, "ExpandDL", "response.xml")), "x")
	if err != nil {
		t.Fatal(err)
	}
	members := []directory.Mailbox{
		smtp("Dan Park", "dpark@exampledomain.com"), smtp("Jeff Price", "jprice@exampledomain.com"),
		smtp("Tanja Plate", "tplate@exampledomain.com"),
	}
	if diff := cmp.Diff(members, expansion.Members); diff != "" || !expansion.Complete() {
		t.Errorf("complete: %t; members (-want +got):\n%s", expansion.Complete(), diff)
	}

	resolution, err := directory.Resolve(t.Context(), responding(t, sample(t, "ResolveNames", "response.xml")), "x")
	if err != nil {
		t.Fatal(err)
	}
	candidates := []directory.Candidate{{
		Mailbox: smtp("User2", "User2@example.com"), DisplayName: "User2", Addresses: []string{"SMTP:User2@example.com"},
	}}
	if diff := cmp.Diff(&directory.Resolution{Candidates: candidates}, resolution); diff != "" {
		t.Errorf("resolution (-want +got):\n%s", diff)
	}
}

// TestSamples_Errors decodes the documented errors.
func TestSamples_Errors(t *testing.T) {
	t.Parallel()
	_, expanded := directory.Expand(t.Context(), responding(t, sample(t, "ExpandDL", "error.xml")), "x")
	_, resolved := directory.Resolve(t.Context(), responding(t, sample(t, "ResolveNames", "error.xml")), "x")
	for op, err := range map[string]error{"ExpandDL": expanded, "ResolveNames": resolved} {
		reported, ok := errors.AsType[*ews.Error](err)
		if !ok || !errors.Is(err, directory.ErrorNameResolutionNoResults) || reported.Op != op {
			t.Errorf("%s: %v, want ErrorNameResolutionNoResults", op, err)
		}
	}
}

// TestResponses_Malformed holds that a response without the requested data is an error.
func TestResponses_Malformed(t *testing.T) {
	t.Parallel()
	const ok, success = "NoError", "Success"
	for name, document := range map[string]string{
		"ExpandDL without a payload":    message("ExpandDL", success, ok, ""),
		"ExpandDL in another namespace": strings.ReplaceAll(message("ExpandDL", success, ok, "<m:DLExpansion/>"), "2006/messages", "x"),
		"ExpandDL without messages":     envelope(`<m:ExpandDLResponse/>`),
		"another operation's response":  message("ResolveNames", success, ok, `<m:ResolutionSet/>`),
		"a number that is none":         message("ExpandDL", success, ok, `<m:DLExpansion TotalItemsInView="many"/>`),
		"no XML":                        envelope(`<m:ExpandDLResponse>`),
	} {
		_, err := directory.Expand(t.Context(), responding(t, document), "x")
		wantMalformed(t, name, err)
	}
	for name, document := range map[string]string{
		"ResolveNames without a payload":   message("ResolveNames", success, ok, ""),
		"ResolveNames without a candidate": message("ResolveNames", success, ok, `<m:ResolutionSet/>`),
		"a warning without a candidate":    message("ResolveNames", "Warning", "ErrorNameResolutionMultipleResults", ""),
	} {
		_, err := directory.Resolve(t.Context(), responding(t, document), "x")
		wantMalformed(t, name, err)
	}
	for name, document := range map[string]string{
		"one folder of two":         message("GetFolder", success, ok, `<m:Folders><t:Folder/></m:Folders>`),
		"GetFolder without folders": strings.Replace(message("GetFolder", success, ok, ""), "</m:ResponseMessages>", `<m:GetFolderResponseMessage ResponseClass="Success"/></m:ResponseMessages>`, 1),
	} {
		_, err := directory.StateOf(t.Context(), responding(t, document), &imgroup.ItemList{})
		wantMalformed(t, name, err)
	}
}

func wantMalformed(t *testing.T, name string, err error) {
	t.Helper()
	broken, ok := errors.AsType[*ews.TransportError](err)
	if !ok || broken.NotSent() || broken.Op == "" {
		t.Errorf("%s: %v, want a TransportError", name, err)
	}
}

// TestInput holds that bad input is refused before anything is sent.
func TestInput(t *testing.T) {
	t.Parallel()
	silent := connect(t, roundTripper(func(*http.Request) (*http.Response, error) {
		t.Error("a request was sent")
		return nil, errKept
	}))
	for _, text := range []string{"", " ", "a\x00b", "a\xffb", "\x0b"} {
		if _, err := directory.Expand(t.Context(), silent, text); !isInputError(err) {
			t.Errorf("Expand(%q): %v", text, err)
		}
		if _, err := directory.Resolve(t.Context(), silent, text); !isInputError(err) {
			t.Errorf("Resolve(%q): %v", text, err)
		}
	}
	if _, err := directory.Expand(t.Context(), nil, "x"); !isInputError(err) {
		t.Errorf("Expand with a nil client: %v", err)
	}
	if _, err := directory.Resolve(t.Context(), nil, "x"); !isInputError(err) {
		t.Errorf("Resolve with a nil client: %v", err)
	}
	if _, err := directory.State(t.Context(), nil); !isInputError(err) {
		t.Errorf("State with a nil client: %v", err)
	}
}

func isInputError(err error) bool {
	_, ok := errors.AsType[*ews.InputError](err)
	return ok
}
