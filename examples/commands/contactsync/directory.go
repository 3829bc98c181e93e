package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-ews/exchange/examples/commands/internal/cli"
	"github.com/go-ews/exchange/examples/commands/internal/connect"
	"github.com/go-ews/exchange/examples/commands/internal/source"
	"github.com/go-ews/exchange/examples/commands/internal/textfile"
)

// maxConfig bounds the configuration of a directory.
const maxConfig = 1 << 20

// lookUpPatience is how long a look-up waits for a busy server: no queue retries it later.
const lookUpPatience = 5 * time.Minute

// readDirectory reads the lists that the rules of --directory ask for.
func (s *settings) readDirectory(ctx context.Context) (*input, error) {
	text, err := textfile.Read(s.directory, maxConfig)
	if err != nil {
		return nil, fmt.Errorf("--directory: %w", err)
	}
	config, err := source.ParseConfig(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.directory, err)
	}
	directory, end, err := s.openDirectory(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.directory, err)
	}
	defer end()
	lists, err := source.Read(ctx, config, directory)
	if err != nil {
		return nil, err
	}
	in := newInput(s.directory, &lists.File)
	in.notes = lists.Notes
	return in, nil
}

// openDirectory returns the directory of a configuration. End closes its connections.
func (s *settings) openDirectory(ctx context.Context, config *source.Config) (d source.Directory, end func(), err error) {
	if config.LDAP != nil {
		directory, err := s.openLDAP(ctx, config.LDAP)
		if err != nil {
			return nil, nil, err
		}
		return directory, directory.Close, nil
	}
	if s.server.InProcess() {
		return nil, nil, errors.New("exchange needs --endpoint or --email: the server to ask")
	}
	server, err := s.connect(ctx)
	if err != nil {
		return nil, nil, err
	}
	client, err := s.client(server, server.Transport, lookUpPatience, s.logger(s.process.Stderr))
	if err != nil {
		return nil, nil, err
	}
	return source.NewExchange(client, config.Exchange, s.workers), client.CloseIdleConnections, nil
}

func (s *settings) openLDAP(ctx context.Context, config *source.LDAPConfig) (*source.LDAP, error) {
	var password func() (string, error)
	if config.Bind.NeedsPassword() {
		var err error
		password, err = connect.Secret{
			What: "password of " + cli.Line(config.Bind.User), Variable: "EWS_LDAP_PASSWORD",
			Option: "passwordFile", File: config.Bind.PasswordFile,
		}.Open(ctx, s.process)
		if err != nil {
			return nil, err
		}
	}
	return source.OpenLDAP(ctx, config, password)
}
