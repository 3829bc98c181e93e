package autodiscover

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-ews/exchange/internal/origin"
)

// maxRecords bounds the service records that are used.
const maxRecords = 5

// plainRedirect asks over http, without credentials, for a redirect to https. Nothing else of the
// response counts: an attacker on the way could have written it. The same holds for the redirect,
// so the host that it names must be trusted as any other.
func (f *finder) plainRedirect(ctx context.Context, a address, host string, hops int) []*trail {
	u := &url.URL{Scheme: "http", Host: host, Path: "/autodiscover/autodiscover.xml"}
	s := Step{Action: http.MethodGet, Target: origin.Page(u)}
	t := &trail{as: pox(a), hops: hops}
	began := time.Now()
	got, err := f.askPlain(ctx, u)
	if err == nil {
		s.Status = got.status
		if isRedirect(got.status) {
			s.Outcome, err = f.redirect(t, u, got.location)
		} else {
			err = errors.New("HTTP " + strconv.Itoa(got.status) + ", no redirect")
		}
	}
	s.Elapsed, s.Err = time.Since(began), err
	t.add(s)
	return []*trail{t}
}

// askPlain sends the only request that goes over http. Its host must be trusted as any other.
func (f *finder) askPlain(ctx context.Context, u *url.URL) (*httpResponse, error) {
	if !f.trust.admits(ctx, hostOf(u), "the address") {
		return nil, &UntrustedError{Host: hostOf(u), From: "the address"}
	}
	return f.send(ctx, f.anonymous, u, &form{method: http.MethodGet, accept: "*/*"})
}

// serviceRecords looks for hosts in DNS, which an attacker could have written too.
func (f *finder) serviceRecords(ctx context.Context, a address, hops int) []*trail {
	name := "_autodiscover._tcp." + a.domain
	s := Step{Action: "SRV", Target: name}
	began := time.Now()
	records, err := f.lookup(ctx, a.domain)
	s.Elapsed, s.Err = time.Since(began), err
	trails := recordTrails(records, a, "SRV "+name, hops)
	switch {
	case len(trails) > 0:
		s.Outcome = "names " + originOf(trails[0].next)
	case err == nil:
		s.Err = errors.New("no usable record")
	}
	if s.Err != nil {
		trails = []*trail{{as: pox(a)}}
	}
	trails[0].add(s)
	return trails
}

// recordTrails returns the trails that begin at the hosts of service records.
func recordTrails(records []*net.SRV, a address, from string, hops int) (trails []*trail) {
	for _, r := range records {
		host := strings.ToLower(strings.TrimSuffix(r.Target, "."))
		if r.Port == 0 || checkDomain(host) != "" || len(trails) == maxRecords {
			continue // "." stands for: no such service
		}
		u := poxURL(host)
		if r.Port != 443 {
			u.Host = net.JoinHostPort(host, strconv.Itoa(int(r.Port)))
		}
		trails = append(trails, &trail{as: pox(a), next: u, from: from, hops: hops})
	}
	return trails
}

// lookup asks the resolver within the time of a step. The records come in the order of their
// priority.
func (f *finder) lookup(ctx context.Context, domain string) ([]*net.SRV, error) {
	step, cancel := f.stepContext(ctx)
	defer cancel()
	_, records, err := f.opts.Resolver.LookupSRV(step, "autodiscover", "tcp", domain)
	switch {
	case len(records) > 0: // an error with records reports those that Go left out
		return records, nil
	case err == nil:
		return nil, nil
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return nil, errors.New("no such record")
	}
	return nil, stepError(ctx, step, err)
}
