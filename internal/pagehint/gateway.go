package pagehint

import (
	"bytes"
	"net/http"
	"strings"
)

// httpSys begins the Server header of Windows' HTTP.sys, which responds where no application does.
const httpSys = "microsoft-httpapi"

// requestHint distinguishes the limits of a gateway from Extended Protection, for which Exchange
// itself sends these statuses.
func (p Page) requestHint() string {
	tooLarge := p.StatusCode == http.StatusRequestEntityTooLarge
	switch fromExchange, in := p.origin(); {
	case in.limit != "" && tooLarge:
		return "the request is larger than the limit of " + in.name + " (" + in.limit + ") in front of Exchange"
	case in.name != "" && tooLarge:
		return "the request is larger than the limit of " + in.name + " in front of Exchange"
	case in.name != "":
		return in.name + " in front of Exchange does not take the request: check its limits and rules"
	case fromExchange && tooLarge:
		return "right after authentication this means Extended Protection: a proxy or load balancer that " +
			"ends TLS with another certificate, or a client without channel binding; else a request " +
			"larger than IIS takes (uploadReadAheadSize, maxAllowedContentLength)"
	case tooLarge:
		return "the request is larger than a gateway or the server takes; right after authentication it " +
			"means Extended Protection: TLS that ends before Exchange, or no channel binding"
	}
	return "a request that was damaged on the way, or a header that is too large (a Kerberos ticket of a " +
		"user in many groups); right after authentication it means Extended Protection: TLS that ends " +
		"before Exchange, or no channel binding"
}

// gateway is a product by which web servers are published. limit is its setting for the size of a
// request; "" if unknown.
type gateway struct{ mark, name, limit string }

// gateways are products by a part of their Server header or page, in lower case.
var gateways = [...]gateway{
	{"nginx", "nginx", "client_max_body_size"},
	{"openresty", "nginx", "client_max_body_size"},
	{"apache", "Apache", "LimitRequestBody"},
	{"haproxy", "HAProxy", ""},
	{"varnish", "Varnish", ""},
	{"squid", "Squid", "request_body_max_size"},
	{"envoy", "Envoy", ""},
	{"big-ip", "F5 BIG-IP", ""},
	{"bigip", "F5 BIG-IP", ""},
	{"cloudflare", "Cloudflare", ""},
	{"akamai", "Akamai", ""},
	{"awselb", "the AWS load balancer", ""},
	{"microsoft-azure-application-gateway", "Azure Application Gateway", ""},
	{"netscaler", "Citrix NetScaler", ""},
	{"traefik", "Traefik", ""},
	{"caddy", "Caddy", ""},
	{"litespeed", "LiteSpeed", ""},
	{"kemp", "Kemp LoadMaster", ""},
	{"fortiweb", "FortiWeb", ""},
	{"barracuda", "Barracuda", ""},
}

// origin reports the sender of the response: Exchange or its IIS, or a gateway.
func (p Page) origin() (fromExchange bool, in gateway) {
	if p.Header.Get("X-FEServer") != "" || p.Header.Get("X-OWA-Version") != "" {
		return true, gateway{}
	}
	server := strings.ToLower(p.Header.Get("Server"))
	text := server
	if text == "" {
		text = string(bytes.ToLower(p.Body))
	}
	for _, g := range gateways {
		if strings.Contains(text, g.mark) {
			return false, g
		}
	}
	return strings.Contains(server, "microsoft-iis") || strings.Contains(server, httpSys), gateway{}
}

// unbound reports whether HTTP.sys found no web site for the request.
func (p Page) unbound() bool {
	if p.StatusCode == http.StatusBadRequest {
		return p.mentions("invalid hostname")
	}
	return p.StatusCode == http.StatusNotFound && strings.HasPrefix(strings.ToLower(p.Header.Get("Server")), httpSys)
}

// unavailableHint distinguishes the senders of a 503.
func (p Page) unavailableHint() string {
	fromExchange, in := p.origin()
	switch {
	case in.name != "":
		return in.name + " has no server behind it that responds: check its health checks, and Exchange behind it"
	case strings.HasPrefix(strings.ToLower(p.Header.Get("Server")), httpSys):
		return "HTTP.sys responds because the application pool is stopped or its queue is full: check that " +
			"MSExchangeServicesAppPool runs, and the system event log (source WAS)"
	case fromExchange:
		return "Exchange is busy, in maintenance (Get-ServerComponentState: EwsProxy), or has no server behind its front " +
			"end that responds"
	}
	return "too busy, or the application pool or the server behind a gateway is down"
}

// gatewayHint explains a failure that a gateway reports, and one of the web server itself.
func (p Page) gatewayHint() string {
	fromExchange, in := p.origin()
	switch s := p.StatusCode; {
	case s == http.StatusNotImplemented:
		return "a gateway does not know the method or a header of the request: check its HTTP settings"
	case s != http.StatusBadGateway && s != http.StatusGatewayTimeout:
		return "the web server failed before EWS; its event log has the cause"
	case in.name != "":
		return in.name + " got no response from Exchange"
	case fromExchange && p.mentions("gateway or proxy server"):
		return "IIS with Application Request Routing, or Azure Application Gateway, got no response from Exchange: check its " +
			"server farm, its time limit, and the certificate of Exchange"
	}
	return "a gateway or load balancer got no response from Exchange"
}

// OfStatus explains a status that says enough by itself; "" for the others.
func OfStatus(status int) string {
	switch {
	case status == http.StatusRequestTimeout:
		return "the request came too slowly for the server or a gateway on the way: check the network and their time limits"
	case status == http.StatusNetworkAuthenticationRequired:
		return "the network's portal responds instead of the server: log in to the network with a browser first"
	case status >= 520 && status <= 530 && status != 529:
		return ofCloudflare(status)
	}
	return ""
}

// ofCloudflare explains a status that only Cloudflare sends.
func ofCloudflare(status int) string {
	why := map[int]string{
		521: "it refuses connections", 522: "connections time out", 523: "there is no route", 524: "it responds too late",
		525: "the TLS handshake fails", 526: "its certificate is not valid", 530: "its name has no address",
	}[status]
	if why == "" {
		why = "its response is not valid"
	}
	return "Cloudflare does not get through to the server behind it (" + why + "): let Cloudflare's addresses in there, or " +
		"set the DNS record of this host to \"DNS only\", which NTLM needs in any case"
}
