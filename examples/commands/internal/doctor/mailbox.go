package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/directory"
	"github.com/go-ews/exchange/examples/commands/internal/connect"
	"github.com/go-ews/exchange/imgroup"
)

const callTimeout = time.Minute

// client is one that tries once and tells.
func (d *doctor) client(endpoint string, transport http.RoundTripper, impersonate string) (*ews.Client, error) {
	opts := d.options()
	opts.HTTPClient = &http.Client{Transport: transport, Timeout: callTimeout}
	opts.Retry.MaxAttempts = 1
	opts.Header.Impersonate = ews.Account{}
	if impersonate != "" {
		opts.Header.Impersonate = ews.PrimarySMTP(impersonate)
	}
	return ews.NewClient(endpoint, opts)
}

// anonymous is a transport without credentials.
func (d *doctor) anonymous() http.RoundTripper {
	if d.fake != nil {
		return d.fake
	}
	return d.login.Plain()
}

// loggedIn is a transport with credentials.
func (d *doctor) loggedIn(binding auth.ChannelBinding) (http.RoundTripper, error) {
	if d.fake != nil {
		return d.fake, nil
	}
	return d.login.Transport(auth.Options{ChannelBinding: binding})
}

// mailbox makes the calls: as the account itself, and as the mailbox.
func (d *doctor) mailbox(ctx context.Context, endpoint string) {
	var info ews.ResponseInfo
	own, err := d.read(ews.WithResponseInfo(ctx, &info), endpoint, auth.ChannelBindingAuto, "")
	passed := answered(err)
	bound := d.fake == nil && d.binds() && strings.HasPrefix(endpoint, "https:")
	d.loginResult(err, bound, func() error {
		_, err := d.read(ctx, endpoint, auth.ChannelBindingOff, "")
		return err
	})
	if !passed {
		return
	}
	name := d.call.Mailbox
	if name == "" {
		name = d.email
	}
	list := own
	if name != "" {
		list, err = d.read(ews.WithResponseInfo(ctx, &info), endpoint, auth.ChannelBindingAuto, name)
		if !d.impersonation(name, err) {
			d.version(info.ServerVersion)
			return
		}
	} else {
		d.skip("impersonation", "no --mailbox to impersonate")
	}
	d.version(info.ServerVersion)
	d.list(ctx, endpoint, name, list, err)
}

// binds reports whether logins are tied to the TLS connection.
func (d *doctor) binds() bool {
	bound := []string{connect.NTLM, connect.Kerberos, connect.Windows}
	return d.flags.ChannelBinding != "off" && slices.Contains(bound, d.flags.Auth)
}

// read reads the list of the mailbox to impersonate, or of the account's own if that is "".
func (d *doctor) read(
	ctx context.Context, endpoint string, binding auth.ChannelBinding, impersonate string,
) (*imgroup.ItemList, error) {
	client, err := d.impersonating(endpoint, binding, impersonate)
	if err != nil {
		return nil, err
	}
	defer client.CloseIdleConnections()
	return client.GetImItemList(ctx, imgroup.ListQuery{})
}

// impersonating returns a client that logs in and impersonates a mailbox, none if that is "".
func (d *doctor) impersonating(endpoint string, binding auth.ChannelBinding, mailbox string) (*ews.Client, error) {
	transport, err := d.loggedIn(binding)
	if err != nil {
		return nil, err
	}
	return d.client(endpoint, transport, mailbox)
}

// answered reports whether Exchange itself answered, with whatever.
func answered(err error) bool {
	var e *ews.Error
	return err == nil || errors.As(err, &e)
}

// refused reports whether the login was.
func refused(err error) bool {
	var login *auth.Error
	var page *ews.HTTPError
	return errors.As(err, &login) && login.StatusCode == http.StatusUnauthorized ||
		errors.As(err, &page) && page.StatusCode == http.StatusUnauthorized
}

// hinted reports whether the text of the error says what to check.
func hinted(err error) bool {
	login, ok := errors.AsType[*auth.Error](err)
	return ok && login.Hint != ""
}

// inBetween reports whether a load balancer or proxy broke the login.
func inBetween(err error) bool {
	login, ok := errors.AsType[*auth.Error](err)
	return ok && login.InBetween()
}

// loginResult tells about the login, which ended with err, and about Extended Protection if the login
// was bound to the TLS connection; only a second login, without that, can tell more.
func (d *doctor) loginResult(err error, bound bool, unbound func() error) {
	const check, protection = "login", "Extended Protection"
	switch {
	case answered(err):
		d.ok(check, "as "+d.who())
	case inBetween(err):
		d.fail(check, err.Error(), "user and password are not the cause; have the load balancer or proxy keep one connection "+
			"to the server for each connection of a client. Until then, if it shares its connections among clients "+
			"(nginx with keepalive, Apache mod_proxy, Varnish), --login-per-request")
		return
	case !refused(err):
		d.fail(check, err.Error(), "") // its text says what to check
		return
	case d.flags != nil && d.flags.Auth == connect.Bearer:
		d.fail(check, err.Error(), "the token is refused: check its scope and audience (--scope, for this server's URL), its end, "+
			"and the permission of the application (full_access_as_app)")
	case hinted(err):
		d.fail(check, err.Error(), "")
	default:
		d.fail(check, err.Error(), "check user and password; is the account locked, or may it not log in here?")
	}
	switch {
	case !bound && answered(err):
		d.skip(protection, "only a login by NTLM or Kerberos over https has to do with it")
	case answered(err):
		d.withoutBinding(protection, unbound())
	case bound && d.unbound:
		d.bites(protection, unbound())
	case bound:
		d.skip(protection, "cannot be told from a wrong password; if that is right, --unbound tells")
	}
}

// withoutBinding tells what came of a second login, after one with a channel binding was accepted.
func (d *doctor) withoutBinding(check string, err error) {
	switch {
	case refused(err):
		d.ok(check, "required: a login without channel binding is refused; this module sends one")
	case answered(err):
		d.ok(check, "not required: a login without channel binding is accepted too")
	default:
		d.warn(check, err.Error(), "it cannot be told whether it is required")
	}
}

// bites tells what came of a second login, after one with a channel binding was refused.
func (d *doctor) bites(check string, err error) {
	if answered(err) {
		d.fail(check, "the login works without channel binding only: TLS ends before Exchange, at another certificate",
			"put Exchange's certificate on the proxy or load balancer as well; until then "+
				"--channel-binding off")
		return
	}
	d.skip(check, "refused with and without channel binding: it is not the cause, unless it is required")
}

func (d *doctor) who() string {
	switch {
	case d.fake != nil:
		return "the in-process mailbox"
	case d.flags.Auth == connect.Kerberos && d.flags.User == "":
		return "the owner of the ticket"
	case d.flags.Auth == connect.Windows:
		return "the account that runs this command"
	case d.flags.Auth == connect.None:
		return "nobody: the server asks for no login"
	case d.flags.User == "":
		return "the owner of the token"
	}
	return d.flags.User
}

// impersonation tells about a call as the mailbox, and reports whether it is permitted.
func (d *doctor) impersonation(name string, err error) bool {
	const check = "impersonation"
	switch {
	case errors.Is(err, ews.ErrorImpersonateUserDenied), errors.Is(err, ews.ErrorImpersonationDenied):
		d.fail(check, err.Error(), "New-ManagementRoleAssignment -Role ApplicationImpersonation -User ACCOUNT; "+
			"it takes up to an hour to take effect")
	case errors.Is(err, ews.ErrorNonExistentMailbox), errors.Is(err, ews.ErrorNonPrimarySmtpAddress),
		errors.Is(err, ews.ErrorInvalidSmtpAddress):
		d.fail(check, err.Error(), "give the primary address of a mailbox (Get-Mailbox)")
	case answered(err):
		d.ok(check, "of "+name)
		return true
	default:
		d.fail(check, err.Error(), "the account itself can log in, so it has to do with the mailbox or its server")
	}
	return false
}

// version says what the build means.
func (d *doctor) version(v ews.ServerVersion) {
	const check = "version"
	name, advice := product(v)
	switch {
	case v == ews.ServerVersion{}:
		d.skip(check, "the response does not tell")
	case advice != "":
		d.warn(check, fmt.Sprintf("%s, %s", v, name), advice)
	default:
		d.ok(check, fmt.Sprintf("%s, %s", v, name))
	}
}

// product names the release that a build is of, and what is to be known about it.
func product(v ews.ServerVersion) (name, advice string) {
	const ended = "its support has ended: move to Subscription Edition"
	switch {
	case v.Major < 15:
		return "older than Exchange 2013", "it has no operations for the IM list"
	case v.Major > 15 || v.Minor > 2:
		return "Exchange Online", "EWS is being switched off there until April 2027; " +
			"an administrator must allow the application (EwsAllowedAppIDs)"
	case v.Minor == 0:
		return "Exchange 2013", ended
	case v.Minor == 1:
		return "Exchange 2016", ended
	case v.MajorBuild < 2562:
		return "Exchange 2019", ended
	}
	return "Subscription Edition", ""
}

// list says what is in the list that the calls are about.
func (d *doctor) list(ctx context.Context, endpoint, mailbox string, list *imgroup.ItemList, err error) {
	const check = "IM list"
	name := mailbox
	if name == "" {
		name = "the account's own mailbox"
	}
	if err != nil {
		d.fail(check, err.Error(), listAdvice(err))
		return
	}
	groups := 0
	for _, g := range list.Groups {
		if !g.GroupType.BuiltIn() {
			groups++
		}
	}
	text := fmt.Sprintf("of %s: %d groups, %d contacts", name, len(list.Groups), len(list.Personas))
	switch {
	case groups >= maxGroups:
		d.warn(check, text, fmt.Sprintf("the list has the %d groups that Exchange allows: remove some before others are added", maxGroups))
	case len(list.Personas) >= maxContacts:
		d.warn(check, text, fmt.Sprintf("Exchange allows %d contacts: remove some before others are added", maxContacts))
	case groups == 0 && len(list.Personas) == 0 && d.fake == nil:
		d.emptyList(ctx, endpoint, mailbox, text, list)
	default:
		d.ok(check, text)
	}
}

// emptyList says whether anybody sees a list that holds nothing.
func (d *doctor) emptyList(ctx context.Context, endpoint, mailbox, text string, list *imgroup.ItemList) {
	const check = "IM list"
	state := &directory.ListState{}
	client, err := d.impersonating(endpoint, auth.ChannelBindingAuto, mailbox)
	if err == nil {
		defer client.CloseIdleConnections()
		state, err = directory.StateOf(ctx, client, list)
	}
	switch {
	case err != nil:
		d.warn(check, text+"; "+err.Error(), "it cannot be told whether the list was ever used")
	case state.Use == directory.NeverUsed:
		d.warn(check, text+", never used", "no client that keeps its contacts in Exchange has signed in with this mailbox, so what is "+
			"put into the list may never be seen: check the policy for the Unified Contact Store (UcsAllowed)")
	case state.Use == directory.Unclear:
		d.warn(check, fmt.Sprintf("%s, though its folder holds %d", text, state.StoredContacts),
			"the mailbox may have been taken back from the Unified Contact Store: check the policy (UcsAllowed)")
	default:
		d.ok(check, text+", "+string(state.Use))
	}
}

// Exchange's defaults.
const (
	maxGroups   = 64
	maxContacts = 1000
)

// listAdvice says what to do about a list that cannot be read.
func listAdvice(err error) string {
	code, _ := errors.AsType[ews.ResponseCode](err)
	switch code {
	case ews.ErrorInvalidServerVersion, ews.ErrorIncorrectSchemaVersion, ews.ErrorInvalidRequest,
		ews.ErrorInvalidSchemaVersionForMailboxVersion:
		return "the server does not know the schema version: leave --server-version out, or name an older one; " +
			"before Exchange 2013 there are no operations for the list"
	case ews.ErrorServerBusy, ews.ErrorExceededConnectionCount:
		return "the server throttles this account: fewer --max-conns, other programs with the same account, " +
			"Get-ThrottlingPolicyAssociation; it works again after the time that it names"
	case ews.ErrorMailboxMoveInProgress:
		return "the mailbox is being moved (Get-MoveRequest): wait until that has ended"
	case ews.ErrorMailboxStoreUnavailable, ews.ErrorMailboxFailover:
		return "the mailbox database is not mounted or fails over: Get-MailboxDatabaseCopyStatus"
	case ews.ErrorNonExistentMailbox, errorMissingEmailAddress:
		return "the account has no mailbox, which is well for a service account: name the mailbox by --mailbox"
	case ews.ErrorAccessDenied:
		return "EWS is switched off for the mailbox or for this program: Get-CASMailbox and Get-OrganizationConfig, " +
			"EwsEnabled, EwsApplicationAccessPolicy, EwsAllowList, EwsBlockList"
	}
	return "without a Unified Contact Store (Lync, Skype for Business) there is no list; " +
		"check the mailbox, and what is said above"
}

const errorMissingEmailAddress ews.ResponseCode = "ErrorMissingEmailAddress"
