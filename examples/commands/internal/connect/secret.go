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
type secret func() (string, error)

// secret returns the secret that the scheme needs, nil if it needs none. An empty secret is an
// error, and so is a missing one without a terminal for a prompt.
func (f *Flags) secret(ctx context.Context, p *cli.Process) (secret, error) {
	what, variable := f.secretOf()
	if what == "" {
		return nil, nil //nolint:nilnil // the scheme needs none
	}
	if f.PasswordFile != "" {
		s := secret(func() (string, error) { return readSecret(f.PasswordFile) })
		_, err := s()
		return s, err
	}
	if value, ok := p.LookupEnv(variable); ok {
		if value == "" {
			return nil, fmt.Errorf("$%s is empty: it has to hold the %s", variable, what)
		}
		return func() (string, error) { return value, nil }, nil
	}
	if p.ReadPassword == nil {
		sources := "$" + variable
		if variable == passwordVariable {
			sources += " or --password-file"
		}
		return nil, fmt.Errorf("no %s: there is no terminal to ask at; it may come from %s", what, sources)
	}
	value, err := p.ReadPassword(ctx, what+": ")
	switch {
	case err != nil:
		return nil, fmt.Errorf("asking for the %s: %w", what, err)
	case value == "":
		return nil, fmt.Errorf("the %s is empty", what)
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

func readSecret(name string) (string, error) {
	const most = 64 << 10 // tokens are long
	data, err := textfile.Read(name, most)
	if err != nil {
		return "", fmt.Errorf("--password-file: %w", err)
	}
	value := strings.TrimRight(string(data), "\r\n")
	switch {
	case value == "":
		err = errors.New("is empty")
	case strings.ContainsAny(value, "\r\n"):
		err = errors.New("has more than one line")
	}
	if err != nil {
		return "", fmt.Errorf("--password-file %s %w", name, err)
	}
	return value, nil
}
