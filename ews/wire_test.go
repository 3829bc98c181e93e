package ews_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/soap"
)

const endpoint = "https://mail.contoso.com/EWS/Exchange.asmx"

type ctx = context.Context

func itemID(id string) imgroup.ItemID { return imgroup.ItemID{ID: id} }

// versions returns the schema's list, as far as the package names it.
func versions() []ews.Version {
	return []ews.Version{
		ews.Exchange2007, ews.Exchange2007_SP1, ews.Exchange2010, ews.Exchange2010_SP1, ews.Exchange2010_SP2,
		ews.Exchange2013, ews.Exchange2013_SP1, ews.Exchange2015, ews.Exchange2016, ews.V2015_10_05,
		ews.V2016_01_06, ews.V2016_04_13, ews.V2016_07_13, ews.V2016_10_10, ews.V2017_01_07, ews.V2017_04_14,
		ews.V2017_07_11, ews.V2017_10_09, ews.V2018_01_08, "Exchange2009", "Exchange2012",
	}
}

// wire is a RoundTripper that keeps the requests and responds with a function of the request's
// number, from 1. It closes bodies as a transport does.
type wire struct {
	respond func(n int, r *http.Request) (*http.Response, error)

	mu   sync.Mutex
	sent []sent
}

// sent is a request as it arrived.
type sent struct {
	url    string
	method string
	header http.Header
	body   string
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if err := r.Body.Close(); err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.sent = append(w.sent, sent{r.URL.String(), r.Method, r.Header.Clone(), string(body)})
	n := len(w.sent)
	w.mu.Unlock()
	return w.respond(n, r)
}

// requests returns the requests so far.
func (w *wire) requests() []sent {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]sent(nil), w.sent...)
}

// response makes a response of a status, header lines "Name: value" and a body.
func response(status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ":")
		h.Add(name, strings.TrimSpace(value))
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, ContentLength: int64(len(body)), Body: io.NopCloser(strings.NewReader(body)),
	}
}

// always responds to every request alike.
func always(status int, body string, header ...string) *wire {
	return &wire{respond: func(int, *http.Request) (*http.Response, error) {
		return response(status, body, header...), nil
	}}
}

// soapResponse responds with an envelope whose body holds the given text.
func soapResponse(status int, body string) *wire {
	return always(status, envelope(body), "Content-Type: text/xml; charset=utf-8")
}

// envelope wraps a body in an envelope with the usual prefixes.
func envelope(body string) string {
	return `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="` + soap.NamespaceEnvelope +
		`" xmlns:m="` + soap.NamespaceMessages + `" xmlns:t="` + soap.NamespaceTypes +
		`"><s:Body>` + body + `</s:Body></s:Envelope>`
}

const groupResponse = `<m:AddImGroupResponse ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>` +
	`<m:ImGroup><t:DisplayName>Sales</t:DisplayName><t:GroupType>IPM.DistList.MOC.UserGroup</t:GroupType>` +
	`<t:ExchangeStoreId Id="AAMkGroup=" ChangeKey="EgAA"/></m:ImGroup></m:AddImGroupResponse>`

const emptyListResponse = `<m:GetImItemListResponse ResponseClass="Success">` +
	`<m:ResponseCode>NoError</m:ResponseCode><m:ImItemList/></m:GetImItemListResponse>`

// once returns options that send over w and never try again.
func once(w http.RoundTripper) *ews.Options {
	return &ews.Options{HTTPClient: &http.Client{Transport: w}, Retry: ews.RetryPolicy{MaxAttempts: 1}}
}

// connect makes a client that must be valid.
func connect(t testing.TB, opts *ews.Options) *ews.Client {
	t.Helper()
	client, err := ews.NewClient(endpoint, opts)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// fixture reads a file of testdata.
func fixture(t testing.TB, name ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{"testdata"}, name...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// replaceOnce replaces a text, which must be there.
func replaceOnce(s, old, replacement string) string {
	before, after, ok := strings.Cut(s, old)
	if !ok {
		return "no " + old
	}
	return before + replacement + after
}
