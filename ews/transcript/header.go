package transcript

import (
	"net/http"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
)

// headers has what a header of that name may hold unchanged; of any other value, and of any other
// header, each word is replaced. Nothing writes to it.
var headers = compile(map[string]string{
	`(text/(xml|html|plain)|application/(json|soap\+xml|xhtml\+xml))(; ?charset="?(?i:utf-8|us-ascii|iso-8859-1)"?)?`: "Content-Type",
	`[0-9]{1,10}`: "Content-Length Retry-After Age",
	`(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4} [0-9:]{8} GMT`: "Date Expires Last-Modified",
	`Microsoft-(IIS|HTTPAPI)/[0-9.]{1,5}`: "Server",
	`close|(?i:keep-alive)`:               "Connection Proxy-Connection",
	`true|false`:                          "Return-Client-Request-Id",
	`(private|public|no-cache|no-store|max-age=0|must-revalidate|, ?)+`: "Cache-Control Pragma",
	`gzip|identity|chunked`: "Accept-Encoding Transfer-Encoding",
	`ASP\.NET`:              "X-Powered-By",
	`[0-9.]{1,12}`:          "X-Aspnet-Version X-Owa-Version",
	`(Get, |Post, |GET, |POST, |HEAD, |OPTIONS|GET|POST|HEAD|, )+`:                    "Allow",
	`(Accept-Encoding|, |\*)+`:                                                        "Vary",
	`(UserNotFound|MailboxNotFound|ServerNotFound|AccessDenied|UnableToGetCAS|NoCAS)`: "X-Caserrorcode",
	`$`: "Authorization Proxy-Authorization Cookie Set-Cookie Www-Authenticate Proxy-Authenticate Location Via User-Agent Host Referer " +
		"Client-Request-Id Request-Id X-Anchormailbox X-Feserver X-Beserver X-Diaginfo X-Calculatedbetarget X-Backendhttpstatus X-Prefer " +
		"X-Ms-Diagnostics Soapaction Accept X-Forwarded-For X-Frame-Options X-Content-Type-Options Ms-Server-Activityid",
})

// Words that stay in the values of some headers and in the paths of URLs. Nothing writes to them.
var (
	urlWords = setOf("http https EWS ews Exchange exchange asmx autodiscover Autodiscover xml json svc owa auth aspx v1 " +
		"logon adfs ls errorFE ecp GenericErrorPage htm")
	headerWords = map[string]map[string]bool{
		"Www-Authenticate":   setOf("NTLM Negotiate Basic Bearer Digest Kerberos realm error claims authorization uri"),
		"Proxy-Authenticate": setOf("NTLM Negotiate Basic Bearer Digest realm"),
		"Authorization":      setOf("NTLM Negotiate Basic Bearer"),
		"User-Agent":         setOf("Go http client ews exchange go"),
		"Set-Cookie":         setOf("path Path HttpOnly httponly secure Secure SameSite expires Expires"),
	}
)

// scrubURL returns a URL with the words replaced, but for those of EWS's own paths in its path.
func (r *Recorder) scrubURL(raw string) (string, error) {
	path := authority(raw)
	query := len(raw)
	if i := strings.IndexAny(raw[path:], "?#"); i >= 0 {
		query = path + i
	}
	ofPath := func(w string) bool { return urlWords[w] || r.keep(w) }
	host, err := r.words.text(nil, raw[:path], r.keep)
	if err != nil {
		return "", err
	}
	hostPath, err := r.words.text(host, raw[path:query], ofPath)
	if err != nil {
		return "", err
	}
	all, err := r.words.text(hostPath, raw[query:], r.keep)
	return string(all), err
}

// authority returns the length of the scheme and the host with which a URL begins, 0 if it has none.
func authority(raw string) int {
	begin := strings.Index(raw, "//")
	if begin < 0 || strings.ContainsAny(raw[:begin], "/?#") {
		return 0
	}
	begin += len("//")
	if i := strings.IndexAny(raw[begin:], "/?#"); i >= 0 {
		return begin + i
	}
	return len(raw)
}

// scrubHeader returns the lines of a header, in the order of the names.
func (r *Recorder) scrubHeader(h http.Header) ([]string, error) {
	var lines []string
	for name, values := range h {
		name = textproto.CanonicalMIMEHeaderKey(name)
		pattern, known := headers[name]
		shown := name
		if !known {
			b, err := r.words.text(nil, name, r.keep)
			if err != nil {
				return nil, err
			}
			shown = string(b)
		}
		for _, value := range values {
			line, err := r.headerValue(name, value, pattern)
			if err != nil {
				return nil, err
			}
			lines = append(lines, shown+": "+line)
		}
	}
	slices.Sort(lines)
	return lines, nil
}

// lineEnds may not stand in a line of the transcript; net/http lets none through.
var lineEnds = strings.NewReplacer("\r", " ", "\n", " ")

func (r *Recorder) headerValue(name, value string, pattern *regexp.Regexp) (string, error) {
	value = lineEnds.Replace(value)
	if pattern != nil && pattern.MatchString(value) {
		return value, nil
	}
	if name == "Soapaction" {
		if op, ok := strings.CutPrefix(strings.Trim(value, `"`), messages+"/"); ok && names[op] {
			return value, nil
		}
	}
	if name == "Location" {
		return r.scrubURL(value)
	}
	keep := func(w string) bool { return headerWords[name][w] || r.keep(w) }
	if name == "X-Ms-Diagnostics" {
		keep = func(w string) bool { return isCommon(w) || r.keep(w) }
	}
	b, err := r.words.text(nil, value, keep)
	return string(b), err
}

const messages = "http://schemas.microsoft.com/exchange/services/2006/messages"
