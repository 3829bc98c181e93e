package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-ews/exchange/ews/ewstest"
)

func runCommand(ctx context.Context, stdin io.Reader, args ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	status = run(ctx, args, stdin, &out, &errs)
	return status, out.String(), errs.String()
}

func TestRun_InProcess(t *testing.T) {
	t.Parallel()
	status, stdout, stderr := runCommand(t.Context(), nil, "MyCustomGroup")
	if status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	for _, want := range []string{"MyCustomGroup", "IPM.DistList.MOC.UserGroup", "AAMk", "server:     15."} {
		if !strings.Contains(stdout, want) {
			t.Errorf("output lacks %q:\n%s", want, stdout)
		}
	}
}

func TestRun_Usage(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		"no name":        {},
		"two names":      {"a", "b"},
		"unknown flag":   {"-color", "red", "a"},
		"bad culture":    {"-culture", "English (United States)", "a"},
		"bad version":    {"-version", "Exchange2019", "a"},
		"bad endpoint":   {"-endpoint", "mail.contoso.com", "-user", "u", "a"},
		"no user":        {"-endpoint", "https://mail.contoso.com/EWS/Exchange.asmx", "a"},
		"unknown scheme": {"-endpoint", "https://mail.contoso.com/EWS/Exchange.asmx", "-user", "u", "-auth", "x", "a"},
		"kerberos":       {"-endpoint", "https://mail.contoso.com/EWS/Exchange.asmx", "-auth", "kerberos", "a"},
	}
	for name, args := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, stdout, stderr := runCommand(t.Context(), strings.NewReader("secret\n"), args...)
			if status != 2 || stdout != "" || stderr == "" {
				t.Errorf("status %d, stdout %q, stderr %q; want 2 and a reason", status, stdout, stderr)
			}
			if strings.Contains(stderr, "secret") {
				t.Errorf("the password is in %q", stderr)
			}
		})
	}
}

// overBasic is an Exchange on loopback that asks for one password.
func overBasic(t *testing.T, srv http.Handler) (endpoint string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, ok := r.BasicAuth(); !ok || user != "tony" || password != "right" {
			w.Header().Set("WWW-Authenticate", `Basic realm="mail"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		srv.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/EWS/Exchange.asmx"
}

func TestRun_RealServer(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(nil)
	endpoint := overBasic(t, srv)
	args := []string{"-endpoint", endpoint, "-user", "tony", "-auth", "basic", "-mailbox", "anna@contoso.com", "Team"}

	status, stdout, stderr := runCommand(t.Context(), strings.NewReader("right\r\nmore"), args...)
	if status != 0 || !strings.Contains(stdout, "Team") {
		t.Fatalf("status %d: %s", status, stderr)
	}
	if groups := srv.Groups("anna@contoso.com"); groups[len(groups)-1].DisplayName != "Team" {
		t.Errorf("the mailbox has %v", groups)
	}

	status, _, stderr = runCommand(t.Context(), strings.NewReader("right"), args...)
	if status != 1 || !strings.Contains(stderr, "ErrorImGroupDisplayNameAlreadyExists") {
		t.Errorf("second time: status %d: %s", status, stderr)
	}

	status, _, stderr = runCommand(t.Context(), strings.NewReader("wrong"), args...)
	if status != 1 || !strings.Contains(stderr, "401") && !strings.Contains(stderr, "refused") || strings.Contains(stderr, "wrong") {
		t.Errorf("wrong password: status %d: %s", status, stderr)
	}
}

func TestRun_HTMLAnswer(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "<html>not here</html>")
	}))
	t.Cleanup(s.Close)
	status, _, stderr := runCommand(t.Context(), strings.NewReader("p"), "-endpoint", s.URL, "-user", "u", "-auth", "basic", "a")
	if status != 1 || !strings.Contains(stderr, "HTTP 404") || strings.Contains(stderr, "not here") {
		t.Errorf("status %d: %s", status, stderr)
	}
}

func TestRun_Interrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	never, _ := io.Pipe() // nobody types the password
	status, _, stderr := runCommand(ctx, never, "-endpoint", "https://127.0.0.1:1/", "-user", "u", "a")
	if status == 0 || !strings.Contains(stderr, "interrupted") {
		t.Errorf("status %d: %s", status, stderr)
	}
}
