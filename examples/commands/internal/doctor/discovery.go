package doctor

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"slices"
	"strings"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/autodiscover"
	"github.com/go-ews/exchange/examples/commands/internal/cli"
)

// autodiscover finds the endpoint by --email, with a line for each step, and returns the one to
// examine; "" if there is none. An error is one of usage.
func (d *doctor) autodiscover(ctx context.Context) (endpoint string, err error) {
	const check = "Autodiscover"
	if d.email == "" {
		d.skip(check, "the endpoint was given; --email shows how clients find it")
		return d.flags.Endpoint, nil
	}
	opts := d.flags.Discovery(d.login)
	if d.fake != nil {
		opts.Transport, opts.Resolver = d.fake, noRecords{}
	}
	found, err := autodiscover.Find(ctx, d.email, opts)
	var none *autodiscover.Error
	var bad *ews.InputError
	switch {
	case errors.As(err, &bad):
		return "", &cli.UsageError{Err: err}
	case errors.As(err, &none):
		d.fail(check, "no endpoint found for "+d.email, adviceFor(none))
		d.steps(none.Steps)
	case err != nil:
		d.fail(check, err.Error(), "check --email and --trust")
	default:
		d.found(check, found)
		d.steps(found.Steps)
		if d.flags.Endpoint == "" {
			return found.URL, nil
		}
	}
	return d.flags.Endpoint, nil
}

func (d *doctor) found(check string, found *autodiscover.Result) {
	text := "found " + found.URL
	if !strings.EqualFold(found.Address, d.email) {
		text += " for " + found.Address
	}
	if len(found.Alternatives) > 0 {
		text += ", and " + strings.Join(found.Alternatives, ", ")
	}
	if d.flags.Endpoint != "" && !strings.EqualFold(found.URL, d.flags.Endpoint) {
		d.warn(check, text, "that is not what --endpoint says, which is examined below; "+
			"Get-WebServicesVirtualDirectory shows what the server hands out")
		return
	}
	d.alternatives = found.Alternatives
	d.ok(check, text)
}

// suggest adds other endpoints to the remedy of what failed first.
func (d *doctor) suggest(endpoints []string) {
	if f := d.first(failed); f != nil && len(endpoints) > 0 {
		other := "Autodiscover also names " + endpoints[0] + ", which may be the one for this network: give it by --endpoint"
		f.Remedy = strings.TrimSuffix(other+"; "+f.Remedy, "; ")
	}
}

// steps adds the steps of Autodiscover to its finding. They are neither well nor wrong by
// themselves: of many ways one has to work.
func (d *doctor) steps(steps []autodiscover.Step) {
	f := &d.findings[len(d.findings)-1]
	for _, s := range steps {
		f.Steps = append(f.Steps, cli.Line(s.Action+" "+s.Target+": "+s.Outcome))
	}
}

// adviceFor says what to do about an address without an endpoint, by the most telling of the steps.
func adviceFor(err *autodiscover.Error) string {
	untrusted, found := errors.AsType[*autodiscover.UntrustedError](err)
	other, misnamed := errors.AsType[x509.HostnameError](err)
	switch {
	case found && inExchangeOnline(untrusted.Host):
		return "if the mailbox is in Exchange Online, add --trust online, and --auth bearer"
	case found:
		return "if the mailbox is at " + untrusted.Host + ", add --trust " + untrusted.Host
	case refused(err):
		return "Autodiscover refused the login: check the credentials and --auth" + accountAdvice
	case misnamed:
		return "the certificate at " + other.Host + " is that of a web site or a hoster: give autodiscover.<domain> one with its name; or " +
			"publish the record _autodiscover._tcp.<domain> (SRV) with a name that the certificate has, and add --trust with it; " +
			"or give --endpoint"
	case throughout(err, isMissing):
		return "DNS knows nothing of Autodiscover for this domain: check --email, and that this machine asks the DNS servers of the " +
			"company; or give --endpoint"
	case throughout(err, isProxy):
		return "the proxy of this machine (HTTPS_PROXY) lets nothing through: see the steps, or name the domain in NO_PROXY"
	}
	return "publish autodiscover.<domain> in DNS with a certificate for that name, or give --endpoint; " +
		"Test-OutlookWebServices and Get-ClientAccessService show the server's side"
}

// inExchangeOnline reports whether a host is one of Microsoft's cloud.
func inExchangeOnline(host string) bool {
	return slices.ContainsFunc(autodiscover.ExchangeOnline(), func(known string) bool {
		domain, wild := strings.CutPrefix(known, "*")
		return host == known || wild && strings.HasSuffix(host, domain)
	})
}

// throughout reports whether all requests over https failed for the same reason.
func throughout(err *autodiscover.Error, reason func(error) bool) bool {
	asked := 0
	for _, s := range err.Steps {
		if !strings.HasPrefix(s.Target, "https://") || s.Elapsed == 0 { // it was left out
			continue
		}
		if asked++; !reason(s.Err) {
			return false
		}
	}
	return asked > 0
}

func isMissing(err error) bool {
	dns, ok := errors.AsType[*net.DNSError](err)
	return ok && dns.IsNotFound
}

// isProxy reports whether the connection to a proxy failed, or the proxy refused one.
func isProxy(err error) bool {
	if login, ok := errors.AsType[*auth.Error](err); ok {
		err = login.Err // an error of the login has the method below as well
	}
	if dial, ok := errors.AsType[*net.OpError](err); ok {
		return dial.Op == "proxyconnect"
	}
	_, ok := errors.AsType[interface {
		error
		NotSent() bool
	}](err)
	return ok
}

// noRecords is the DNS of the in-process Exchange.
type noRecords struct{}

func (noRecords) LookupSRV(context.Context, string, string, string) (string, []*net.SRV, error) {
	return "", nil, &net.DNSError{Err: "no such host", IsNotFound: true}
}
