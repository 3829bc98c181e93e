package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/Azure/go-ntlmssp"

	"github.com/go-ews/exchange/auth"
)

// apache is a real Apache with NTLM in front of the canned server, started by auth-server.sh.
type apache struct {
	child

	env   map[string]string // the script's output
	roots *x509.CertPool
}

// startApache runs the script, which ends with its standard input.
func startApache(ctx context.Context, script, upstream string) (*apache, error) {
	process, err := startChild(ctx, script, "--upstream", upstream, "--until-eof", "--ttl", "3600")
	if err != nil {
		return nil, err
	}
	a := &apache{child: process, env: make(map[string]string), roots: x509.NewCertPool()}
	err = a.readEnv()
	pem, pemErr := os.ReadFile(a.env["EWS_AUTH_CA"])
	if pemErr != nil || !a.roots.AppendCertsFromPEM(pem) {
		a.stop()
		return nil, fmt.Errorf("starting Apache: %w", errors.Join(pemErr, err))
	}
	return a, nil
}

// readEnv reads the variables that the script prints, and discards its later output.
func (a *apache) readEnv() error {
	lines := bufio.NewScanner(a.stdout)
	for a.env["EWS_AUTH_ERROR_LOG"] == "" && lines.Scan() { // the last of the lines
		if key, value, ok := strings.Cut(strings.TrimPrefix(lines.Text(), "export "), "="); ok {
			a.env[key] = strings.Trim(value, "'")
		}
	}
	go func() { _, _ = io.Copy(io.Discard, a.stdout) }()
	return lines.Err()
}

// counts reads the access log: a line for each request, with its number on its connection.
func (a *apache) counts(context.Context) (counts, error) {
	data, err := os.ReadFile(a.env["EWS_AUTH_ACCESS_LOG"])
	return counts{
		Requests:    int64(bytes.Count(data, []byte("\n"))),
		Connections: int64(bytes.Count(data, []byte(" n=0 "))),
	}, err
}

// contenders log in with NTLM over TLS, except the floor, which need not. Each keeps as many
// connections as there are workers at most: Apache serves 256.
func (a *apache) contenders() []contender {
	transport := func() *http.Transport {
		t := tuned(a.roots)
		t.MaxIdleConnsPerHost = mostWorkers
		return t
	}
	url := func(prefix string) string { return a.env["EWS_AUTH_HTTPS"] + prefix + "/EWS/Exchange.asmx" }
	user, password := a.env["EWS_AUTH_DOMAIN"]+`\`+a.env["EWS_AUTH_USER"], a.env["EWS_AUTH_PASS"]
	return []contender{
		{name: "net/http POST without log-in (floor)", make: func() (func(context.Context) error, func(), error) {
			return makeFloor(transport(), url("/open"))
		}},
		{name: "this module, auth.NTLM", make: func() (func(context.Context) error, func(), error) {
			t, err := auth.NTLM(transport(), auth.Static(user, password), &auth.Options{MaxConns: mostWorkers})
			if err != nil {
				return nil, nil, err
			}
			return makeClient(t, url(""))
		}},
		{name: "go-ntlmssp v0.1.1 Negotiator", make: func() (func(context.Context) error, func(), error) {
			return makeNegotiator(transport(), url(""), user, password)
		}, fails: true},
	}
}

// makeNegotiator is the example of go-ntlmssp's page.
func makeNegotiator(t *http.Transport, url, user, password string) (func(context.Context) error, func(), error) {
	client := &http.Client{Transport: ntlmssp.Negotiator{RoundTripper: t}}
	body := []byte(addImGroupRequest)
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.SetBasicAuth(user, password)
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
	}, t.CloseIdleConnections, nil
}
