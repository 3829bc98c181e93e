package kerberos

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-ews/exchange/auth"
)

// A causeCase is a login that fails, and the one cause that its error must name.
type causeCase struct {
	name           string
	user, password string
	service        string        // "": the right one
	at             string        // the URL
	clock          time.Duration // the error of this machine's clock
	want           string
}

// allCauses are the words of each cause. An error that names one must name no other.
var allCauses = map[string]string{
	"unknown":    "there is no such user",
	"wrong":      "the password or the key is wrong",
	"disabled":   "the account is disabled",
	"expired":    "the account has expired",
	"must":       "the user must change the password",
	"old":        "the password has expired",
	"locked":     "the account is locked out",
	"service":    "register it with setspn -S",
	"key":        "the service name",
	"clock":      "the clocks: ",
	"notoffered": "the server does not offer Negotiate",
}

// withClock runs f under a wrong clock. A bubble's clock can be moved, and real connections work in
// a bubble, but for the DNS: all servers are on loopback.
func withClock(t *testing.T, off time.Duration, f func(t *testing.T)) {
	t.Helper()
	now := time.Now()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(now.Add(off)))
		f(t)
	})
}

func dialLoopback(ctx context.Context, network, address string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+port)
}

// clocked returns a transport whose mechanism and connections can live in a bubble.
func clocked(t *testing.T, user, password string, opts Options) *auth.Transport {
	t.Helper()
	m, err := Password(auth.Static(user, password), &opts)
	if err != nil {
		t.Fatal(err)
	}
	m.dial = dialLoopback
	tr, err := auth.Negotiate(&http.Transport{DialContext: dialLoopback}, m,
		&auth.Options{AllowHTTP: true})
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// check logs in, and looks for the cause in the error.
func (c causeCase) check(t *testing.T, opts *Options) {
	t.Helper()
	opts.ServicePrincipal = c.service
	withClock(t, c.clock, func(t *testing.T) {
		t.Helper()
		tr := clocked(t, c.user, c.password, *opts)
		defer tr.CloseIdleConnections()
		_, err := post(t.Context(), tr, c.at)
		e, ok := errors.AsType[*auth.Error](err)
		if !ok || !e.NotSent() {
			t.Fatalf("error %v", err)
		}
		for cause, words := range allCauses {
			if strings.Contains(err.Error(), words) != (cause == c.want) {
				t.Errorf("want the cause %s, not %s: %v", c.want, cause, err)
			}
		}
		t.Log(err)
	})
}

// serverClock gets a ticket under the right clock, and uses it under a wrong one.
func serverClock(t *testing.T, opts *Options, user, password, at string) {
	t.Helper()
	withClock(t, 0, func(t *testing.T) {
		t.Helper()
		tr := clocked(t, user, password, *opts)
		defer tr.CloseIdleConnections()
		if _, err := post(t.Context(), tr, at); err != nil {
			t.Fatal(err)
		}
		tr.CloseIdleConnections() // one that waits for the server would hold the clock
		time.Sleep(10 * time.Minute)
		_, err := post(t.Context(), tr, at)
		if err == nil || !strings.Contains(err.Error(), "check the clocks: ") {
			t.Errorf("error %v, want the clocks in it", err)
		}
		t.Log(err)
	})
}

// TestPeer_Causes: MIT's KDC and Apache refuse for many reasons, and each error names its own.
//
//nolint:paralleltest // a bubble cannot wait for others
func TestPeer_Causes(t *testing.T) {
	needPeer(t)
	word := rand.Text()
	kadmin(t, "addprinc -pw "+word+" +requires_preauth gina",
		"addprinc -pw "+word+" -allow_tix dave", "addprinc -pw "+word+" +needchange erin",
		"addprinc -pw "+word+` -expire "2020-01-01 UTC" ella`, "addprinc -pw "+word+` -pwexpire "2020-01-01 UTC" paul`,
		"addprinc -randkey HTTP/elsewhere")
	at := os.Getenv("EWS_AUTH_HTTP") + "/krb5/EWS/causes"
	alice := os.Getenv("EWS_AUTH_PASS")
	for _, c := range []causeCase{
		{"unknown user", "nobody-here", word, "", at, 0, "unknown"},
		{"wrong password", "alice", "wr0ng", "", at, 0, "wrong"},
		{"wrong password, proof required", "gina", "wr0ng", "", at, 0, "wrong"},
		{"disabled", "dave", word, "", at, 0, "disabled"},
		{"account expired", "ella", word, "", at, 0, "expired"},
		{"must change", "erin", word, "", at, 0, "must"},
		{"password expired", "paul", word, "", at, 0, "old"},
		{"unknown service", "alice", alice, "HTTP/elsewhere.example", at, 0, "service"},
		{"another service", "alice", alice, "HTTP/elsewhere", at, 0, "key"},
		{"clock behind", "gina", word, "", at, -10 * time.Minute, "clock"},
		{"clock ahead", "gina", word, "", at, 10 * time.Minute, "clock"},
		{"scheme not offered", "alice", alice, "", os.Getenv("EWS_AUTH_HTTP") + "/basic/EWS/causes", 0, "notoffered"},
	} {
		t.Run(c.name, func(t *testing.T) { c.check(t, peerOptions()) })
	}
	t.Run("clock of the server", func(t *testing.T) { serverClock(t, peerOptions(), "alice", alice, at) })
}

// kadmin changes the database of MIT's KDC.
func kadmin(t *testing.T, commands ...string) {
	t.Helper()
	dir := os.Getenv("EWS_AUTH_DIR")
	cmd := exec.CommandContext(t.Context(), "kadmin.local", "-r", os.Getenv("EWS_AUTH_REALM"))
	cmd.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin", "KRB5_CONFIG="+dir+"/krb5.conf",
		"KRB5_KDC_PROFILE="+dir+"/kdc/kdc.conf")
	cmd.Stdin = strings.NewReader(strings.Join(commands, "\n") + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// TestSamba_Causes: the same for Active Directory's KDC and the servers of its domain.
//
//nolint:paralleltest // a bubble cannot wait for others
func TestSamba_Causes(t *testing.T) {
	sambaEndpoint(t)
	at := os.Getenv("EWS_AD_HTTP") + "/krb5/EWS/causes"
	alice, ella := os.Getenv("EWS_AD_PASS_ALICE"), "Ella-"+rand.Text()
	sambaTool(t, "user", "create", "ella", ella)
	sambaTool(t, "user", "create", "wanda", ella)
	sambaTool(t, "user", "setexpiry", "ella", "--days=-1")
	for _, c := range []causeCase{
		{"unknown user", "nobody-here", "x", "", at, 0, "unknown"},
		{"wrong password", "wanda", "wr0ng", "", at, 0, "wrong"},
		{"disabled", "dave", os.Getenv("EWS_AD_PASS_DAVE"), "", at, 0, "disabled"},
		{"account expired", "ella", ella, "", at, 0, "expired"},
		{"must change", "erin", os.Getenv("EWS_AD_PASS_ERIN"), "", at, 0, "must"},
		{"unknown service", "alice", alice, "HTTP/other.corp.test", at, 0, "service"},
		{"another service", "alice", alice, "HTTP/dc1.corp.test", at, 0, "key"},
		{"clock behind", "alice", alice, "", at, -10 * time.Minute, "clock"},
		{"clock ahead", "alice", alice, "", at, 10 * time.Minute, "clock"},
		{"scheme not offered", "alice", alice, "", os.Getenv("EWS_AD_NTLM_HTTP") + "/EWS/causes", 0, "notoffered"},
	} {
		t.Run(c.name, func(t *testing.T) { c.check(t, sambaOptions()) })
	}
	t.Run("clock of the server", func(t *testing.T) { serverClock(t, sambaOptions(), "alice", alice, at) })
}

func sambaTool(t *testing.T, arguments ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "samba-tool", arguments...).CombinedOutput(); err != nil {
		t.Fatalf("samba-tool %s: %v: %s", strings.Join(arguments, " "), err, out)
	}
}
