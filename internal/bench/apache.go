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
	"os/exec"
	"strings"

	"github.com/Azure/go-ntlmssp"

	"github.com/go-ews/exchange/auth"
)

// apache is a real Apache with NTLM in front of the canned server, started by auth-server.sh.
type apache struct {
	env   map[string]string // the script's output
	roots *x509.CertPool
	stdin io.Closer
	cmd   *exec.Cmd
}

// startApache runs the script, which ends with its standard input.
func startApache(ctx context.Context, script, upstream string) (*apache, error) {
	a := &apache{env: make(map[string]string), roots: x509.NewCertPool()}
	a.cmd = exec.CommandContext(ctx, script, "--upstream", upstream, "--until-eof", "--ttl", "3600")
	a.cmd.Stderr = os.Stderr
	stdin, err := a.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	a.stdin = stdin
	stdout, err := a.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := a.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(stdout)
	for a.env["EWS_AUTH_ERROR_LOG"] == "" && lines.Scan() { // the last of the lines
		if key, value, ok := strings.Cut(strings.TrimPrefix(lines.Text(), "export "), "="); ok {
			a.env[key] = strings.Trim(value, "'")
		}
	}
	go func() { _, _ = io.Copy(io.Discard, stdout) }()
	pem, err := os.ReadFile(a.env["EWS_AUTH_CA"])
	if err != nil || !a.roots.AppendCertsFromPEM(pem) {
		a.stop()
		return nil, fmt.Errorf("starting Apache: %w", errors.Join(err, lines.Err()))
	}
	return a, nil
}

func (a *apache) stop() {
	_ = a.stdin.Close()
	_ = a.cmd.Wait()
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
