package ewstest

import (
	"cmp"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-ews/exchange/ews"
)

const (
	poxPath      = "/autodiscover/autodiscover.xml"
	version2Path = "/autodiscover/autodiscover.json"
	endpointPath = "/EWS/Exchange.asmx"

	poxSpace     = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
	outlookSpace = "http://schemas.microsoft.com/exchange/autodiscover/outlook/"
)

// autodiscover responds to the three forms of Autodiscover that are HTTP, and returns nil for any
// other request. They lead to the endpoint at the host of the request, for each mailbox that
// exists; like the rest of the server they ask for no credentials.
func (s *Server) autodiscover(r *http.Request, body []byte) *response {
	switch p := strings.ToLower(r.URL.Path); {
	case p == version2Path, strings.HasPrefix(p, version2Path+"/v1.0/"):
		return s.version2(r)
	case p != poxPath:
		return nil
	// Without TLS: a transport has that in the URL, a server in the connection.
	case r.Method == http.MethodGet && (r.URL.Scheme == "http" || r.URL.Scheme == "" && r.TLS == nil):
		resp := newResponse(http.StatusFound, "text/html", nil)
		resp.header.Set("Location", at(r, poxPath))
		return resp
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		return notAllowed("GET, POST")
	}
	return s.pox(r, body)
}

// version2 responds to a GET with the address as the path's last element, or in the query.
func (s *Server) version2(r *http.Request) *response {
	if r.Method != http.MethodGet {
		return notAllowed(http.MethodGet)
	}
	mailbox := r.URL.Query().Get("Email")
	if i := strings.LastIndexByte(r.URL.EscapedPath(), '/'); len(r.URL.Path) > len(version2Path) {
		mailbox, _ = url.PathUnescape(r.URL.EscapedPath()[i+1:]) // a URL was parsed from it
	}
	refuse := func(status int, code, message string) *response {
		return jsonResponse(status, map[string]string{"ErrorCode": code, "ErrorMessage": message})
	}
	switch protocol := r.URL.Query().Get("Protocol"); {
	case mailbox == "" || !s.exists(strings.ToLower(mailbox)):
		return refuse(http.StatusNotFound, "UserNotFound", "The mailbox is not of this Exchange in process.")
	case strings.EqualFold(protocol, "EWS"):
		return jsonResponse(http.StatusOK, map[string]string{"Protocol": protocol, "Url": at(r, endpointPath)})
	case strings.EqualFold(protocol, "AutodiscoverV1"):
		return jsonResponse(http.StatusOK, map[string]string{"Protocol": "AutodiscoverV1", "Url": at(r, poxPath)})
	}
	return refuse(http.StatusBadRequest, "InvalidProtocol", "This Exchange in process has EWS and AutodiscoverV1.")
}

// at returns the URL of a path at the host that was asked.
func at(r *http.Request, path string) string { return "https://" + cmp.Or(r.Host, r.URL.Host) + path }

func jsonResponse(status int, fields map[string]string) *response {
	body, _ := json.Marshal(fields) // texts have no other form
	return newResponse(status, "application/json; charset=utf-8", body)
}

// pox responds to a POST, and to a browser's GET with the same error as Exchange does.
func (s *Server) pox(r *http.Request, body []byte) *response {
	var request struct {
		XMLName xml.Name `xml:"Autodiscover"`
		Address string   `xml:"Request>EMailAddress"`
		Schema  string   `xml:"Request>AcceptableResponseSchema"`
	}
	err := xml.Unmarshal(body, &request) //nolint:gosec // into three strings; nothing of it is run
	mailbox := strings.TrimSpace(request.Address)
	switch {
	case err != nil || mailbox == "":
		return poxError(600, "Invalid Request")
	case strings.TrimSpace(request.Schema) != outlookSpace+"responseschema/2006a":
		return poxError(601, "Provider is not available")
	case !s.exists(strings.ToLower(mailbox)):
		return poxError(500, "The email address can't be found.")
	}
	return s.poxSettings(mailbox, at(r, endpointPath))
}

// poxSettings names the endpoint as it is for outside, in the two kinds of protocol that servers
// have had for that. EXCH is for inside, and has the version.
func (s *Server) poxSettings(mailbox, endpoint string) *response {
	protocol := func(kind string) node {
		return el("Protocol", leaf("Type", kind), leaf("TTL", "1"), leaf("SSL", "On"),
			leaf("AuthPackage", "Negotiate"), leaf("EwsUrl", endpoint))
	}
	return poxResponse(el("Response",
		el("User", leaf("AutoDiscoverSMTPAddress", mailbox)),
		el("Account", leaf("AccountType", "email"), leaf("Action", "settings"),
			el("Protocol", leaf("Type", "EXCH"), leaf("ServerVersion", serverVersionBits(s.opts.ServerVersion))),
			protocol("EXPR"), protocol("EXHTTP")),
	).with("xmlns", outlookSpace+"responseschema/2006a"))
}

// poxError has another namespace in its Response than settings have, as Exchange's own.
func poxError(code int, message string) *response {
	return poxResponse(el("Response", el("Error",
		leaf("ErrorCode", strconv.Itoa(code)), leaf("Message", message), leaf("DebugData", ""),
	).with("Time", "00:00:00.0000000", "Id", "0")))
}

func poxResponse(content node) *response {
	return xmlResponse(http.StatusOK, el("Autodiscover", content).with("xmlns", poxSpace))
}

// serverVersionBits writes a version as POX has it: 4 bits for the layout, 6 for the major version,
// 6 for the minor, a flag, 15 for the build.
func serverVersionBits(v ews.ServerVersion) string {
	return fmt.Sprintf("%08X", 7<<28|v.Major&0x3f<<22|v.Minor&0x3f<<16|1<<15|v.MajorBuild&0x7fff)
}
