package autodiscover

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// pox is the form of the protocol that answers in XML, to the mailbox's own users as a rule.
func pox(a address) *form {
	return &form{
		name:        "POX",
		method:      http.MethodPost,
		body:        poxRequest(a.text),
		contentType: "text/xml; charset=utf-8",
		accept:      "text/xml",
		canHandle:   "ExHttpInfo", // since 2013 CU6, no EXHTTP without
		login:       true,
		of:          a,
		read:        parsePOX,
	}
}

// poxURL is where a host answers POX. Exchange compares paths without case; other products may not, and
// this is the documented spelling.
func poxURL(host string) *url.URL {
	return &url.URL{Scheme: "https", Host: host, Path: "/autodiscover/autodiscover.xml"}
}

// poxRequest asks for the answer that Outlook gets. An X-MapiHttpCapability header would make the
// server leave the protocols out that name EWS.
func poxRequest(email string) []byte {
	const schema = "http://schemas.microsoft.com/exchange/autodiscover/outlook/"
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?>` + "\n" +
		`<Autodiscover xmlns="` + schema + `requestschema/2006"><Request><EMailAddress>`)
	_ = xml.EscapeText(&b, []byte(email)) // a bytes.Buffer never fails
	b.WriteString(`</EMailAddress><AcceptableResponseSchema>` + schema +
		`responseschema/2006a</AcceptableResponseSchema></Request></Autodiscover>`)
	return b.Bytes()
}

// Bounds of an answer. Real ones are 6 deep, with a protocol per kind and client.
const (
	maxDepth     = 32
	maxProtocols = 64
)

// protocol is a Protocol element of an account.
type protocol struct{ kind, ewsURL, asURL, version, authPackage, ttl string }

// poxReader follows the tokens of encoding/xml instead of unmarshalling: the depth is bounded, a
// DOCTYPE is refused, and an element counts only at its place. It collects what matters of an
// answer by the path of local names: documentation and servers do not agree on the name spaces.
type poxReader struct {
	path      []string
	text      strings.Builder
	account   map[string]string
	refusal   map[string]string
	protocols []protocol
	ended     bool // the root element is complete
}

// parsePOX reads an answer.
func parsePOX(body []byte) (*answer, error) {
	if isHTML(body) {
		return nil, errHTML
	}
	r := poxReader{account: map[string]string{}, refusal: map[string]string{}}
	d := xml.NewDecoder(bytes.NewReader(body))
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = r.take(token)
		}
		if err != nil {
			return nil, fmt.Errorf("the answer is no XML of this protocol: %s", clip(err.Error(), 200))
		}
	}
	return r.answer()
}

// take follows the document. RawToken leaves the matching of tags to its caller, and does not look
// for name spaces.
func (r *poxReader) take(token xml.Token) error {
	switch t := token.(type) {
	case xml.Directive:
		return errors.New("it has a DOCTYPE")
	case xml.StartElement:
		return r.open(t)
	case xml.EndElement:
		if len(r.path) == 0 || r.path[len(r.path)-1] != t.Name.Local {
			return errors.New("an end tag without its start tag")
		}
		r.close(strings.TrimSpace(r.text.String()))
	case xml.CharData:
		r.text.Write(t)
	}
	return nil
}

// open goes one element deeper. The root is checked first, so that a page of another kind is known by it.
func (r *poxReader) open(t xml.StartElement) error {
	switch {
	case len(r.path) == maxDepth:
		return errors.New("it is nested too deeply")
	case r.ended:
		return errors.New("it has a second root")
	case len(r.path) == 0 && t.Name.Local != "Autodiscover":
		return fmt.Errorf("its root is %q", clip(t.Name.Local, 40))
	}
	r.text.Reset()
	r.path = append(r.path, t.Name.Local)
	if r.at("Autodiscover", "Response", "Account", "Protocol") {
		if len(r.protocols) == maxProtocols {
			return errors.New("it has too many protocols")
		}
		r.protocols = append(r.protocols, protocol{})
		for _, a := range t.Attr {
			if a.Name.Local == "Type" { // the newer spelling, so far of mapiHttp alone
				r.protocols[len(r.protocols)-1].kind = a.Value
			}
		}
	}
	return nil
}

// close takes the text of the element that ends. Beneath Account/Protocol/Internal there are other
// protocols, for browsers.
func (r *poxReader) close(text string) {
	name := r.path[len(r.path)-1]
	r.path = r.path[:len(r.path)-1]
	r.text.Reset()
	switch {
	case len(r.path) == 0:
		r.ended = true
	case r.at("Autodiscover", "Response", "Account"):
		r.account[name] = text
	case r.at("Autodiscover", "Response", "Error"), r.at("Autodiscover", "Response", "Account", "Error"):
		r.refusal[name] = text
	case r.at("Autodiscover", "Response", "Account", "Protocol"):
		r.protocols[len(r.protocols)-1].set(name, text)
	}
}

func (r *poxReader) at(path ...string) bool { return slices.Equal(r.path, path) }

func (p *protocol) set(name, text string) {
	switch name {
	case "Type":
		p.kind = text
	case "EwsUrl":
		p.ewsURL = text
	case "ASUrl":
		p.asURL = text
	case "ServerVersion":
		p.version = text
	case "AuthPackage":
		p.authPackage = text
	case "TTL":
		p.ttl = text
	}
}

// answer says what the document means.
func (r *poxReader) answer() (*answer, error) {
	action := strings.ToLower(r.account["Action"])
	switch {
	case !r.ended:
		return nil, errors.New("the answer is empty, or ends in the middle")
	case r.refusal["ErrorCode"] != "":
		return nil, &ServerError{Code: clip(r.refusal["ErrorCode"], 50), Message: clip(r.refusal["Message"], 200)}
	// A server redirects by the Action; it may give settings of its own beside.
	case action == "redirectaddr":
		return &answer{address: r.account["RedirectAddr"]}, need(r.account["RedirectAddr"], "the address")
	case action == "redirecturl":
		return &answer{url: r.account["RedirectUrl"]}, need(r.account["RedirectUrl"], "the URL")
	}
	return r.settings()
}

func need(text, what string) error {
	if text == "" {
		return errors.New("the answer redirects, but lacks " + what + " where to")
	}
	return nil
}

// settings lists the endpoints. EXPR is what Outlook used from outside and where Exchange Online puts
// the URL, EXHTTP has first the URL for inside, then that for outside, and EXCH is for inside; the
// outer ones can be reached from inside as a rule, the inner ones not from outside.
//
// See https://learn.microsoft.com/exchange/client-developer/web-service-reference/type-pox.
func (r *poxReader) settings() (*answer, error) {
	a := &answer{}
	for _, kind := range []string{"EXPR", "EXHTTP", "EXCH"} {
		for _, p := range slices.Backward(r.protocols) {
			if !strings.EqualFold(p.kind, kind) {
				continue
			}
			if v := parseServerVersion(p.version); v.Major != 0 {
				a.version = v // EXCH comes last, and is where it is documented
			}
			if e := p.endpoint(); e.url != "" {
				a.endpoints = append(a.endpoints, e)
			}
		}
	}
	if len(a.endpoints) == 0 {
		return nil, errors.New("the answer has settings, but no EWS URL; the mailbox may not have EWS, " +
			"or the virtual directory no URL (Set-WebServicesVirtualDirectory)")
	}
	return a, nil
}

// endpoint returns what the protocol says of EWS. Exchange 2007 has no EwsUrl: its availability
// service is the same .asmx.
func (p *protocol) endpoint() endpoint {
	e := endpoint{url: p.ewsURL, authPackage: strings.ToLower(clip(p.authPackage, 40))}
	if e.url == "" {
		e.url = p.asURL
	}
	if hours, err := strconv.ParseUint(p.ttl, 10, 16); err == nil {
		e.ttl = time.Duration(hours) * time.Hour
	}
	return e
}
