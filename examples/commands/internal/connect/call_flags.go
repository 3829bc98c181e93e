package connect

import (
	"github.com/spf13/pflag"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/examples/commands/internal/cli"
)

// CallFlags are the flags for the headers of calls for one mailbox.
type CallFlags struct{ Mailbox, Culture, Version string }

// Register defines the flags on fs.
func (f *CallFlags) Register(fs *pflag.FlagSet) {
	fs.StringVar(&f.Mailbox, "mailbox", "",
		"SMTP `address` of the mailbox to act on, by impersonation; without it, that of --user")
	fs.StringVar(&f.Culture, "culture", "", "`language` of the server's messages, such as en-US")
	fs.StringVar(&f.Version, "server-version", "", "`version` of the schema to ask for (default Exchange2013)")
	cli.SetEnv(fs, "mailbox", "EWS_MAILBOX")
	cli.SetEnv(fs, "culture", "EWS_CULTURE")
	cli.SetEnv(fs, "server-version", "EWS_SERVER_VERSION")
}

// Names are those of the flags, for [Flags.Check].
func (*CallFlags) Names() []string { return []string{"mailbox", "culture", "server-version"} }

// Options are those of the client of a command.
func (f *CallFlags) Options(command string) *ews.Options {
	opts := &ews.Options{
		UserAgent: command,
		Header: ews.Header{
			RequestServerVersion: ews.Version(f.Version),
			MailboxCulture:       f.Culture,
		},
	}
	if f.Mailbox != "" {
		opts.Header.Impersonate = ews.PrimarySMTP(f.Mailbox)
	}
	return opts
}
