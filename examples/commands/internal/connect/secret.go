package connect

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-ews/exchange/examples/commands/internal/cli"
	"github.com/go-ews/exchange/examples/commands/internal/textfile"
)

// secret returns a password, token or client secret. It reads a file each time, so that a new
// secret takes effect.
type secret = func() (string, error)

// secret returns the secret that the scheme needs, nil if it needs none.
func (f *Flags) secret(ctx context.Context, p *cli.Process) (secret, error) {
	what, variable := f.secretOf()
	if what == "" {
		return nil, nil //nolint:nilnil // the scheme needs none
	}
	return Secret{what, variable, "--password-file", f.PasswordFile}.Open(ctx, p)
}

// Secret is where a secret comes from: a file, else a variable, else a prompt.
type Secret struct {
	What, Variable string
	Option, File   string // the option is that which names the file
}

// Open returns a function that returns the secret. An empty secret is an error, and so is a missing one
// without a terminal for a prompt.
func (s Secret) Open(ctx context.Context, p *cli.Process) (func() (string, error), error) {
	if s.File != "" {
		read := func() (string, error) { return readSecret(s.Option, s.File) }
		_, err := read()
		return read, err
	}
	if value, ok := p.LookupEnv(s.Variable); ok {
		if value == "" {
			return nil, fmt.Errorf("$%s is empty: it has to hold the %s", s.Variable, s.What)
		}
		return func() (string, error) { return value, nil }, nil
	}
	if p.ReadPassword == nil {
		return nil, fmt.Errorf("no %s: there is no terminal to ask at; it may come from $%s or %s", s.What, s.Variable, s.Option)
	}
	value, err := p.ReadPassword(ctx, s.What+": ")
	switch {
	case err != nil:
		return nil, fmt.Errorf("asking for the %s: %w", s.What, err)
	case value == "":
		return nil, fmt.Errorf("the %s is empty", s.What)
	}
	return func() (string, error) { return value, nil }, nil
}

// secretOf names the secret that the scheme needs, and its environment variable.
func (f *Flags) secretOf() (what, variable string) {
	switch {
	case f.Auth == Bearer && f.ClientCert != "", f.Auth == None, f.Auth == Windows, f.Auth == Kerberos && !f.kerberosPassword():
		return "", ""
	case f.Auth == Bearer && f.TokenURL != "":
		return "secret of application " + f.ClientID, clientSecretVariable
	case f.Auth == Bearer:
		return "access token", passwordVariable
	}
	return "password of " + f.User, passwordVariable
}

func readSecret(option, name string) (string, error) {
	const most = 64 << 10 // tokens are long
	data, err := textfile.Read(name, most)
	if err != nil {
		return "", fmt.Errorf("%s: %w", option, err)
	}
	value := strings.TrimRight(string(data), "\r\n")
	switch {
	case value == "":
		err = errors.New("is empty")
	case strings.ContainsAny(value, "\r\n"):
		err = errors.New("has more than one line")
	}
	if err != nil {
		return "", fmt.Errorf("%s %s %w", option, name, err)
	}
	return value, nil
}
