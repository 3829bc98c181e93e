// Package doctor looks at everything between a program and an IM list, in the order in which a call
// passes it, and says for each in one line whether it is well and what to do if not: Autodiscover,
// DNS, the TLS certificate, the schemes to log in by, the login, Extended Protection, impersonation, the
// server's version, the list itself. It changes nothing.
//
// The mailbox to impersonate is that of -mailbox, else that of -email. A wrong password is given to
// the endpoint once, and before that by Autodiscover to two hosts at most; -unbound gives it once more.
package doctor

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/examples/commands/internal/connect"
)

// Run runs the command doctor and returns its exit status: 1: something is wrong; 2: bad usage.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return (&doctor{}).run(ctx, args, stdin, stdout, stderr)
}

// doctor is one examination.
type doctor struct {
	report
	flags   connect.Flags
	unbound bool
	login   *connect.Login  // nil: in process
	fake    *ewstest.Server // nil: a real server
	network network
}

func (d *doctor) run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("doctor", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		fmt.Fprintln(stderr, "usage: doctor [flags]")
		fs.PrintDefaults()
	}
	d.flags.Register(fs)
	fs.BoolVar(&d.unbound, "unbound", false,
		"after a refused login, try once more without channel binding (a wrong password counts twice then)")
	if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if fs.NArg() > 0 {
		fs.Usage()
		return 2
	}
	if err := d.prepare(ctx, stdin); err != nil {
		connect.Explain(stderr, err)
		return 2
	}
	d.w = stdout
	d.examine(ctx)
	if ctx.Err() != nil {
		fmt.Fprintln(stderr, "interrupted")
	}
	if d.failed || ctx.Err() != nil {
		return 1
	}
	return 0
}

// prepare reads the password, or sets an in-process Exchange up.
func (d *doctor) prepare(ctx context.Context, stdin io.Reader) (err error) {
	if d.flags.Endpoint == "" && d.flags.Email == "" {
		d.fake = ewstest.NewServer(nil)
		d.flags.Email = "user@exchange.test"
		return nil
	}
	if d.flags.Endpoint != "" {
		if _, err := ews.NewClient(d.flags.Endpoint, d.flags.Options()); err != nil {
			return err
		}
	}
	d.login, err = d.flags.Login(ctx, stdin)
	return err
}

// examine runs the checks. Those behind one that nothing can pass would only repeat it.
func (d *doctor) examine(ctx context.Context) {
	endpoint := d.autodiscover(ctx)
	if endpoint == "" {
		return
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		d.fail("endpoint", "not a URL", "check -endpoint")
		return
	}
	if !d.dns(ctx, u) || !d.tls(ctx, u) || !d.schemes(ctx, endpoint) {
		return
	}
	d.mailbox(ctx, endpoint)
}
