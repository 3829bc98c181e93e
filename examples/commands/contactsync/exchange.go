package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/examples/commands/internal/cli"
	"github.com/go-ews/exchange/examples/commands/internal/connect"
)

// exchange is an in-process Exchange that delays its responses.
type exchange struct {
	*ewstest.Server

	delay    time.Duration
	requests atomic.Int64
}

func newExchange(delay time.Duration) *exchange {
	e := &exchange{delay: delay}
	e.Server = ewstest.NewServer(&ewstest.Options{Intercept: e.intercept})
	return e
}

// intercept is called before each request is executed.
func (e *exchange) intercept(r ewstest.Request) error {
	e.requests.Add(1)
	return sleep(r.Context(), e.delay)
}

// sleep returns after d, or with the context's error when that ends before.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// exchangeCommand serves an in-process Exchange until its context ends. The first line that it
// prints is the endpoint. The lists live in memory, and there is no login, so it listens on
// loopback only.
func exchangeCommand() *cobra.Command {
	var listen string
	var delay time.Duration
	cmd := &cobra.Command{
		Use: "exchange", Short: "Serve an in-process Exchange on loopback, to try things with", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := serve(cmd.Context(), listen, delay, cmd.OutOrStdout())
			if err != nil {
				return &cli.StatusError{Status: statusGaveUp, Err: err}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:0", "loopback `address`; port 0: any free one")
	cmd.Flags().DurationVar(&delay, "delay", 0, "how long each request takes")
	return cmd
}

func serve(ctx context.Context, address string, delay time.Duration, stdout io.Writer) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("--listen %s: %w", address, err)
	}
	if !connect.IsLoopback(host) {
		return fmt.Errorf("--listen %s: it asks for no password, so it serves loopback only", address)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	e := newExchange(delay)
	web := &http.Server{Handler: e, ReadHeaderTimeout: 30 * time.Second}
	defer context.AfterFunc(ctx, func() { _ = web.Close() })() // its listener's error is of no use
	fmt.Fprintf(stdout, "http://%s/EWS/Exchange.asmx\n", listener.Addr())
	err = web.Serve(listener)
	fmt.Fprintf(stdout, "%d requests\n", e.requests.Load())
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
