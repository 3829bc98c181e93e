package ewstest

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-ews/exchange/ews"
)

const (
	poxPath      = "/autodiscover/autodiscover.xml"
	version2Path = "/autodiscover/autodiscover.json"

	poxSpace     = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
	outlookSpace = "http://schemas.microsoft.com/exchange/autodiscover/outlook/"
)

// autodiscover answers the three forms of Autodiscover that are HTTP; nil if the request is for
// something else. They lead to the endpoint at the host that was asked, whatever that is, for each
// mailbox that exists; like the rest of the server they ask for no credentials.
func (s *Server) autodiscover(r *http.Request, body []byte) *answer {
	switch p := strings.ToLower(r.URL.Path); {
	case p == version2Path, strings.HasPrefix(p, version2Path+"/v1.0/"):
		return s.version2(r)
	case p != poxPath:
		return nil
	case r.Method == http.MethodGet && overHTTP(r):
		a := newAnswer(http.StatusFound, "text/html", nil)
		a.header.Set("Location", "https://"+hostOf(r)+poxPath)
		return a
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		return &answer{status: http.StatusMethodNotAllowed, header: http.Header{"Allow": {"GET, POST"}}}
	}
	return s.pox(r, body)
}

// overHTTP tells a request without TLS: a transport has it in the URL, a server in the connection.
func overHTTP(r *http.Request) bool {
	return r.URL.Scheme == "http" || r.URL.Scheme == "" && r.TLS == nil
}

func hostOf(r *http.Request) string {
	if r.Host != "" {
		return r.Host
	}
	return r.URL.Host
}

// exists reports whether a mailbox does, without making it.
func (s *Server) exists(mailbox string) bool {
	return mailbox != "" && (s.only == nil || slices.Contains(s.only, strings.ToLower(mailbox)))
}

// version2 answers a GET with the address as the path's last element, or in the query.
func (s *Server) version2(r *http.Request) *answer {
	if r.Method != http.MethodGet {
		return &answer{status: http.StatusMethodNotAllowed, header: http.Header{"Allow": {http.MethodGet}}}
	}
	mailbox := r.URL.Query().Get("Email")
	if i := strings.LastIndexByte(r.URL.EscapedPath(), '/'); len(r.URL.Path) > len(version2Path) {
		mailbox, _ = url.PathUnescape(r.URL.EscapedPath()[i+1:]) // what came in a URL can be unescaped
	}
	refuse := func(status int, code, message string) *answer {
		return jsonAnswer(status, map[string]string{"ErrorCode": code, "ErrorMessage": message})
	}
	switch protocol := r.URL.Query().Get("Protocol"); {
	case !s.exists(mailbox):
		return refuse(http.StatusNotFound, "UserNotFound", "The mailbox is not of this Exchange in process.")
	case strings.EqualFold(protocol, "EWS"):
		return jsonAnswer(http.StatusOK, map[string]string{"Protocol": "EWS", "Url": endpointAt(r)})
	case strings.EqualFold(protocol, "AutodiscoverV1"):
		return jsonAnswer(http.StatusOK, map[string]string{
			"Protocol": "AutodiscoverV1", "Url": "https://" + hostOf(r) + poxPath,
		})
	}
	return refuse(http.StatusBadRequest, "InvalidProtocol", "This Exchange in process has EWS and AutodiscoverV1.")
}

func endpointAt(r *http.Request) string { return "https://" + hostOf(r) + "/EWS/Exchange.asmx" }

func jsonAnswer(status int, fields map[string]string) *answer {
	body, err := json.Marshal(fields)
	if err != nil {
		return newAnswer(http.StatusInternalServerError, "text/plain", []byte(err.Error()))
	}
	return newAnswer(status, "application/json; charset=utf-8", body)
}

// pox answers a POST, and what a browser sends with the same error as Exchange does.
func (s *Server) pox(r *http.Request, body []byte) *answer {
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
	case !s.exists(mailbox):
		return poxError(500, "The email address can't be found.")
	}
	return xmlAnswer(http.StatusOK, s.poxSettings(mailbox, endpointAt(r)))
}

// poxSettings names the endpoint as it is for outside, in the two kinds of protocol that servers have
// had for that. EXCH is for inside, and tells the version.
func (s *Server) poxSettings(mailbox, endpoint string) []byte {
	var w writer
	w.raw(prolog)
	w.open("Autodiscover", "xmlns", poxSpace)
	w.open("Response", "xmlns", outlookSpace+"responseschema/2006a")
	w.open("User")
	w.text("AutoDiscoverSMTPAddress", mailbox)
	w.close("User")
	w.open("Account")
	w.text("AccountType", "email")
	w.text("Action", "settings")
	w.open("Protocol")
	w.text("Type", "EXCH")
	w.text("ServerVersion", serverVersionBits(s.version))
	w.close("Protocol")
	for _, kind := range []string{"EXPR", "EXHTTP"} {
		w.open("Protocol")
		w.text("Type", kind)
		w.text("TTL", "1")
		w.text("SSL", "On")
		w.text("AuthPackage", "Negotiate")
		w.text("EwsUrl", endpoint)
		w.close("Protocol")
	}
	w.close("Account")
	w.close("Response")
	w.close("Autodiscover")
	return w.buf
}

// poxError has another name space in its Response than settings have, as Exchange's own.
func poxError(code int, message string) *answer {
	var w writer
	w.raw(prolog)
	w.open("Autodiscover", "xmlns", poxSpace)
	w.open("Response")
	w.open("Error", "Time", "00:00:00.0000000", "Id", "0")
	w.text("ErrorCode", strconv.Itoa(code))
	w.text("Message", message)
	w.empty("DebugData")
	w.close("Error")
	w.close("Response")
	w.close("Autodiscover")
	return xmlAnswer(http.StatusOK, w.buf)
}

// serverVersionBits writes a version as POX has it: 4 bits for the layout, 6 for the major version, 6
// for the minor, a flag, 15 for the build.
func serverVersionBits(v ews.ServerVersion) string {
	return fmt.Sprintf("%08X", 7<<28|v.Major&0x3f<<22|v.Minor&0x3f<<16|1<<15|v.MajorBuild&0x7fff)
}
