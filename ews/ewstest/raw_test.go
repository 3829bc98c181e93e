package ewstest_test

import (
	"encoding/xml"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-ews/exchange/ews/ewstest"
)

// The tests write and read envelopes by themselves, so that neither the client's mistakes nor the
// server's can hide behind each other.

// envelope is a request with a version header and one body element.
func envelope(body string) string { return envelopeWith("", body) }

// envelopeWith has more headers, after the version.
func envelopeWith(header, body string) string {
	return `<?xml version="1.0" encoding="utf-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"
  xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"
  xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages">
<soap:Header><t:RequestServerVersion Version="Exchange2013"/>` + header + `</soap:Header>
<soap:Body>` + body + `</soap:Body>
</soap:Envelope>`
}

// as is the header that impersonates an SMTP address.
func as(address string) string {
	return `<t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>` + address +
		`</t:PrimarySmtpAddress></t:ConnectingSID></t:ExchangeImpersonation>`
}

// newRequest is a POST of an envelope to the endpoint.
func newRequest(t *testing.T, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, ewstest.Endpoint, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	return r
}

// reply is a response that was read whole.
type reply struct {
	Status int
	Header http.Header
	Body   string
}

// post sends an envelope and reads the response.
func post(t *testing.T, s *ewstest.Server, body string) reply {
	t.Helper()
	return do(t, s, newRequest(t, body))
}

func do(t *testing.T, s *ewstest.Server, r *http.Request) reply {
	t.Helper()
	resp, err := s.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, string(b)}
}

// node is any XML element.
type node struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []node     `xml:",any"`
}

// find returns the first element of that local name, in document order, or nil.
func (n *node) find(local string) *node {
	if n.XMLName.Local == local {
		return n
	}
	for i := range n.Children {
		if found := n.Children[i].find(local); found != nil {
			return found
		}
	}
	return nil
}

// all returns every element of that local name.
func (n *node) all(local string) []*node {
	var out []*node
	if n.XMLName.Local == local {
		out = append(out, n)
	}
	for i := range n.Children {
		out = append(out, n.Children[i].all(local)...)
	}
	return out
}

// text returns the text of the first element of that local name, "" if there is none.
func (n *node) text(local string) string {
	if found := n.find(local); found != nil {
		return found.Text
	}
	return ""
}

func (n *node) attr(local string) string {
	for _, a := range n.Attrs {
		if a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}

// parse reads a response with encoding/xml.
func (r reply) parse(t *testing.T) *node {
	t.Helper()
	var n node
	if err := xml.Unmarshal([]byte(r.Body), &n); err != nil {
		t.Fatalf("%v in %s", err, r.Body)
	}
	return &n
}

// call sends a body element to a mailbox and returns the code of the response and the response.
func call(t *testing.T, s *ewstest.Server, mailbox, body string) (string, *node) {
	t.Helper()
	header := ""
	if mailbox != "" {
		header = as(mailbox)
	}
	n := post(t, s, envelopeWith(header, body)).parse(t)
	return strings.TrimSpace(n.text("ResponseCode")), n
}

// must is call for a request that has to succeed.
func must(t *testing.T, s *ewstest.Server, mailbox, body string) *node {
	t.Helper()
	code, n := call(t, s, mailbox, body)
	if code != "NoError" {
		t.Fatalf("%s: %s", body, code)
	}
	return n
}

// addGroup makes a group and returns its id.
func addGroup(t *testing.T, s *ewstest.Server, mailbox, name string) string {
	t.Helper()
	return must(t, s, mailbox, addImGroup(name)).find("ExchangeStoreId").attr("Id")
}

func addImGroup(name string) string {
	return `<m:AddImGroup><m:DisplayName>` + name + `</m:DisplayName></m:AddImGroup>`
}

// addContact makes a contact in a group ("": in none) and returns its id.
func addContact(t *testing.T, s *ewstest.Server, mailbox, address, group string) string {
	t.Helper()
	return must(t, s, mailbox, addNewContact(address, group)).find("SourceId").attr("Id")
}

func addNewContact(address, group string) string {
	return `<m:AddNewImContactToGroup><m:ImAddress>` + address + `</m:ImAddress>` +
		optionalGroup(group) + `</m:AddNewImContactToGroup>`
}

func optionalGroup(id string) string {
	if id == "" {
		return ""
	}
	return groupID(id)
}

func groupID(id string) string   { return `<m:GroupId Id="` + id + `"/>` }
func contactID(id string) string { return `<m:ContactId Id="` + id + `"/>` }
