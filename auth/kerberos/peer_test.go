package kerberos

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/internal/tally"
)

// The peer tests run against ../../../shared/peers/auth-server.sh, whose variables they read:
//
//	auth-server.sh --epa -- go test -run Peer .

// needPeer skips without the server.
func needPeer(t *testing.T) {
	t.Helper()
	if os.Getenv("EWS_AUTH_HTTP") == "" {
		t.Skip("no authenticating server: run under auth-server.sh --epa -- (its variables EWS_AUTH_…)")
	}
}

func peerBase(t *testing.T) *http.Transport {
	t.Helper()
	pem, err := os.ReadFile(os.Getenv("EWS_AUTH_CA"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate in EWS_AUTH_CA")
	}
	base := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	t.Cleanup(base.CloseIdleConnections)
	return base
}

func peerOptions() *Options { return &Options{ConfigFile: os.Getenv("EWS_AUTH_KRB5_CONFIG")} }

func peerPassword(t *testing.T, user, password string) *Mechanism {
	t.Helper()
	m, err := Password(auth.Static(user, password), peerOptions())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func peerAlice(t *testing.T) *Mechanism {
	t.Helper()
	return peerPassword(t, "alice", os.Getenv("EWS_AUTH_PASS"))
}

func negotiate(t *testing.T, m *Mechanism, o *auth.Options) *auth.Transport {
	t.Helper()
	tr, err := auth.Negotiate(peerBase(t), m, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// TestPeer_Matrix: a call is one request, whether the server keeps logins (/EWS) or not (/krb5).
//
//nolint:paralleltest // each wants the machine for itself
func TestPeer_Matrix(t *testing.T) {
	t.Parallel()
	needPeer(t)
	for _, place := range []string{"HTTP", "HTTPS", "H2"} {
		for _, prefix := range []string{"/EWS", "/krb5/EWS"} {
			for _, workers := range []int{1, 64} {
				for _, max := range []int{1, 8, 64} {
					name := fmt.Sprintf("%s%s/%d goroutines/%d connections", place, prefix, workers, max)
					t.Run(name, func(t *testing.T) {
						path := fmt.Sprintf("%s/kerberos-%s-%d-%d-%s", prefix, place, workers, max, rand.Text())
						tr := negotiate(t, peerAlice(t), &auth.Options{MaxConns: max})
						c := load(t, tr, os.Getenv("EWS_AUTH_"+place)+path, workers)
						requests, conns := logged(t, "EWS_AUTH_ACCESS_LOG", path, 1000)
						t.Log(c.Line("Apache", "Kerberos", requests))
						if requests != 1000 {
							t.Errorf("%d requests over %d connections, want 1000", requests, conns)
						}
					})
				}
			}
		}
	}
}

// load posts a thousand times as alice.
func load(t *testing.T, tr *auth.Transport, url string, workers int) *tally.Count {
	t.Helper()
	c := &tally.Count{}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for range (1000 + w) / workers {
				text, err := post(t.Context(), tr, url)
				if !c.Add("alice@EXCH.TEST", text, err) || !strings.Contains(text, "<BodyLength>5<") {
					t.Errorf("%s, %v", text, err)
				}
			}
		})
	}
	wg.Wait()
	return c
}

var logPort = regexp.MustCompile(`(?m)^port=(\d+) .* url=(\S+) `)

// logged counts a path's requests and connections in the access log, which Apache writes after the
// responses.
func logged(t *testing.T, variable, path string, want int) (requests, conns int) {
	t.Helper()
	for range 500 {
		log, err := os.ReadFile(os.Getenv(variable))
		if err != nil {
			t.Fatal(err)
		}
		ports := map[string]bool{}
		requests = 0
		for _, m := range logPort.FindAllStringSubmatch(string(log), -1) {
			if m[2] == path {
				requests++
				ports[m[1]] = true
			}
		}
		if conns = len(ports); requests >= want {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	return requests, conns
}

// TestPeer_Identities has three identities on one base transport.
func TestPeer_Identities(t *testing.T) {
	t.Parallel()
	needPeer(t)
	base := peerBase(t)
	bob, err := Keytab(os.Getenv("EWS_AUTH_KRB5_KEYTAB"), "bob@EXCH.TEST", peerOptions())
	if err != nil {
		t.Fatal(err)
	}
	asAlice, err := auth.Negotiate(base, peerAlice(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer asAlice.CloseIdleConnections()
	asBob, err := auth.Negotiate(base, bob, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer asBob.CloseIdleConnections()
	identities := []struct {
		tr         http.RoundTripper
		path, want string
	}{
		{asAlice, "/EWS/identities", "<User>alice@EXCH.TEST</User>"},
		{asBob, "/EWS/identities", "<User>bob@EXCH.TEST</User>"},
		{base, "/open/identities", "<User></User>"},
		{base, "/EWS/identities", "401 Unauthorized"},
	}
	var wg sync.WaitGroup
	for w := range 48 {
		who := identities[w%len(identities)]
		wg.Go(func() {
			for range 25 {
				text, err := post(t.Context(), who.tr, os.Getenv("EWS_AUTH_HTTPS")+who.path)
				if err != nil || !strings.Contains(text, who.want) {
					t.Errorf("%s, %v, want %s", text, err, who.want)
				}
			}
		})
	}
	wg.Wait()
}

func TestPeer_Sources(t *testing.T) {
	t.Parallel()
	needPeer(t)
	keys, err := Keytab(os.Getenv("EWS_AUTH_KRB5_KEYTAB"), "alice@EXCH.TEST", peerOptions())
	if err != nil {
		t.Fatal(err)
	}
	cache, err := CCache(os.Getenv("EWS_AUTH_KRB5_CCACHE"), peerOptions())
	if err != nil {
		t.Fatal(err)
	}
	named := peerOptions()
	named.ServicePrincipal = os.Getenv("EWS_AUTH_SPN")
	service, err := Password(auth.Static("alice@exch.test", os.Getenv("EWS_AUTH_PASS")), named)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		m    *Mechanism
		want string
	}{
		{"password", peerAlice(t), "alice@EXCH.TEST"},
		{"password with realm, service named", service, "alice@EXCH.TEST"},
		{"non-ASCII password", peerPassword(t, "carol", os.Getenv("EWS_AUTH_PASS3")), "carol@EXCH.TEST"},
		{"keytab", keys, "alice@EXCH.TEST"},
		{"credential cache", cache, "alice@EXCH.TEST"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text, err := post(t.Context(), negotiate(t, c.m, nil), os.Getenv("EWS_AUTH_HTTPS")+"/EWS/sources")
			if err != nil || !strings.Contains(text, "<User>"+c.want+"</User>") {
				t.Errorf("%s, %v", text, err)
			}
		})
	}
}

// TestPeer_KDCOverTCP starts further KDCs on the server's database: one that listens for TCP only,
// and one whose replies never fit a datagram.
func TestPeer_KDCOverTCP(t *testing.T) {
	t.Parallel()
	needPeer(t)
	for name, c := range map[string]struct{ listen, max string }{
		"TCP alone": {`""`, "4096"}, "replies too big for UDP": {"%s", "1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opts := peerOptions()
			opts.ConfigFile = ownKDC(t, c.listen, c.max)
			m, err := Password(auth.Static("alice", os.Getenv("EWS_AUTH_PASS")), opts)
			if err != nil {
				t.Fatal(err)
			}
			text, err := post(t.Context(), negotiate(t, m, nil), os.Getenv("EWS_AUTH_HTTPS")+"/EWS/tcp")
			if err != nil || !strings.Contains(text, "<User>alice@EXCH.TEST</User>") {
				t.Errorf("%s, %v", text, err)
			}
		})
	}
}

// ownKDC starts a KDC and returns a krb5.conf that leads to it.
func ownKDC(t *testing.T, udp, maxReply string) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	dir, state := t.TempDir(), os.Getenv("EWS_AUTH_DIR")
	profile, err := os.ReadFile(state + "/kdc/kdc.conf")
	if err != nil {
		t.Fatal(err)
	}
	lines := "[kdcdefaults]\n kdc_max_dgram_reply_size = " + maxReply + "\n kdc_tcp_listen = " + address +
		"\n kdc_listen = " + strings.Replace(udp, "%s", address, 1) + "\n"
	_, realms, _ := strings.Cut(string(profile), "[realms]")
	realms, _, _ = strings.Cut(realms, "[logging]")
	conf, err := os.ReadFile(os.Getenv("EWS_AUTH_KRB5_CONFIG"))
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?m)^ *kdc = .*`).ReplaceAllString(string(conf), "kdc = "+address)
	text = strings.Replace(text, "udp_preference_limit = 1", "udp_preference_limit = 1465", 1)
	for name, text := range map[string]string{"/kdc.conf": lines + "[realms]" + realms, "/krb5.conf": text} {
		if err := os.WriteFile(dir+name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "/usr/sbin/krb5kdc", "-n", "-r", os.Getenv("EWS_AUTH_REALM"))
	cmd.Env = append(os.Environ(), "KRB5_CONFIG="+dir+"/krb5.conf", "KRB5_KDC_PROFILE="+dir+"/kdc.conf")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() })
	awaitPort(t, address)
	return dir + "/krb5.conf"
}

func TestPeer_ExtendedProtection(t *testing.T) {
	t.Parallel()
	needPeer(t)
	if os.Getenv("EWS_AUTH_EPA") == "" {
		t.Skip("no endpoint that checks channel bindings: run under auth-server.sh --epa")
	}
	for _, c := range []struct {
		mode    string
		binding auth.ChannelBinding
		want    string
	}{
		{"none", auth.ChannelBindingAuto, "<ChannelBinding>unbound<"},
		{"allow", auth.ChannelBindingAuto, "<ChannelBinding>bound<"},
		{"allow", auth.ChannelBindingOff, "<ChannelBinding>unbound<"},
		{"require", auth.ChannelBindingAuto, "<ChannelBinding>bound<"},
		{"require-once", auth.ChannelBindingAuto, "<ChannelBinding>bound<"},
		{"require", auth.ChannelBindingOff, "Extended Protection"},
	} {
		t.Run(fmt.Sprintf("%s/%d", c.mode, c.binding), func(t *testing.T) {
			t.Parallel()
			tr := negotiate(t, peerAlice(t), &auth.Options{ChannelBinding: c.binding})
			for range 3 {
				text, err := post(t.Context(), tr, os.Getenv("EWS_AUTH_EPA")+"/epa-"+c.mode+"/x")
				if err != nil {
					text = err.Error()
				}
				if !strings.Contains(text, c.want) {
					t.Errorf("%s, want %s", text, c.want)
				}
				tr.CloseIdleConnections() // the next one resumes the TLS session
			}
		})
	}
}
