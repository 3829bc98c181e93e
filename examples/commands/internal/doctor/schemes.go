package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/examples/commands/internal/connect"
	"github.com/go-ews/exchange/imgroup"
)

// ask calls the endpoint without credentials.
func (d *doctor) ask(ctx context.Context, endpoint string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, responseTimeout, errNoResponse)
	defer cancel()
	transport := d.anonymous()
	defer closeIdle(transport)
	client, err := d.client(endpoint, transport, "")
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	_, err = client.GetImItemList(ctx, imgroup.ListQuery{})
	return err
}

// schemes says how to log in, by the response to a call without credentials.
func (d *doctor) schemes(err error) bool {
	const check = "schemes"
	var page *ews.HTTPError
	var answered *ews.Error
	switch {
	case errors.As(err, &page) && page.StatusCode == http.StatusUnauthorized:
		return d.offered(check, page.Header)
	case errors.As(err, &page):
		d.fail(check, err.Error(), "") // its text says what to check
	case err == nil || errors.As(err, &answered):
		if d.fake != nil {
			d.ok(check, "in process, nobody has to log in")
			return true
		}
		d.warn(check, "the endpoint answers without a login",
			"switch anonymous access off for the EWS virtual directory")
		return true
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		d.fail(check, err.Error(), "the connection was closed without a response: by TLS inspection or a load balancer in between, "+
			"or because the server restarts")
	case errors.Is(err, context.DeadlineExceeded):
		d.fail(check, err.Error(), silentAdvice)
	case wantsClientCertificate(err):
		d.fail(check, err.Error(), clientCertificateAdvice)
	default:
		d.fail(check, err.Error(), "")
	}
	return false
}

// offered compares what the server offers with --auth.
func (d *doctor) offered(check string, header http.Header) bool {
	d.front = frontIn(header)
	defer d.clock(header)
	var schemes []string
	for _, challenge := range header.Values("WWW-Authenticate") {
		name, _, _ := strings.Cut(strings.TrimSpace(challenge), " ")
		if name != "" && !slices.Contains(schemes, name) {
			schemes = append(schemes, name)
		}
	}
	text := "offered: " + strings.Join(schemes, ", ")
	if len(schemes) == 0 {
		text = "the server asks for a login but offers no scheme"
	}
	wanted := d.flags.Auth
	if wanted == connect.Kerberos || wanted == connect.Windows {
		wanted = "Negotiate"
	}
	has := func(scheme string) bool {
		return slices.ContainsFunc(schemes, func(s string) bool { return strings.EqualFold(s, scheme) })
	}
	switch {
	case has(wanted):
		d.ok(check, text)
		return true
	case wanted == connect.NTLM && has("Negotiate"):
		d.ok(check, text+"; NTLM travels inside Negotiate")
		return true
	}
	advice := "choose another --auth" + choices(has)
	switch d.flags.Auth {
	case connect.Kerberos, connect.Windows:
		advice = "the authentication providers of the EWS directory in IIS must have Negotiate, or " + advice
	case connect.NTLM:
		advice = "Set-WebServicesVirtualDirectory -WindowsAuthentication $true, or " + advice
	case connect.Basic:
		advice = "Set-WebServicesVirtualDirectory -BasicAuthentication $true, or " + advice
	case connect.Bearer:
		advice = "OAuth on-premises needs Hybrid Modern Authentication and Set-WebServicesVirtualDirectory " +
			"-OAuthAuthentication $true; or " + advice
	}
	d.fail(check, text+"; not "+wanted, advice)
	return false
}

// choices names the values of --auth that the server takes.
func choices(has func(scheme string) bool) string {
	var values []string
	for _, of := range [...]struct{ scheme, auth string }{
		{"NTLM", connect.NTLM}, {"Negotiate", connect.Kerberos}, {"Basic", connect.Basic}, {"Bearer", connect.Bearer},
	} {
		if has(of.scheme) {
			values = append(values, of.auth)
		}
	}
	if len(values) == 0 {
		return ""
	}
	return ": " + strings.Join(values, " or ")
}

// frontIn names the software that stands before IIS, by the header of a response; "" if none shows.
func frontIn(h http.Header) string {
	if via := h.Get("Via"); via != "" {
		return "Via: " + via
	}
	for _, cookie := range h.Values("Set-Cookie") {
		switch name, _, _ := strings.Cut(cookie, "="); {
		case strings.HasPrefix(name, "BIGipServer"):
			return "F5 BIG-IP"
		case strings.HasPrefix(name, "NSC_"), name == "citrix_ns_id":
			return "NetScaler"
		case strings.HasPrefix(name, "ApplicationGatewayAffinity"):
			return "Azure Application Gateway"
		}
	}
	if server := h.Get("Server"); server != "" && !strings.HasPrefix(strings.ToLower(server), "microsoft-") {
		return "Server: " + server
	}
	return ""
}

// maxSkew is how far clocks may differ, for Kerberos by default and for most tokens.
const maxSkew = 5 * time.Minute

// clock compares the server's clock with this machine's.
func (d *doctor) clock(h http.Header) {
	now := time.Now()
	theirs, err := http.ParseTime(h.Get("Date"))
	if err != nil || theirs.Sub(now).Abs() <= maxSkew {
		return
	}
	d.warn("clock", fmt.Sprintf("the server's shows %s UTC, this machine's %s UTC", theirs.UTC().Format(time.DateTime),
		now.UTC().Format(time.DateTime)), "set the wrong one (w32tm /query /status, w32tm /resync; chronyc tracking): "+
		"Kerberos allows a difference of 5 minutes, and tokens hardly more")
}
