package pagehint

import (
	"net/http"
	"strings"
)

// blockers are firewalls and filters, by a part of their pages or of the Server header, in lower case.
// The first match counts.
var blockers = [...]struct{ mark, name string }{
	{"the requested url was rejected. please consult with your administrator", "F5 BIG-IP"},
	{"_incapsula_resource", "Imperva"},
	{"incapsula incident id", "Imperva"},
	{"attention required! | cloudflare", "Cloudflare"},
	{"access denied | ", "Cloudflare"},
	{"<title>just a moment...</title>", "Cloudflare"},
	{"cf-error-details", "Cloudflare"},
	{"error code: 1020", "Cloudflare"},
	{"sucuri website firewall", "Sucuri"},
	{"microsoft-azure-application-gateway", "Azure Application Gateway"},
	{"the request is blocked.", "Azure Front Door"},
	{"akamaighost", "Akamai"},
	{"errors.edgesuite.net", "Akamai"},
	{"mod_security", "ModSecurity"},
	{"modsecurity", "ModSecurity"},
	{"web application firewall", "the web application firewall"},
	{"fortigate", "FortiGate"},
	{"fortiguard", "FortiGate"},
	{"fortiweb", "FortiWeb"},
	{"barracuda", "Barracuda"},
	{"zscaler", "Zscaler"},
	{"netskope", "Netskope"},
	{"blue coat", "Blue Coat ProxySG"},
	{"bluecoat", "Blue Coat ProxySG"},
	{"mcafee web gateway", "McAfee Web Gateway"},
	{"skyhigh", "Skyhigh Web Gateway"},
	{"websense", "Forcepoint"},
	{"forcepoint", "Forcepoint"},
	{"cisco umbrella", "Cisco Umbrella"},
	{"usercheck", "Check Point"},
	{"watchguard", "WatchGuard"},
	{"palo alto networks", "Palo Alto"},
	{"sophos", "Sophos"},
	{"wallarm", "Wallarm"},
	{"radware", "Radware"},
}

// blocking are phrases of pages that a firewall or filter of an unknown product shows.
var blocking = [...]string{
	"web page blocked", "request blocked", "request rejected", "request was rejected", "has been blocked",
	"was blocked", "for security reason", "web filter", "unauthorized activity", "not acceptable!",
}

// blocker returns the product that blocked the request, "" if the page comes from no firewall or
// filter. Exchange itself has no such pages.
func (p Page) blocker() string {
	switch s := p.StatusCode; {
	case len(p.Body) == 0 || p.Header.Get("X-FEServer") != "":
		return ""
	case s == http.StatusOK, s == http.StatusForbidden, s == http.StatusMethodNotAllowed,
		s == http.StatusNotAcceptable, s == http.StatusTooManyRequests, s == http.StatusNotImplemented:
	case s == http.StatusServiceUnavailable && p.mentions("cloudflare", "incapsula"):
	default:
		return ""
	}
	server, text := strings.ToLower(p.Header.Get("Server")), p.text()
	for _, b := range blockers {
		if strings.Contains(server, b.mark) || strings.Contains(text, b.mark) {
			return b.name
		}
	}
	if p.mentions(blocking[:]...) {
		return "a firewall or filter on the way"
	}
	return ""
}
