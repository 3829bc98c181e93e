package autodiscover

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-ews/exchange/internal/loginform"
	"github.com/go-ews/exchange/internal/netfault"
	"github.com/go-ews/exchange/internal/oneline"
	"github.com/go-ews/exchange/internal/origin"
)

// maxRedirects bounds the redirects of all kinds on the way to a response.
const maxRedirects = 10

// maxOutcome bounds the text of a step; errors of a caller's transport may be long.
const maxOutcome = 500

// trail is one way to a response: a URL to ask, and where that leads.
type trail struct {
	as        *form
	next      *url.URL // nil: the end
	from      string   // the source of next
	hops      int      // redirects so far
	challenge bool     // next asked for credentials

	steps   []Step
	found   *Result
	address string // the address to begin again with; "" for none
}

// walk follows a trail to its end. Without login it stops where a server asks for credentials, and
// a second walk continues from there. Each URL is requested without credentials first, also after a
// redirect: a web site without Autodiscover says so without having seen a password.
func (f *finder) walk(ctx context.Context, t *trail, login bool) {
	for t.next != nil && ctx.Err() == nil && (login || !t.challenge) {
		if t.challenge {
			f.logIn(ctx, t)
		} else {
			f.askFirst(ctx, t)
		}
	}
}

// askFirst requests the next URL without credentials, if it may be requested.
func (f *finder) askFirst(ctx context.Context, t *trail) {
	u, s := t.next, Step{Action: t.as.method, Target: origin.Page(t.next)}
	if s.Err = f.claim(ctx, t, u); s.Err != nil {
		t.add(s)
		return
	}
	f.ask(ctx, t, s, u, f.anonymous)
}

// logIn requests with credentials the URL that asked for them.
func (f *finder) logIn(ctx context.Context, t *trail) {
	u, s := t.next, Step{Action: t.as.method + " with credentials", Target: origin.Page(t.next)}
	t.challenge = false
	c, err := f.client(u)
	if s.Err = err; err != nil {
		t.add(s)
		return
	}
	f.ask(ctx, t, s, u, c)
}

// add adds a step, the last one if it failed.
func (t *trail) add(s Step) {
	if s.Err != nil {
		t.next = nil
	}
	if s.Outcome == "" && s.Err != nil {
		s.Outcome = oneline.Clip(s.Err.Error(), maxOutcome) + advice(s.Err, s.Target)
	}
	t.steps = append(t.steps, s)
}

// advice says what to check after a failure of TLS or of a proxy. A name without an address needs
// no advice: most domains lack one of the hosts.
func advice(err error, target string) string {
	u, parseErr := url.Parse(target)
	kind := netfault.Kind(err)
	if parseErr != nil || kind != netfault.TLS && kind != netfault.Proxy {
		return ""
	}
	text := netfault.Advice(err, u.Host)
	if text == "" || strings.Contains(err.Error(), text) {
		return ""
	}
	return "; " + text
}

// claim takes a URL for the trail if it may be requested: at a trusted host, for the first time,
// and not if its host was unreachable a moment ago.
func (f *finder) claim(ctx context.Context, t *trail, u *url.URL) error {
	if t.hops > maxRedirects {
		return fmt.Errorf("not asked: it is the end of more than %d redirects", maxRedirects)
	}
	if !f.trust.admits(ctx, hostOf(u), t.from) {
		return &UntrustedError{Host: hostOf(u), From: t.from}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	// The address is part of it: a service is asked again after a redirect to another address.
	key := t.as.name + " " + t.as.of.text + " " + identity(u)
	if f.asked[key] {
		return errors.New("not asked again: two ways lead here, or redirects go round in a circle")
	}
	f.asked[key] = true
	if f.unreachable[originOf(u)] {
		return errors.New("not asked: there was no connection to this host before")
	}
	return nil
}

// ask sends the request, a second time after 403, which front ends return now and then, and follows
// the response.
func (f *finder) ask(ctx context.Context, t *trail, s Step, u *url.URL, c *http.Client) {
	t.next = nil
	began := time.Now()
	got, err := f.send(ctx, c, u, t.as)
	if err == nil && got.status == http.StatusForbidden {
		got, err = f.send(ctx, c, u, t.as)
	}
	if err != nil {
		s.Status, s.Err = f.failed(u, err), err
	} else {
		s.Status = got.status
		s.Outcome, s.Err = f.follow(ctx, t, u, got)
	}
	// Microsoft about the URLs that are tried: "You shouldn't consider a single 401 error to
	// indicate that the credentials are invalid". The search goes on, but not for long.
	if s.Status == http.StatusUnauthorized && c != f.anonymous {
		f.refusals++
		s.Outcome, s.Err = "", refused(s.Err)
	}
	s.Elapsed = time.Since(began)
	t.add(s)
}

// follow acts on a response: it sets the trail's next URL, its result or its address, and returns
// the text for the step.
func (f *finder) follow(ctx context.Context, t *trail, u *url.URL, got *httpResponse) (outcome string, err error) {
	switch {
	case isRedirect(got.status):
		return f.redirect(t, u, got.location)
	case got.status == http.StatusUnauthorized && t.as.login:
		t.next, t.challenge = u, true
		return "asks for credentials", nil
	case got.status == http.StatusUnauthorized:
		return "", errors.New("asks for credentials, which this form never needs; " +
			"Exchange before 2016 does not have it")
	case got.bodyErr != nil && got.status != http.StatusOK:
		return "", statusError(got)
	case got.bodyErr != nil:
		return "", got.bodyErr
	}
	a, err := t.as.read(got)
	switch {
	case err != nil:
		return "", err
	case a.url != "":
		return f.redirect(t, u, a.url)
	case a.address != "":
		t.address = a.address
		return "redirects to another address", nil
	}
	return f.choose(ctx, t, u, a)
}

// read parses a response. POX refuses with 200; version 2 may do so with any status.
func (as *form) read(got *httpResponse) (*response, error) {
	a, err := as.parse(got.body)
	if _, refused := errors.AsType[*ServerError](err); got.status != http.StatusOK && !refused {
		return nil, statusError(got)
	}
	if product, ok := loginform.In(got.body); ok && errors.Is(err, errHTML) {
		err = loginFormError(product, "")
	}
	return a, err
}

// redirect leads the trail on. Whether the host is trusted is checked when it is its turn.
func (f *finder) redirect(t *trail, from *url.URL, to string) (outcome string, err error) {
	next, bad := parseTarget(from, to)
	if bad != "" {
		return "", errors.New("redirects to " + bad)
	}
	product, form := loginform.At(next.String())
	if form && !strings.Contains(strings.ToLower(next.Path), "autodiscover.") {
		return "", loginFormError(product, " at "+origin.Page(next))
	}
	t.next, t.from = next, origin.Page(from)
	t.hops++
	return "redirects to " + originOf(next), nil
}

// choose takes the first endpoint at a trusted host.
func (f *finder) choose(ctx context.Context, t *trail, source *url.URL, a *response) (outcome string, err error) {
	var why error
	for i, e := range a.endpoints {
		u, bad := e.usable()
		if bad == "" && f.trust.admits(ctx, hostOf(u), origin.Page(source)) {
			t.found = newResult(u, e, a)
			t.found.Alternatives = f.trust.alternatives(u, a.endpoints[i+1:])
			t.found.Address, t.found.Source = t.as.of.text, origin.Page(source)
			return "names " + t.found.URL, nil
		}
		switch {
		case why != nil: // the best endpoint's reason is the one to report
		case bad != "":
			why = errors.New("names as endpoint " + bad)
		default:
			why = &UntrustedError{Host: hostOf(u), From: origin.Page(source)}
		}
	}
	return "", why
}

// alternatives returns the usable ones of the other endpoints. The caller is not asked about their
// hosts.
func (t *trust) alternatives(chosen *url.URL, others []endpoint) (urls []string) {
	seen := map[string]bool{identity(chosen): true}
	for _, e := range others {
		u, bad := e.usable()
		if bad != "" || seen[identity(u)] || !t.admitted(hostOf(u)) {
			continue
		}
		seen[identity(u)] = true
		urls = append(urls, u.String())
	}
	return urls
}
