package connect

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/autodiscover"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/examples/commands/internal/cli"
)

// Server is the endpoint of calls, and the transport to it.
type Server struct {
	Endpoint  string
	Transport http.RoundTripper // logs in
}

// Server checks the endpoint or finds it, and gets the login ready. Without an endpoint and an address
// it is fake, and standard error says so.
func (f *Flags) Server(ctx context.Context, p *cli.Process, fake *ewstest.Server) (*Server, error) {
	if f.InProcess() {
		Notice(p)
		return &Server{ewstest.Endpoint, fake}, nil
	}
	if f.Endpoint != "" && f.Email != "" {
		return nil, cli.Usagef("--endpoint says where the server is, so there is nothing to find by --email")
	}
	if f.Endpoint != "" {
		// Before the prompt for a password.
		if _, err := ews.NewClient(f.Endpoint, &ews.Options{AllowHTTP: f.AllowHTTP}); err != nil {
			return nil, &cli.UsageError{Err: err}
		}
	}
	login, err := f.Login(ctx, p)
	if err != nil {
		return nil, err
	}
	endpoint := f.Endpoint
	if f.Email != "" {
		found, err := autodiscover.Find(ctx, f.Email, f.Discovery(login))
		if _, ok := errors.AsType[*ews.InputError](err); ok {
			return nil, &cli.UsageError{Err: err}
		}
		if err != nil {
			return nil, err
		}
		endpoint = found.URL
	}
	transport, err := login.Transport(auth.Options{})
	if err != nil {
		return nil, &cli.UsageError{Err: err}
	}
	return &Server{endpoint, transport}, nil
}

// Notice prints that no server is used.
func Notice(p *cli.Process) {
	fmt.Fprintln(p.Stderr, "no --endpoint or --email: an in-process Exchange is used, gone when the command ends")
}
