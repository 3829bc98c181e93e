package doctor

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/go-ews/exchange/ews/autodiscover"
	"github.com/go-ews/exchange/examples/commands/internal/cli"
)

// autodiscover finds the endpoint by --email, with a line for each step, and returns the one to
// examine; "" if there is none.
func (d *doctor) autodiscover(ctx context.Context) string {
	const check = "Autodiscover"
	if d.email == "" {
		d.skip(check, "the endpoint was given; --email shows how clients find it")
		return d.flags.Endpoint
	}
	opts := d.flags.Discovery(d.login)
	if d.fake != nil {
		opts.Transport, opts.Resolver = d.fake, noRecords{}
	}
	found, err := autodiscover.Find(ctx, d.email, opts)
	var none *autodiscover.Error
	switch {
	case errors.As(err, &none):
		d.fail(check, "no endpoint found for "+d.email, adviceFor(none))
		d.steps(none.Steps)
	case err != nil:
		d.fail(check, err.Error(), "check --email and --trust")
	default:
		d.found(check, found)
		d.steps(found.Steps)
		if d.flags.Endpoint == "" {
			return found.URL
		}
	}
	return d.flags.Endpoint
}

func (d *doctor) found(check string, found *autodiscover.Result) {
	text := "found " + found.URL
	if !strings.EqualFold(found.Address, d.email) {
		text += " for " + found.Address
	}
	if d.flags.Endpoint != "" && !strings.EqualFold(found.URL, d.flags.Endpoint) {
		d.warn(check, text, "that is not what --endpoint says, which is examined below; "+
			"Get-WebServicesVirtualDirectory shows what the server hands out")
		return
	}
	d.ok(check, text)
}

// steps adds the steps of Autodiscover to its finding. They are neither well nor wrong by
// themselves: of many ways one has to work.
func (d *doctor) steps(steps []autodiscover.Step) {
	f := &d.findings[len(d.findings)-1]
	for _, s := range steps {
		f.Steps = append(f.Steps, cli.Line(s.Action+" "+s.Target+": "+s.Outcome))
	}
}

func adviceFor(err *autodiscover.Error) string {
	if untrusted, ok := errors.AsType[*autodiscover.UntrustedError](err); ok {
		return "if the mailbox is at " + untrusted.Host + ", add --trust " + untrusted.Host
	}
	return "publish autodiscover.<domain> in DNS with a certificate for that name, or give --endpoint; " +
		"Test-OutlookWebServices and Get-ClientAccessService show the server's side"
}

// noRecords is the DNS of the in-process Exchange.
type noRecords struct{}

func (noRecords) LookupSRV(context.Context, string, string, string) (string, []*net.SRV, error) {
	return "", nil, &net.DNSError{Err: "no such host", IsNotFound: true}
}
