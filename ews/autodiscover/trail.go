package autodiscover

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// maxRedirects bounds the redirects on the way to an answer, of whatever kind.
const maxRedirects = 10

// maxOutcome bounds the text of a step; errors of a caller's transport may be long.
const maxOutcome = 500

// trail is one way to an answer: a URL to ask, and where that leads to.
type trail struct {
	as   *form
	next *url.URL // nil: the end
	from string   // what named next
	hops int      // redirects so far
	must bool     // next asked for credentials

	steps   []Step
	found   *Result
	address string // the address to begin again with, "" for none
}

// walk asks until there is an answer. Without login it stops where credentials are asked for; a
// second walk goes on from there. Each URL is asked without credentials first, also behind a redirect:
// a web site that knows nothing of Autodiscover says so without having seen a password.
func (f *finder) walk(ctx context.Context, t *trail, login bool) {
	for t.next != nil && ctx.Err() == nil {
		u := t.next
		if !t.must {
			if err := f.claim(ctx, t, u); err != nil {
				t.end(Step{Action: t.as.method, Target: shown(u), Err: err})
				return
			}
			f.ask(ctx, t, u, f.anonymous)
			continue
		}
		if !login {
			return
		}
		t.must = false
		c, err := f.client(u)
		if err != nil {
			t.end(Step{Action: withCredentials(t.as), Target: shown(u), Err: err})
			return
		}
		f.ask(ctx, t, u, c)
	}
}

func withCredentials(as *form) string { return as.method + " with credentials" }

// end adds the last step of a trail that leads nowhere.
func (t *trail) end(s Step) {
	if s.Outcome == "" && s.Err != nil {
		s.Outcome = clip(s.Err.Error(), maxOutcome)
	}
	t.steps = append(t.steps, s)
	t.next = nil
}

// claim takes a URL for the trail if it may be asked: at a host that passes, for the first time, and
// not one that no connection could be had to a moment ago.
func (f *finder) claim(ctx context.Context, t *trail, u *url.URL) error {
	if t.hops > maxRedirects {
		return fmt.Errorf("not asked: it is the end of more than %d redirects", maxRedirects)
	}
	if !f.gate.admits(ctx, hostOf(u), t.from) {
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
	if err := f.dead[originOf(u)]; err != nil {
		return errors.New("not asked: there was no connection to this host before")
	}
	return nil
}

// ask sends the request, a second time after 403, which front ends answer now and then, and takes
// what comes back.
func (f *finder) ask(ctx context.Context, t *trail, u *url.URL, c *http.Client) {
	t.next = nil
	s := Step{Action: t.as.method, Target: shown(u)}
	if c != f.anonymous {
		s.Action = withCredentials(t.as)
	}
	began := time.Now()
	got, err := f.send(ctx, c, u, t.as)
	if err == nil && got.status == http.StatusForbidden {
		got, err = f.send(ctx, c, u, t.as)
	}
	if err != nil {
		s.Status = f.failed(u, err)
		s.Err = err
	} else {
		s.Status = got.status
		s.Outcome, s.Err = f.follow(ctx, t, u, got)
	}
	// "You shouldn't consider a single 401 error to indicate that the credentials are invalid", says
	// Microsoft of the URLs that are tried: the search goes on, but not for long.
	if s.Status == http.StatusUnauthorized && c != f.anonymous {
		f.refusals++
		s.Outcome, s.Err = "", f.refused(s.Err)
	}
	s.Elapsed = time.Since(began)
	if s.Err != nil {
		t.end(s)
		return
	}
	t.steps = append(t.steps, s)
}

// follow does what an answer says: it sets the trail's next URL, its result or its address, and
// returns the outcome of the step.
func (f *finder) follow(ctx context.Context, t *trail, u *url.URL, got *reply) (outcome string, err error) {
	switch {
	case isRedirect(got.status):
		return f.redirect(t, u, got.location)
	case got.status == http.StatusUnauthorized && t.as.login:
		t.next, t.must = u, true
		return "asks for credentials", nil
	case got.status == http.StatusUnauthorized:
		return "", errors.New("asks for credentials, which this form never needs; " +
			"Exchange before 2016 does not have it")
	}
	// POX refuses with 200; version 2 may do so with any status.
	a, err := t.as.read(got.body)
	if _, refused := errors.AsType[*ServerError](err); got.status != http.StatusOK && !refused {
		return "", statusError(got.status)
	}
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

// redirect leads the trail on. Whether the place may be asked is seen when it is.
func (f *finder) redirect(t *trail, from *url.URL, to string) (outcome string, err error) {
	next, bad := parseTarget(from, to)
	if bad != "" {
		return "", errors.New("redirects to " + bad)
	}
	t.next, t.from = next, shown(from)
	t.hops++
	return "redirects to " + originOf(next), nil
}

// choose takes the first endpoint at a host that may be spoken to.
func (f *finder) choose(ctx context.Context, t *trail, source *url.URL, a *answer) (outcome string, err error) {
	var why error
	for _, e := range a.endpoints {
		u, bad := e.usable()
		if bad == "" && f.gate.admits(ctx, hostOf(u), shown(source)) {
			t.found = &Result{
				URL: u.String(), Address: t.as.of.text, Source: shown(source), ServerVersion: a.version,
				AuthPackage: e.authPackage, TTL: e.ttl, Found: time.Now(),
			}
			return "names " + t.found.URL, nil
		}
		switch {
		case why != nil: // the best endpoint's reason is the one to tell
		case bad != "":
			why = errors.New("names as endpoint " + bad)
		default:
			why = &UntrustedError{Host: hostOf(u), From: shown(source)}
		}
	}
	return "", why
}
