package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
)

func runCommand(ctx context.Context, password string, args ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	status = run(ctx, args, password, &out, &errs)
	return status, out.String(), errs.String()
}

func TestRun_InProcess(t *testing.T) {
	t.Parallel()
	status, stdout, stderr := runCommand(t.Context(), "", "MyCustomGroup")
	if status != 0 || stderr != "no -endpoint: an Exchange in process is used\n" {
		t.Fatalf("status %d: %s", status, stderr)
	}
	for _, want := range []string{"MyCustomGroup", "IPM.DistList.MOC.UserGroup", "id:         AA", "server:     15."} {
		if !strings.Contains(stdout, want) {
			t.Errorf("output lacks %q:\n%s", want, stdout)
		}
	}
}

func TestRun_Usage(t *testing.T) {
	t.Parallel()
	const endpoint = "https://mail.contoso.com/EWS/Exchange.asmx"
	tests := map[string]struct {
		password string
		args     []string
	}{
		"no name":       {"", nil},
		"two names":     {"", []string{"a", "b"}},
		"unknown flag":  {"", []string{"-color", "red", "a"}},
		"bad endpoint":  {"secret", []string{"-endpoint", "mail.contoso.com", "-user", "u", "a"}},
		"no user":       {"secret", []string{"-endpoint", endpoint, "a"}},
		"no password":   {"", []string{"-endpoint", endpoint, "-user", "u", "a"}},
		"user, no host": {"secret", []string{"-user", "u", "a"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, stdout, stderr := runCommand(t.Context(), tc.password, tc.args...)
			if status != 2 || stdout != "" || stderr == "" {
				t.Errorf("status %d, stdout %q, stderr %q; want 2 and a reason", status, stdout, stderr)
			}
			if strings.Contains(stderr, "secret") {
				t.Errorf("the password is in %q", stderr)
			}
		})
	}
}

func TestAddGroup_Twice(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(nil)
	client, err := ews.NewClient(ewstest.Endpoint, &ews.Options{HTTPClient: srv.Client()})
	if err != nil {
		t.Fatal(err)
	}
	client = client.Impersonate(ews.PrimarySMTP("anna@contoso.com"))
	var out bytes.Buffer
	if err := addGroup(t.Context(), client, "Team", &out); err != nil || !strings.Contains(out.String(), "Team") {
		t.Fatalf("addGroup: %v, output %q", err, out.String())
	}
	if groups := srv.Groups("anna@contoso.com"); groups[len(groups)-1].DisplayName != "Team" {
		t.Errorf("the mailbox has %v", groups)
	}
	if err := addGroup(t.Context(), client, "Team", &out); !errors.Is(err, ews.ErrorImGroupDisplayNameAlreadyExists) {
		t.Errorf("second time: %v", err)
	}
}

func TestRun_HTMLAnswer(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "<html>not here</html>")
	}))
	t.Cleanup(s.Close)
	status, _, stderr := runCommand(t.Context(), "p", "-endpoint", s.URL, "-user", "u", "a")
	if status != 1 || !strings.Contains(stderr, "HTTP 404") || strings.Contains(stderr, "not here") {
		t.Errorf("status %d: %s", status, stderr)
	}
}

func TestRun_Interrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	status, _, stderr := runCommand(ctx, "p", "-endpoint", "https://127.0.0.1:1/", "-user", "u", "a")
	if status == 0 || !strings.Contains(stderr, context.Canceled.Error()) {
		t.Errorf("status %d: %s", status, stderr)
	}
}

// TestREADME holds that the command has the flags that the README names for it.
func TestREADME(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "## Two commands")
	section, _, _ = strings.Cut(section, "\n## ")
	flags := regexp.MustCompile("`(-[a-z]+)`").FindAllStringSubmatch(section, -1)
	_, _, help := runCommand(t.Context(), "", "-h")
	for _, flag := range flags {
		if flag[1] != "-h" && !strings.Contains(help, "\n  "+flag[1]+" ") {
			t.Errorf("there is no flag %s", flag[1])
		}
	}
	if len(flags) == 0 {
		t.Error("the README names no flag")
	}
}
