package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"text/tabwriter"

	"github.com/Azure/go-ntlmssp"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews"
)

// ntlm compares this module with go-ntlmssp's Negotiator over a pooled transport, against the real
// Apache that a script starts in front of the canned server.
func ntlm(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("ntlm", flag.ContinueOnError)
	script := fs.String("auth-server", "", "`path` of the script that starts Apache with NTLM: auth-server.sh")
	inside := fs.Bool("inside", false, "run the clients; set by the script's command")
	calls := fs.Int("calls", 1000, "calls per turn")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if *inside {
		return ntlmClients(ctx, *calls)
	}
	if *script == "" {
		return errors.New("ntlm: -auth-server is missing")
	}
	srv, err := startServer(ctx)
	if err != nil {
		return err
	}
	defer srv.stop()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, *script, "--upstream", srv.HTTP, "--",
		self, "ntlm", "-inside", "-calls", fmt.Sprint(*calls))
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

// ntlmClients runs within the script, whose environment names the server.
func ntlmClients(ctx context.Context, calls int) error {
	roots := x509.NewCertPool()
	pem, err := os.ReadFile(os.Getenv("EWS_AUTH_CA"))
	if err != nil {
		return err
	}
	roots.AppendCertsFromPEM(pem)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "NTLM over TLS, %d calls\tworkers\tCPU µs/call\ttime µs/call\trequests/call\tfailures\t\n", calls)
	for _, workers := range []int{1, 16, 64} {
		for _, c := range []struct {
			name string
			make func(*x509.CertPool) (func(context.Context) error, error)
		}{{"this module, auth.NTLM", ntlmClient}, {"go-ntlmssp v0.1.1 Negotiator", negotiatorClient}} {
			call, err := c.make(roots)
			if err != nil {
				return err
			}
			before := logLines()
			m := startMeter()
			failures, _ := spread(ctx, call, workers, calls)
			t := m.stop(calls)
			fmt.Fprintf(w, "%s\t%d\t%.0f\t%.0f\t%.2f\t%.1f %%\t\n", c.name, workers, t.CPU, t.Wall,
				float64(logLines()-before)/float64(calls), 100*float64(failures)/float64(calls))
		}
	}
	return w.Flush()
}

// logLines counts the requests in the server's access log.
func logLines() int {
	data, err := os.ReadFile(os.Getenv("EWS_AUTH_ACCESS_LOG"))
	if err != nil {
		return 0
	}
	return bytes.Count(data, []byte("\n"))
}

func ntlmEndpoint() string { return os.Getenv("EWS_AUTH_HTTPS") + "/EWS/Exchange.asmx" }

func ntlmTransport(roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		MaxIdleConnsPerHost: 64,
		TLSClientConfig:     &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}
}

func ntlmClient(roots *x509.CertPool) (func(context.Context) error, error) {
	credentials := auth.Static(os.Getenv("EWS_AUTH_DOMAIN")+`\`+os.Getenv("EWS_AUTH_USER"), os.Getenv("EWS_AUTH_PASS"))
	transport, err := auth.NTLM(ntlmTransport(roots), credentials, &auth.Options{MaxConns: 64})
	if err != nil {
		return nil, err
	}
	client, err := ews.NewClient(ntlmEndpoint(), &ews.Options{
		HTTPClient: transport.Client(), Retry: ews.RetryPolicy{MaxAttempts: 1},
	})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		_, err := client.AddImGroup(ctx, groupName)
		return err
	}, nil
}

// negotiatorClient is what go-ntlmssp's page shows.
func negotiatorClient(roots *x509.CertPool) (func(context.Context) error, error) {
	client := &http.Client{Transport: ntlmssp.Negotiator{RoundTripper: ntlmTransport(roots)}}
	body := []byte(addImGroupRequest)
	user := os.Getenv("EWS_AUTH_DOMAIN") + `\` + os.Getenv("EWS_AUTH_USER")
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, ntlmEndpoint(), bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.SetBasicAuth(user, os.Getenv("EWS_AUTH_PASS"))
		req.Header.Set("Content-Type", "text/xml; charset=utf-8")
		res, err := client.Do(req)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, res.Body)
		if err := errors.Join(err, res.Body.Close()); err != nil {
			return err
		}
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("HTTP %d", res.StatusCode)
		}
		return nil
	}, nil
}
