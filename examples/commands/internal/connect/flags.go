// Package connect turns the flags that the commands share into a connection: to a real server, with
// every way to log in, or to an in-process Exchange if neither endpoint nor e-mail address is given.
package connect

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/go-ews/exchange/ews/autodiscover"
	"github.com/go-ews/exchange/examples/commands/internal/cli"
)

// Flags are the shared flags. No secret is one: other users of the machine can read the command line.
type Flags struct {
	Endpoint, Email, Trust string
	Auth, User             string
	PasswordFile           string
	CA                     string
	AllowHTTP              bool
	ChannelBinding         string
	LoginPerRequest        bool

	Keytab, CCache, Krb5Conf, SPN                     string // of Kerberos
	TokenURL, ClientID, ClientCert, ClientKey, Scopes string // of OAuth
	Signature                                         string // of ClientCert

	// MaxConns is the largest number of connections to the server; 0: 10.
	MaxConns int

	// Proxy returns the proxy of a request. Nil: that of the environment (HTTPS_PROXY, NO_PROXY).
	Proxy func(*http.Request) (*url.URL, error)

	// Dial opens connections. Nil: the network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// Discover adds to the options that look --email up. Zero: the network.
	Discover autodiscover.Options

	names []string // of the flags
}

// Schemes of --auth.
const (
	NTLM     = "ntlm"
	Kerberos = "kerberos"
	Windows  = "windows" // the account that the command runs as
	Basic    = "basic"
	Bearer   = "bearer"
	None     = "none" // a server on loopback without a login
)

// The variables of the secrets.
const (
	passwordVariable     = "EWS_PASSWORD"      //nolint:gosec // a name
	clientSecretVariable = "EWS_CLIENT_SECRET" //nolint:gosec // a name
)

// defaultScopes are the scopes for Exchange Online.
const defaultScopes = "https://outlook.office365.com/.default"

// Register defines the flags on fs.
func (f *Flags) Register(fs *pflag.FlagSet) {
	f.text(fs, &f.Endpoint, "endpoint", "",
		"`URL` of the server, such as https://mail.contoso.com/EWS/Exchange.asmx")
	f.text(fs, &f.Email, "email", "", "e-mail `address` whose server is to be found by Autodiscover")
	f.text(fs, &f.Trust, "trust", "", "with --email: `hosts` beyond the address's domain that may be given "+
		"credentials, a comma between them; online: those of Exchange Online")
	f.text(fs, &f.Auth, "auth", NTLM, "how to log in: `scheme` ntlm, kerberos, windows "+
		"(the account that runs the command), basic, bearer, or none on loopback")
	f.text(fs, &f.User, "user", "", "`account` to log in with: DOMAIN\\user or user@domain")
	f.text(fs, &f.PasswordFile, "password-file", "",
		"`file` with the password, or with --auth bearer the token; otherwise $EWS_PASSWORD, or a prompt")
	f.text(fs, &f.CA, "ca", "", "PEM `file` of authorities to trust in addition to the system's")
	fs.BoolVar(&f.AllowHTTP, "allow-http", false, "allow http:// to other hosts than this one: all can be read on the way")
	f.text(fs, &f.ChannelBinding, "channel-binding", "auto", "tie the login to the TLS connection: `mode` auto or off")
	fs.BoolVar(&f.LoginPerRequest, "login-per-request", false, "ntlm, kerberos, windows: log in with every request, "+
		"for load balancers that share their connections to the server among clients")
	f.text(fs, &f.Keytab, "keytab", "", "kerberos: keytab `file` with the keys of --user")
	f.text(fs, &f.CCache, "ccache", "",
		"kerberos: ticket cache `file`; without --user, $KRB5CCNAME or the default of kinit")
	f.text(fs, &f.Krb5Conf, "krb5-conf", "", "kerberos: configuration `file` (default $KRB5_CONFIG, else /etc/krb5.conf)")
	f.text(fs, &f.SPN, "spn", "", "kerberos, windows: `name` of the service, if it is not HTTP/<host of the endpoint>")
	f.text(fs, &f.TokenURL, "token-url", "", "bearer: token endpoint `URL`; tokens are fetched there and renewed")
	f.text(fs, &f.ClientID, "client-id", "", "bearer: `id` of the application; its secret comes from $EWS_CLIENT_SECRET")
	f.text(fs, &f.ClientCert, "client-cert", "", "bearer: PEM `file` of the application's certificate, instead of a secret")
	f.text(fs, &f.ClientKey, "client-key", "", "bearer: PEM `file` of the certificate's key (default the same file)")
	f.text(fs, &f.Signature, "client-signature", ps256, "bearer: `method` of --client-cert, ps256, or rs256 for AD FS")
	f.text(fs, &f.Scopes, "scope", defaultScopes, "bearer: `scopes` to ask for, blanks between them")
	f.names = append(f.names, "allow-http", "login-per-request")
	for _, name := range f.names {
		cli.SetEnv(fs, name, "EWS_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_")))
	}
}

func (f *Flags) text(fs *pflag.FlagSet, p *string, name, value, usage string) {
	fs.StringVar(p, name, value, usage)
	if !slices.Contains(f.names, name) {
		f.names = append(f.names, name)
	}
}

// Complete lets the shell complete the values of the command's flags.
func Complete(cmd *cobra.Command) {
	for flag, values := range map[string][]string{
		"auth":             {NTLM, Kerberos, Windows, Basic, Bearer, None},
		"channel-binding":  {"auto", "off"},
		"client-signature": {ps256, rs256},
	} {
		// The one error is that the flag does not exist.
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
}

// InProcess reports whether no server is named.
func (f *Flags) InProcess() bool { return f.Endpoint == "" && f.Email == "" }

// Check refuses flags that exclude each other. Others names further flags of a server.
func (f *Flags) Check(fs *pflag.FlagSet, others ...string) error {
	if f.InProcess() {
		for _, name := range append(slices.Clone(f.names), others...) {
			if flag := fs.Lookup(name); flag != nil && flag.Changed {
				return cli.Usagef("%s needs a server: name it by --endpoint or --email", cli.Source(flag))
			}
		}
		return nil
	}
	if err := f.checkScheme(); err != nil {
		return &cli.UsageError{Err: err}
	}
	if f.ChannelBinding != "auto" && f.ChannelBinding != "off" {
		return cli.Usagef("--channel-binding %q: want auto or off", f.ChannelBinding)
	}
	for _, owned := range []struct {
		schemes []string
		flags   []string
	}{
		{[]string{Kerberos}, []string{"keytab", "ccache", "krb5-conf"}},
		{[]string{Kerberos, Windows}, []string{"spn"}},
		{[]string{NTLM, Kerberos, Windows}, []string{"login-per-request"}},
		{[]string{Bearer}, []string{"token-url", "client-id", "client-cert", "client-key", "client-signature", "scope"}},
	} {
		for _, name := range owned.flags {
			if flag := fs.Lookup(name); !slices.Contains(owned.schemes, f.Auth) && flag.Changed {
				return cli.Usagef("%s goes with --auth %s, not with --auth %s", cli.Source(flag),
					strings.Join(owned.schemes, " or "), f.Auth)
			}
		}
	}
	return nil
}

func (f *Flags) checkScheme() error {
	switch f.Auth {
	case NTLM, Basic:
		if f.User == "" {
			return fmt.Errorf("--auth %s needs --user: the account to log in with", f.Auth)
		}
		return nil
	case Kerberos:
		return f.checkKerberos()
	case Windows:
		if f.User != "" || f.PasswordFile != "" {
			return errors.New("--auth windows excludes --user and --password-file: it logs in as the account that runs the command")
		}
		return nil
	case Bearer:
		return f.checkBearer()
	case None:
		u, err := url.Parse(f.Endpoint)
		if err != nil || f.Endpoint == "" || !IsLoopback(u.Hostname()) {
			return errors.New("--auth none is for an Exchange on loopback, such as that of contactsync exchange")
		}
		return nil
	}
	return fmt.Errorf("--auth %q: want ntlm, kerberos, windows, basic, bearer or none", f.Auth)
}

func (f *Flags) checkKerberos() error {
	switch {
	case f.CCache != "" && (f.User != "" || f.Keytab != ""):
		return errors.New("--ccache excludes --user and --keytab: the ticket says who it is of")
	case f.Keytab != "" && f.User == "":
		return errors.New("--keytab needs --user: the principal, such as svc-im@CONTOSO.COM")
	case f.Keytab != "" && f.PasswordFile != "":
		return errors.New("--keytab and --password-file exclude each other")
	}
	return nil
}

// IsLoopback reports whether the host is this one.
func IsLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
