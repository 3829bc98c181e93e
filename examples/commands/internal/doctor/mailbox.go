package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/directory"
	"github.com/go-ews/exchange/imgroup"
)

const callTimeout = time.Minute

// client makes a single attempt.
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
	plain := d.login.Plain()
	if d.binds() { // calls that log in so use no HTTP/2
		plain.Protocols = new(http.Protocols)
		plain.Protocols.SetHTTP1(true)
		plain.ForceAttemptHTTP2 = false
	}
	return plain
}

// loggedIn is a transport with credentials.
func (d *doctor) loggedIn(binding auth.ChannelBinding) (http.RoundTripper, error) {
	if d.fake != nil {
		return d.fake, nil
	}
	return d.login.Transport(auth.Options{ChannelBinding: binding})
}

// mailbox makes the calls: as the account itself, and as the mailbox. They share their connections,
// as the calls of a program do.
func (d *doctor) mailbox(ctx context.Context, endpoint string) {
	session, err := d.loggedIn(auth.ChannelBindingAuto)
	if err != nil {
		d.fail("login", err.Error(), "")
		return
	}
	defer closeIdle(session)
	var info ews.ResponseInfo
	ctx = ews.WithResponseInfo(ctx, &info)
	list, own := d.read(ctx, endpoint, session, "")
	err = own
	name := cmp.Or(d.call.Mailbox, d.email)
	if answered(own) && (name != "" || d.keepsLogin()) || barred(own) && name != "" {
		list, err = d.read(ctx, endpoint, session, name)
	}
	if barred(own) && answered(err) {
		d.barredItself(own)
	} else {
		d.loginResult(own, d.bound(endpoint), func() error { return d.withoutBinding(ctx, endpoint) })
		if !answered(own) {
			return
		}
	}
	switch {
	case inBetween(err):
		text, _ := advised(err)
		d.fail("connections", text, sharedAdvice)
		return
	case name == "":
		d.skip("impersonation", "no --mailbox to impersonate")
	case !d.impersonation(name, err):
		d.version(info.ServerVersion)
		return
	}
	d.version(info.ServerVersion)
	d.list(ctx, endpoint, session, name, list, err)
}

func closeIdle(transport http.RoundTripper) {
	(&http.Client{Transport: transport}).CloseIdleConnections()
}

// barred reports whether EWS refuses the program or the account, which has logged in.
func barred(err error) bool {
	page, ok := errors.AsType[*ews.HTTPError](err)
	return ok && page.StatusCode == http.StatusForbidden
}

// barredItself reports an account that EWS refuses for its own mailbox, while it lets it into
// others: calls by impersonation pass the lists of allowed programs.
func (d *doctor) barredItself(err error) {
	d.warn("login", "as "+d.who()+"; refused for its own mailbox: "+err.Error(), "calls for other mailboxes pass; for its own, "+
		"see EwsApplicationAccessPolicy and EwsAllowList of Get-OrganizationConfig and Get-CASMailbox")
}

// read reads the list of the mailbox to impersonate, or of the account's own if that is "".
func (d *doctor) read(
	ctx context.Context, endpoint string, session http.RoundTripper, impersonate string,
) (*imgroup.ItemList, error) {
	client, err := d.client(endpoint, session, impersonate)
	if err != nil {
		return nil, err
	}
	return client.GetImItemList(ctx, imgroup.ListQuery{})
}

// answered reports whether Exchange itself responded, with any status.
func answered(err error) bool {
	var e *ews.Error
	return err == nil || errors.As(err, &e)
}

// impersonation describes a call as the mailbox, and reports whether it is permitted.
func (d *doctor) impersonation(name string, err error) bool {
	const check = "impersonation"
	if advice := impersonationAdvice(err); advice != "" {
		d.fail(check, err.Error(), advice)
		return false
	}
	d.ok(check, "of "+name)
	return true
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

// product returns the release of a build, with remarks about it.
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

// list describes the content of the list.
func (d *doctor) list(
	ctx context.Context, endpoint string, session http.RoundTripper, mailbox string, list *imgroup.ItemList, err error,
) {
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
		d.emptyList(ctx, endpoint, session, mailbox, text, list)
	default:
		d.ok(check, text)
	}
}

// emptyList says whether any client shows a list that holds nothing.
func (d *doctor) emptyList(
	ctx context.Context, endpoint string, session http.RoundTripper, mailbox, text string, list *imgroup.ItemList,
) {
	const check = "IM list"
	state := &directory.ListState{}
	client, err := d.client(endpoint, session, mailbox)
	if err == nil {
		state, err = directory.StateOf(ctx, client, list)
	}
	switch {
	case err != nil:
		d.warn(check, text+"; "+err.Error(), "it is unknown whether the list was ever used")
	case state.Use == directory.NeverUsed:
		d.warn(check, text+", never used", "no client that keeps its contacts in Exchange has signed in with this mailbox, so that "+
			"users may never see the list: check the policy for the Unified Contact Store (UcsAllowed)")
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
