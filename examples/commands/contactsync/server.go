package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/examples/commands/internal/connect"
)

// connect names the server, which --email has to find first, and gets the login ready.
func (s *settings) connect(ctx context.Context) (*connect.Server, error) {
	s.server.MaxConns = s.workers
	return s.server.Server(ctx, s.process, newExchange(s.delay).Server)
}

// client returns the client for all mailboxes. It waits no longer than a second for a busy server:
// longer waits are the queue's, where they survive a restart and hold up nobody.
func (s *settings) client(server *connect.Server, t *telemetry, logger *slog.Logger) (*ews.Client, error) {
	options := &ews.Options{
		HTTPClient: &http.Client{Transport: t.transport(server.Transport), Timeout: 2 * time.Minute},
		UserAgent:  "contactsync",
		Retry:      ews.RetryPolicy{MaxWait: time.Second},
		Logger:     logger,
		AllowHTTP:  s.server.AllowHTTP,
	}
	return ews.NewClient(server.Endpoint, options)
}
