// Package probe asks a real Exchange what package ewstest had to guess: how the instant-messaging list
// of a mailbox behaves. It leaves the list as it was.
package probe

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/transcript"
	"github.com/go-ews/exchange/examples/commands/internal/cli"
	"github.com/go-ews/exchange/examples/commands/internal/connect"
)

// callTimeout bounds one attempt of a call.
const callTimeout = time.Minute

// command is the command probe.
type command struct {
	process *cli.Process
	flags   *connect.Flags
	call    *connect.CallFlags
	opts    Options
	out     string
	clean   bool
}

// Command returns the command probe, with flags that its root has registered.
func Command(p *cli.Process, flags *connect.Flags, call *connect.CallFlags) *cobra.Command {
	return (&command{process: p, flags: flags, call: call}).command()
}

func (c *command) command() *cobra.Command {
	cmd := &cobra.Command{
		Use: "probe", Short: "Ask a server how its list behaves, and write what it said",
		Long: `probe asks a server what Microsoft does not document about the list, in the mailbox of --mailbox, else in
that of --user. It adds groups and contacts whose names begin with imlistprobe and eight random letters,
removes them again, and leaves the list as it was, also when it is interrupted. After a crash,
"imlist probe --clean" removes them.

It writes profile.json (what was found out, for tests that run against an in-process Exchange),
transcript.txt (what was said, with other names and ids in place of yours) and page.md (the same in words,
to read and to send) into the directory of --out.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.run(cmd.Context(), cmd.Flags()) },
	}
	fs := cmd.Flags()
	fs.BoolVar(&c.clean, "clean", false, "only remove what an earlier run has left in the list")
	fs.StringVar(&c.out, "out", "imlist-probe", "`directory` for the files; it must not have them yet")
	fs.BoolVar(&c.opts.AllowLimits, "allow-limits", false,
		"also fill the list until it is full: up to 80 groups and 1,100 contacts for some minutes")
	fs.StringVar(&c.opts.OtherMailbox, "other-mailbox", "",
		"`address` of a second mailbox that may be impersonated, whose list is only read")
	fs.StringVar(&c.opts.DistributionGroup, "distribution-group", "",
		"`address` of a distribution group that the list does not have")
	fs.StringVar(&c.opts.HiddenGroup, "hidden-group", "", "`address` of a distribution group that is hidden from the address lists")
	return cmd
}

func (c *command) run(ctx context.Context, fs *pflag.FlagSet) error {
	if err := c.flags.Check(fs, c.call.Names()...); err != nil {
		return err
	}
	server, err := c.flags.Server(ctx, c.process, c.fake())
	if err != nil {
		return err
	}
	if c.clean {
		client, err := c.client(server.Endpoint, server.Transport)
		if err != nil {
			return err
		}
		defer client.CloseIdleConnections()
		return clean(ctx, client)
	}
	return c.probe(ctx, server)
}

// fake returns the in-process Exchange, with all that the questions need.
func (c *command) fake() *ewstest.Server {
	if !c.flags.InProcess() {
		return nil
	}
	const other, hidden = "other@exchange.test", "hidden@exchange.test"
	s := ewstest.NewServer(&ewstest.Options{Mailbox: "user@exchange.test", Mailboxes: []string{other}})
	s.SetDirectory(ewstest.Recipient{Name: "Hidden", Address: hidden, Type: "PublicDL", Hidden: true})
	c.opts.OtherMailbox = cmp.Or(c.opts.OtherMailbox, other)
	c.opts.HiddenGroup = cmp.Or(c.opts.HiddenGroup, hidden)
	return s
}

func (c *command) client(endpoint string, transport http.RoundTripper) (*ews.Client, error) {
	opts := c.call.Options("imlist")
	opts.AllowHTTP = c.flags.AllowHTTP
	opts.HTTPClient = &http.Client{Transport: transport, Timeout: callTimeout}
	client, err := ews.NewClient(endpoint, opts)
	if err != nil {
		return nil, &cli.UsageError{Err: err}
	}
	return client, nil
}

// probe asks, and writes the files: also after an interruption, with the findings so far.
func (c *command) probe(ctx context.Context, server *connect.Server) (err error) {
	for _, name := range []string{profileFile, transcriptFile, pageFile} {
		if _, err := os.Stat(filepath.Join(c.out, name)); err == nil {
			return cli.Usagef("--out %s has a %s already: name another directory", c.out, name)
		}
	}
	if err := os.MkdirAll(c.out, 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(filepath.Join(c.out, transcriptFile), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	prefix := newPrefix()
	recorder := transcript.Record(server.Transport, file, &transcript.Options{
		Keep: []string{prefix, strings.ToUpper(prefix)},
	})
	client, err := c.client(server.Endpoint, editor{recorder})
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	r, failed := run(ctx, client, prefix, c.opts, func(f finding) {
		fmt.Fprintf(c.process.Stdout, "%-28s %s\n", f.id, f.result())
	})
	if r == nil {
		return errors.Join(failed, os.Remove(file.Name()))
	}
	if err := recorder.Err(); err != nil {
		r.notes = append(r.notes, "The transcript lacks a call: "+reason(err)+".")
	}
	return errors.Join(failed, c.write(r))
}

// The names of the files.
const (
	profileFile    = "profile.json"
	transcriptFile = "transcript.txt"
	pageFile       = "page.md"
)

func (c *command) write(r *report) error {
	profile, err := json.MarshalIndent(r.profile(), "", "  ")
	if err != nil {
		return err
	}
	var page bytes.Buffer
	r.page(&page)
	for name, text := range map[string][]byte{profileFile: append(profile, '\n'), pageFile: page.Bytes()} {
		if err := os.WriteFile(filepath.Join(c.out, name), text, 0o600); err != nil {
			return err
		}
	}
	fmt.Fprintf(c.process.Stdout, "wrote %s, %s and %s to %s\n", profileFile, transcriptFile, pageFile, c.out)
	return nil
}
