// Package autodiscovertest responds to Autodiscover as Exchange does, in process.
package autodiscovertest

import (
	"cmp"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-ews/exchange/internal/inprocess"
)

const (
	poxPath      = "/autodiscover/autodiscover.xml"
	version2Path = "/autodiscover/autodiscover.json"
)

// Server is the Autodiscover of an Exchange. Like the rest of that it asks for no credentials.
type Server struct {
	Path                string                    // of the endpoint, at the host of the request
	Exists              func(mailbox string) bool // by the lower-case address
	Major, Minor, Build int                       // the version of Exchange
}

// Respond responds to the three forms of Autodiscover that are HTTP, and returns nil for any other
// request. They lead to the endpoint, for each mailbox that exists.
func (s *Server) Respond(r *http.Request, body []byte) *inprocess.Response {
	switch p := strings.ToLower(r.URL.Path); {
	case p == version2Path, strings.HasPrefix(p, version2Path+"/v1.0/"):
		return s.version2(r)
	case p != poxPath:
		return nil
	// Without TLS: a transport has that in the URL, a server in the connection.
	case r.Method == http.MethodGet && (r.URL.Scheme == "http" || r.URL.Scheme == "" && r.TLS == nil):
		resp := inprocess.NewResponse(http.StatusFound, "text/html", nil)
		resp.Header.Set("Location", at(r, poxPath))
		return resp
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		return inprocess.NotAllowed("GET, POST")
	}
	return s.pox(r, body)
}

// version2 responds to a GET with the address as the path's last element, or in the query.
func (s *Server) version2(r *http.Request) *inprocess.Response {
	if r.Method != http.MethodGet {
		return inprocess.NotAllowed(http.MethodGet)
	}
	mailbox := r.URL.Query().Get("Email")
	if i := strings.LastIndexByte(r.URL.EscapedPath(), '/'); len(r.URL.Path) > len(version2Path) {
		mailbox, _ = url.PathUnescape(r.URL.EscapedPath()[i+1:]) // a URL was parsed from it
	}
	refuse := func(status int, code, message string) *inprocess.Response {
		return jsonResponse(status, map[string]string{"ErrorCode": code, "ErrorMessage": message})
	}
	switch protocol := r.URL.Query().Get("Protocol"); {
	case mailbox == "" || !s.Exists(strings.ToLower(mailbox)):
		return refuse(http.StatusNotFound, "UserNotFound", "The mailbox is not of this Exchange in process.")
	case strings.EqualFold(protocol, "EWS"):
		return jsonResponse(http.StatusOK, map[string]string{"Protocol": protocol, "Url": at(r, s.Path)})
	case strings.EqualFold(protocol, "AutodiscoverV1"):
		return jsonResponse(http.StatusOK, map[string]string{"Protocol": "AutodiscoverV1", "Url": at(r, poxPath)})
	}
	return refuse(http.StatusBadRequest, "InvalidProtocol", "This Exchange in process has EWS and AutodiscoverV1.")
}

// at returns the URL of a path at the host that was asked.
func at(r *http.Request, path string) string { return "https://" + cmp.Or(r.Host, r.URL.Host) + path }

func jsonResponse(status int, fields map[string]string) *inprocess.Response {
	body, _ := json.Marshal(fields) // texts have no other form
	return inprocess.NewResponse(status, "application/json; charset=utf-8", body)
}

const outlookSchema = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"

// pox responds to a POST, and to a browser's GET with the same error as Exchange does.
func (s *Server) pox(r *http.Request, body []byte) *inprocess.Response {
	var request struct {
		XMLName xml.Name `xml:"Autodiscover"`
		Address string   `xml:"Request>EMailAddress"`
		Schema  string   `xml:"Request>AcceptableResponseSchema"`
	}
	err := xml.Unmarshal(body, &request) //nolint:gosec // into three strings; nothing of it is run
	mailbox := strings.TrimSpace(request.Address)
	switch {
	case err != nil || mailbox == "":
		return poxResponse(errorFormat, "600", "Invalid Request")
	case strings.TrimSpace(request.Schema) != outlookSchema:
		return poxResponse(errorFormat, "601", "Provider is not available")
	case !s.Exists(strings.ToLower(mailbox)):
		return poxResponse(errorFormat, "500", "The email address can't be found.")
	}
	endpoint := escaped(at(r, s.Path))
	return poxResponse(settingsFormat, escaped(mailbox), s.versionBits(), endpoint, endpoint)
}

// The documents. Settings name the endpoint as it is for outside, in the two kinds of protocol that
// servers have had for that; EXCH is for inside, and has the version. An error has another
// namespace in its Response than settings have, as Exchange's own.
const (
	documentFormat = `<?xml version="1.0" encoding="utf-8"?>` +
		`<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006">%s</Autodiscover>`

	settingsFormat = `<Response xmlns="` + outlookSchema + `"><User><AutoDiscoverSMTPAddress>%s</AutoDiscoverSMTPAddress></User>` +
		`<Account><AccountType>email</AccountType><Action>settings</Action>` +
		`<Protocol><Type>EXCH</Type><ServerVersion>%s</ServerVersion></Protocol>` +
		`<Protocol><Type>EXPR</Type>` + protocolFormat + `<Protocol><Type>EXHTTP</Type>` + protocolFormat +
		`</Account></Response>`

	protocolFormat = `<TTL>1</TTL><SSL>On</SSL><AuthPackage>Negotiate</AuthPackage><EwsUrl>%s</EwsUrl></Protocol>`

	errorFormat = `<Response><Error Time="00:00:00.0000000" Id="0"><ErrorCode>%s</ErrorCode><Message>%s</Message>` +
		`<DebugData/></Error></Response>`
)

func poxResponse(format string, values ...any) *inprocess.Response {
	body := fmt.Sprintf(documentFormat, fmt.Sprintf(format, values...))
	return inprocess.NewResponse(http.StatusOK, "text/xml; charset=utf-8", []byte(body))
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}

// versionBits returns the version as POX has it: 4 bits for the layout, 6 for the major version, 6
// for the minor, a flag, 15 for the build.
func (s *Server) versionBits() string {
	return fmt.Sprintf("%08X", 7<<28|s.Major&0x3f<<22|s.Minor&0x3f<<16|1<<15|s.Build&0x7fff)
}
