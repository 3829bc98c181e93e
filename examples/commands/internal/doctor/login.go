package doctor

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/examples/commands/internal/connect"
)

// Remedies for load balancers and accounts.
const (
	splitAdvice = "user and password are not the cause; have the load balancer or proxy keep one connection " +
		"to the server for each connection of a client. Until then, if it shares its connections among clients " +
		"(nginx with keepalive, Apache mod_proxy, Varnish), --login-per-request"
	sharedAdvice = "have the load balancer or proxy keep one connection to the server for each connection of a client " +
		"(nginx: the directive ntlm; HAProxy: http-reuse never); until then --login-per-request"
	accountAdvice = "; the server does not tell a wrong password from an account that is locked, disabled, expired or must " +
		"change its password: Get-ADUser NAME -Properties LockedOut,Enabled,PasswordExpired,AccountExpirationDate does, " +
		"and so do the events 4625 and 4776 of Exchange and the domain controllers"
	protectionSetting = "Get-WebServicesVirtualDirectory | fl ExtendedProtectionTokenChecking shows the setting"
)

// binds reports whether logins of the scheme are tied to the TLS connection, if that is not off.
func (d *doctor) binds() bool {
	return slices.Contains([]string{connect.NTLM, connect.Kerberos, connect.Windows}, d.flags.Auth)
}

// bound reports whether a login at the endpoint is tied to the TLS connection.
func (d *doctor) bound(endpoint string) bool {
	return d.fake == nil && d.binds() && d.flags.ChannelBinding != "off" && strings.HasPrefix(endpoint, "https:")
}

// keepsLogin reports whether a login may serve several requests of a connection, so that the second
// request shows whether something in between shares connections.
func (d *doctor) keepsLogin() bool {
	return d.fake == nil && !d.flags.LoginPerRequest && (d.flags.Auth == connect.NTLM || d.flags.Auth == connect.Windows)
}

// refused reports whether the server refused the login.
func refused(err error) bool {
	var login *auth.Error
	var page *ews.HTTPError
	return errors.As(err, &login) && login.StatusCode == http.StatusUnauthorized ||
		errors.As(err, &page) && page.StatusCode == http.StatusUnauthorized
}

// permanent reports whether the same login would fail again.
func permanent(err error) bool {
	login, ok := errors.AsType[*auth.Error](err)
	return ok && login.Permanent()
}

// inBetween reports whether a load balancer or proxy broke the login.
func inBetween(err error) bool {
	login, ok := errors.AsType[*auth.Error](err)
	return ok && login.InBetween()
}

// advised parts the text of an error into what happened and what the library says to do.
func advised(err error) (text, remedy string) {
	text = err.Error()
	var hint, before string
	if login, ok := errors.AsType[*auth.Error](err); ok && login.Hint != "" {
		hint, before, remedy = login.Hint, "; check ", "check "+login.Hint
	} else if known, ok := errors.AsType[interface {
		error
		Hint() string
	}](err); ok && known.Hint() != "" {
		hint, remedy = known.Hint(), known.Hint()
	} else {
		return text, ""
	}
	head, tail, _ := strings.Cut(text, before+hint)
	return strings.TrimRight(head, ":; ") + tail, remedy
}

// loginResult reports the login, which ended with err, and Extended Protection if the login was bound
// to the TLS connection. Only another login, by unbound, shows more about that.
func (d *doctor) loginResult(err error, bound bool, unbound func() error) {
	const protection = "Extended Protection"
	switch {
	case answered(err) && bound:
		d.ok("login", "as "+d.who())
		d.protection(protection, unbound())
	case answered(err):
		d.ok("login", "as "+d.who())
		d.skip(protection, "only a login by NTLM or Kerberos over https is tied to the connection")
	case !refused(err) || inBetween(err):
		d.loginFailed(err)
	case bound && d.unbound:
		d.bites(protection, err, unbound())
	case bound && d.front != "":
		d.loginFailed(err)
		d.warn(protection, "cannot be told from a wrong password; "+d.front+" stands before Exchange, perhaps with another certificate",
			"if the password is right, --unbound distinguishes them: it logs in once more")
	case bound:
		d.loginFailed(err)
		d.skip(protection, "cannot be told from a wrong password; if that is right, --unbound distinguishes them")
	case d.flags.ChannelBinding == "off" && d.binds():
		d.loginFailed(err)
		d.warn(protection, "a server that requires it refuses every login with --channel-binding off",
			"leave --channel-binding out; "+protectionSetting)
	default:
		d.loginFailed(err)
	}
}

// loginFailed reports a login that did not come about.
func (d *doctor) loginFailed(err error) {
	text, remedy := advised(err)
	password := d.flags.Auth == connect.NTLM || d.flags.Auth == connect.Basic
	switch {
	case inBetween(err):
		remedy = splitAdvice
	case !refused(err) && remedy == "" && d.flags.TokenURL != "" && permanent(err):
		remedy = "the token endpoint refused the application, in the words above: check --client-id, its secret or certificate, " +
			"which end (App registrations, Certificates & secrets), the tenant in --token-url, --scope, and the administrator's consent"
	case !refused(err): // the library knows more
	case d.flags.Auth == connect.Bearer:
		remedy = "the token is refused: check its scope and audience (--scope, for this server's URL), its end, " +
			"and the permission of the application (full_access_as_app)"
	case remedy == "":
		remedy = "check user and password" + accountAdvice
	case password:
		remedy += accountAdvice
	}
	d.fail("login", text, remedy)
}

// withoutBinding logs in once more, without channel binding.
func (d *doctor) withoutBinding(ctx context.Context, endpoint string) error {
	session, err := d.loggedIn(auth.ChannelBindingOff)
	if err != nil {
		return err
	}
	defer closeIdle(session)
	_, err = d.read(ctx, endpoint, session, "")
	return err
}

// protection reports how a login without channel binding ended, after one with it was accepted.
func (d *doctor) protection(check string, err error) {
	switch {
	case refused(err):
		d.ok(check, "required: a login without channel binding is refused; this program sends one")
	case answered(err):
		d.ok(check, "not required: a login without channel binding is accepted too")
	default:
		d.warn(check, err.Error(), "it is unknown whether it is required")
	}
}

// bites reports how a login without channel binding ended, after one with it was refused with an error.
func (d *doctor) bites(check string, withBinding, without error) {
	if answered(without) {
		d.ok("login", "as "+d.who()+", without channel binding")
		d.fail(check, "the login works without channel binding only: TLS ends before Exchange, at another certificate",
			"put Exchange's certificate on the proxy or load balancer as well (with its key), or let that pass TLS through; "+
				"until then --channel-binding off; "+protectionSetting)
		return
	}
	d.loginFailed(withBinding)
	d.add(skipped, check, "refused with and without channel binding: it is not the cause, unless it is required",
		protectionSetting)
}

// who names the account that logs in.
func (d *doctor) who() string {
	switch {
	case d.fake != nil:
		return "the in-process mailbox"
	case d.flags.Auth == connect.Kerberos && d.flags.User == "":
		return "the owner of the ticket"
	case d.flags.Auth == connect.Windows:
		return "the account that runs this command"
	case d.flags.Auth == connect.None:
		return "no account: the server asks for no login"
	case d.flags.User == "":
		return "the owner of the token"
	}
	return d.flags.User
}
