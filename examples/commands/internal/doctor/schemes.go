package doctor

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/examples/commands/internal/connect"
	"github.com/go-ews/exchange/imgroup"
)

// schemes asks the endpoint without credentials how to log in.
func (d *doctor) schemes(ctx context.Context, endpoint string) bool {
	const check = "schemes"
	client, err := d.client(endpoint, d.anonymous(), "")
	if err != nil {
		d.fail(check, err.Error(), "check --endpoint")
		return false
	}
	_, err = client.GetImItemList(ctx, imgroup.ListQuery{})
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
	default:
		d.fail(check, err.Error(), "")
	}
	return false
}

// offered compares what the server offers with --auth.
func (d *doctor) offered(check string, header http.Header) bool {
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
	if slices.ContainsFunc(schemes, func(s string) bool { return strings.EqualFold(s, wanted) }) {
		d.ok(check, text)
		return true
	}
	advice := "choose another --auth"
	switch d.flags.Auth {
	case connect.Kerberos, connect.Windows:
		advice = "the authentication providers of the EWS directory in IIS must have Negotiate, or choose another --auth"
	case connect.NTLM:
		advice = "Set-WebServicesVirtualDirectory -WindowsAuthentication $true, or choose another --auth"
	case connect.Basic:
		advice = "Set-WebServicesVirtualDirectory -BasicAuthentication $true, or --auth ntlm"
	case connect.Bearer:
		advice = "OAuth on-premises needs Hybrid Modern Authentication and Set-WebServicesVirtualDirectory " +
			"-OAuthAuthentication $true; or choose another --auth"
	}
	d.fail(check, text+"; not "+wanted, advice)
	return false
}
