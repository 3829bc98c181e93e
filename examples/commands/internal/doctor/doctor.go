// Package doctor looks at everything between a program and an IM list, in the order in which a call
// passes it, and says for each in one line whether it is well and what to do if not: Autodiscover,
// DNS, the TLS certificate, the schemes to log in by, the login, Extended Protection, impersonation, the
// server's version, the list itself. It changes nothing.
package doctor

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/examples/commands/internal/cli"
	"github.com/go-ews/exchange/examples/commands/internal/connect"
)

// doctor is one examination.
type doctor struct {
	report
	process *cli.Process
	flags   *connect.Flags
	call    *connect.CallFlags
	unbound bool
	json    bool
	email   string          // of the mailbox to find
	login   *connect.Login  // nil: in process
	fake    *ewstest.Server // nil: a real server
	network network

	alternatives []string // further endpoints that Autodiscover names

	proxied   bool   // calls go through an HTTP proxy
	front     string // what stands before IIS, as far as it shows
	rerouted  string // where the name of the endpoint leads only by a DNS search suffix; "" if it exists
	elsewhere bool   // the server of the endpoint cannot be reached, or has another's certificate
}

// Command returns the command doctor, with flags that its root has registered. Exit status 1:
// something is wrong.
func Command(p *cli.Process, flags *connect.Flags, call *connect.CallFlags) *cobra.Command {
	return (&doctor{process: p, flags: flags, call: call}).command()
}

func (d *doctor) command() *cobra.Command {
	cmd := &cobra.Command{
		Use: "doctor", Short: "Find out what is wrong between here and the list",
		Long: `doctor looks at everything between here and the list, in the order in which a call passes it, and
says for each in one line whether it is well and what to do if not. It changes nothing.

The mailbox to impersonate is that of --mailbox, else that of --email. A wrong password is given to
the endpoint once, and before that by Autodiscover to two hosts at most; --unbound gives it once more.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return d.run(cmd.Context(), cmd.Flags()) },
	}
	cmd.Flags().BoolVar(&d.unbound, "unbound", false,
		"after a refused login, try once more without channel binding (a wrong password counts twice then)")
	cmd.Flags().BoolVar(&d.json, "json", false, "write JSON, for a ticket; nothing in it is secret")
	return cmd
}

func (d *doctor) run(ctx context.Context, fs *pflag.FlagSet) error {
	if err := d.flags.Check(fs, d.call.Names()...); err != nil {
		return err
	}
	if err := d.prepare(ctx); err != nil {
		return err
	}
	if err := d.examine(ctx); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return fmt.Errorf("not all was looked at: %w", ctx.Err())
	}
	if d.json {
		if err := d.writeJSON(d.process.Stdout); err != nil {
			return err
		}
	} else {
		d.write(d.process.Stdout)
	}
	if d.failed() {
		return &cli.StatusError{Status: cli.StatusFailed} // the report says why
	}
	return nil
}

// prepare reads the password, or sets an in-process Exchange up.
func (d *doctor) prepare(ctx context.Context) (err error) {
	d.email = d.flags.Email
	if d.flags.InProcess() {
		connect.Notice(d.process)
		d.fake, d.email = ewstest.NewServer(nil), "user@exchange.test"
		return nil
	}
	if d.flags.Endpoint != "" {
		if _, err := ews.NewClient(d.flags.Endpoint, d.options()); err != nil {
			return &cli.UsageError{Err: err}
		}
		if !isASCII(d.flags.Endpoint) {
			return cli.Usagef("--endpoint: it is not ASCII: write the name of the host in the form xn--…")
		}
	}
	if d.login, err = d.flags.Login(ctx, d.process); err != nil {
		return err
	}
	d.network.roots = d.login.Roots()
	return nil
}

// options are those of the clients.
func (d *doctor) options() *ews.Options {
	opts := d.call.Options("imlist")
	opts.AllowHTTP = d.flags.AllowHTTP
	return opts
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}

// examine runs the checks. Those behind one that nothing can pass would only repeat it.
func (d *doctor) examine(ctx context.Context) error {
	endpoint, err := d.autodiscover(ctx)
	if endpoint == "" || err != nil {
		return err
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		return &cli.UsageError{Err: err}
	}
	if !d.reach(ctx, u, endpoint) {
		d.suggest(d.alternatives)
		return nil
	}
	d.mailbox(ctx, endpoint)
	return nil
}

// reach looks at the way to the endpoint, its parts side by side. What comes after one that does not
// work only repeats it, and is left out.
func (d *doctor) reach(ctx context.Context, u *url.URL, endpoint string) bool {
	if proxy := d.proxy(u); proxy != nil || d.failed() {
		return proxy != nil && d.throughProxy(ctx, u, endpoint, proxy)
	}
	checks := [...]func(*doctor, context.Context) bool{
		func(d *doctor, ctx context.Context) bool { return d.dns(ctx, u) },
		func(d *doctor, ctx context.Context) bool { return d.tls(ctx, u) },
		func(d *doctor, ctx context.Context) bool { return d.schemes(d.ask(ctx, endpoint)) },
	}
	var (
		parts  [len(checks)]doctor
		good   [len(checks)]bool
		cancel [len(checks)]context.CancelFunc
		done   sync.WaitGroup
	)
	for i, check := range slices.Backward(checks[:]) {
		parts[i] = *d
		parts[i].findings = nil
		limited, stop := context.WithCancel(ctx)
		defer stop()
		cancel[i] = stop
		done.Go(func() {
			if good[i] = check(&parts[i], limited); !good[i] {
				for _, later := range cancel[i+1:] {
					later()
				}
			}
		})
	}
	done.Wait()
	parts[0].blameSuffix(&parts[1])
	for i := range parts {
		d.findings = append(d.findings, parts[i].findings...)
		if !good[i] {
			return false
		}
	}
	d.front = parts[2].front
	return true
}
