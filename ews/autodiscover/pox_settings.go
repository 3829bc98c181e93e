package autodiscover

import (
	"encoding/xml"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/internal/oneline"
)

// protocol is a Protocol element.
type protocol struct{ kind, within, ewsURL, asURL, version, authPackage, ttl string }

// newProtocol returns the protocol at a path, with its attributes.
func newProtocol(attrs []xml.Attr, path []string) protocol {
	var p protocol
	if parent := path[len(path)-2]; parent != "Account" {
		p.within = parent
	}
	for _, a := range attrs {
		if a.Name.Local == "Type" { // the newer spelling, so far of mapiHttp alone
			p.kind = a.Value
		}
	}
	return p
}

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

// isExchange reports whether only Exchange has protocols of this kind.
func (p *protocol) isExchange() bool {
	switch strings.ToUpper(p.kind) {
	case "EXCH", "EXPR", "EXHTTP", "WEB", "MAPIHTTP":
		return true
	}
	return false
}

// endpoint returns the EWS endpoint of the protocol. Exchange 2007 has no EwsUrl: its availability
// service is the same .asmx.
func (p *protocol) endpoint() endpoint {
	e := endpoint{url: p.ewsURL, authPackage: strings.ToLower(oneline.Clip(p.authPackage, 40))}
	if e.url == "" {
		e.url = p.asURL
	}
	if hours, err := strconv.ParseUint(p.ttl, 10, 16); err == nil {
		e.ttl = time.Duration(hours) * time.Hour
	}
	return e
}

// response returns the meaning of the document.
func (r *poxReader) response() (*response, error) {
	action := strings.ToLower(r.account["Action"])
	switch {
	case !r.ended:
		return nil, errors.New("the response is empty, or ends in the middle")
	case len(r.refusal) > 0:
		return nil, r.serverError()
	case r.activeSync:
		return nil, errors.New("the response is for ActiveSync, which is for telephones, and names no EWS URL")
	// A server redirects by the Action; it may add settings.
	case action == "redirectaddr":
		return redirectTo(&response{address: r.account["RedirectAddr"]}, "the address")
	case action == "redirecturl":
		return redirectTo(&response{url: r.account["RedirectUrl"]}, "the URL")
	}
	return r.settings()
}

// serverError returns the error in the response. That of ActiveSync has a Status instead of a code.
func (r *poxReader) serverError() *ServerError {
	code := r.refusal["ErrorCode"]
	status := code == "" && r.refusal["Status"] != ""
	if status {
		code = r.refusal["Status"]
	}
	return &ServerError{
		Code: oneline.Clip(code, maxCode), Message: oneline.Clip(r.refusal["Message"], maxMessage), activeSync: status,
	}
}

func redirectTo(a *response, what string) (*response, error) {
	if a.url == "" && a.address == "" {
		return nil, errors.New("the response redirects, but lacks " + what + " to redirect to")
	}
	return a, nil
}

// settings lists the endpoints, those for outside first: they can be reached from inside as a rule,
// the inner ones not from outside. Outlook used EXPR from outside, and Exchange Online puts the URL
// there; EXHTTP has first the URL for inside, then that for outside; EXCH is for inside. The
// protocols for browsers repeat the URLs.
//
// See https://learn.microsoft.com/exchange/client-developer/web-service-reference/type-pox.
func (r *poxReader) settings() (*response, error) {
	a := &response{}
	for _, want := range []struct{ within, kind string }{
		{"", "EXPR"},
		{"", "EXHTTP"},
		{"", "EXCH"},
		{"External", ""},
		{"Internal", ""},
	} {
		for _, p := range slices.Backward(r.protocols) {
			if p.within != want.within || want.kind != "" && !strings.EqualFold(p.kind, want.kind) {
				continue
			}
			if v := parseServerVersion(p.version); v.Major != 0 {
				a.version = v // EXCH comes last of those that have one, and is where it is documented
			}
			if e := p.endpoint(); e.url != "" {
				a.endpoints = append(a.endpoints, e)
			}
		}
	}
	if len(a.endpoints) == 0 {
		return nil, r.noEndpoint()
	}
	return a, nil
}

// noEndpoint explains settings without an EWS URL: those of another product, or of an Exchange
// whose virtual directory has no URL.
func (r *poxReader) noEndpoint() error {
	var others []string
	for _, p := range r.protocols {
		if p.isExchange() {
			return errors.New("the response has settings, but no EWS URL; the mailbox may not have EWS, " +
				"or the virtual directory no URL (Set-WebServicesVirtualDirectory)")
		}
		kind := oneline.Clip(strings.ToUpper(p.kind), 20)
		if kind != "" && !slices.Contains(others, kind) && len(others) < 5 {
			others = append(others, kind)
		}
	}
	if len(others) == 0 {
		return errors.New("the response has settings, but names no protocol, and so no EWS URL")
	}
	return errors.New("this is a mail server that is not Exchange: its settings are for " +
		strings.Join(others, ", ") + ", none for EWS")
}

// parseServerVersion parses the ServerVersion element: 32 bits in hexadecimal digits. The first 4
// bits are the layout, then 6 the major version, 6 the minor one, 1 is a flag and the last 15 are
// the build. "73C18880" is 15.1.2176. Any other text yields the zero version.
//
// See https://learn.microsoft.com/exchange/client-developer/web-service-reference/serverversion-pox.
func parseServerVersion(s string) ews.ServerVersion {
	bits, err := strconv.ParseUint(strings.TrimSpace(s), 16, 32)
	if err != nil || bits>>28 == 0 {
		return ews.ServerVersion{}
	}
	return ews.ServerVersion{
		Major: int(bits >> 22 & 0x3f), Minor: int(bits >> 16 & 0x3f), MajorBuild: int(bits & 0x7fff),
	}
}
