package sspi

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/auth"
)

// A fakeSystem is Windows with an account. Its logins return the tokens of one script.
type fakeSystem struct {
	script []fakeStep
	proves bool          // the server's identity
	hold   chan struct{} // nil, or what a step waits for

	mu     sync.Mutex
	logins []*fakeLogin
}

// A fakeStep is what InitializeSecurityContext returns.
type fakeStep struct {
	token string
	more  bool
	err   error
}

func (s *fakeSystem) begin(service string, bindings []byte) (securityContext, error) {
	c := &fakeLogin{fakeSystem: s, service: service, bindings: bindings}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logins = append(s.logins, c)
	return c, nil
}

type fakeLogin struct {
	*fakeSystem

	service  string
	bindings []byte
	got      []string
	closed   int
}

func (c *fakeLogin) step(token []byte) ([]byte, bool, error) {
	if c.closed > 0 {
		return nil, false, errors.New("used after its end")
	}
	c.got = append(c.got, string(token))
	if c.hold != nil {
		<-c.hold
	}
	if len(c.got) > len(c.script) {
		return nil, false, errors.New("the script is at its end")
	}
	s := c.script[len(c.got)-1]
	return []byte(s.token), s.more, s.err
}

func (c *fakeLogin) mutual() bool { return c.proves }

func (c *fakeLogin) close() { c.closed++ }

const (
	type1  = "\x60NTLMSSP\x00\x01\x00\x00\x00…"
	type3  = "\xa1NTLMSSP\x00\x03\x00\x00\x00…"
	denied = syscall.Errno(0x8009030C)
)

// TestHandshake plays logins: it feeds the server's tokens and compares the results line by line.
func TestHandshake(t *testing.T) {
	t.Parallel()
	kerberos := []fakeStep{{"AP-REQ", true, nil}, {"", false, nil}}
	ntlm := []fakeStep{{type1, true, nil}, {type3, true, nil}, {"", false, nil}}
	for _, c := range []struct {
		name   string
		script []fakeStep
		proves bool
		ntlm   bool     // is allowed
		server []string // its tokens; "-": none came with the response
		want   []string
	}{
		{"Kerberos", kerberos, true, false, []string{"AP-REP"}, []string{"AP-REQ, then the request", "logged in"}},
		{"no proof", kerberos, true, false, []string{"-"}, []string{"AP-REQ, then the request", "the server did not prove its identity: its response carries no token"}},
		{"no mutual authentication", kerberos, false, false, []string{"AP-REP"}, []string{"AP-REQ, then the request", "the server did not prove its identity"}},
		{"finished without a proof", []fakeStep{{"AP-REQ", false, nil}}, false, false, []string{"-"}, []string{"AP-REQ, then the request", "the server did not prove its identity"}},
		{"a wrong proof", []fakeStep{{"AP-REQ", true, nil}, {"", false, syscall.Errno(0x80090322)}}, true, false, []string{"AP-REP"}, []string{"AP-REQ, then the request", "SEC_E_WRONG_PRINCIPAL (0x80090322)"}},
		{"another token asked for", []fakeStep{{"AP-REQ", true, nil}, {"more", true, nil}}, true, false, []string{"AP-REP"}, []string{"AP-REQ, then the request", "it asks for another token"}},
		{"denied", []fakeStep{{"", false, denied}}, true, false, nil, []string{"SEC_E_LOGON_DENIED (0x8009030C)"}},
		{"NTLM not allowed", ntlm, false, false, nil, []string{"no Kerberos ticket for HTTP/mail and would log in by NTLM"}},
		{"NTLM", ntlm, false, true, []string{"type 2", "-"}, []string{type1, type3 + ", then the request", "logged in"}},
		{"NTLM in SPNEGO", ntlm, false, true, []string{"type 2", "accepted"}, []string{type1, type3 + ", then the request", "logged in"}},
		{"NTLM after NEGOEX", append([]fakeStep{{"NEGOEXTS", true, nil}}, ntlm...), false, true, []string{"no", "type 2", "-"}, []string{"NEGOEXTS", type1, type3 + ", then the request", "logged in"}},
		{"an empty challenge", ntlm, false, true, []string{"-"}, []string{type1, "challenge is empty"}},
		{"no token", []fakeStep{{"", true, nil}}, true, false, nil, []string{"Windows returned no token"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &fakeSystem{script: c.script, proves: c.proves}
			m := &Mechanism{system: s, allowNTLM: c.ntlm}
			got := play(t, m, c.server)
			for i, want := range c.want {
				if i >= len(got) || !strings.Contains(got[i], want) {
					t.Fatalf("%q, want %q", got, c.want)
				}
			}
			if len(got) != len(c.want) || s.logins[0].closed == 0 {
				t.Errorf("%q, want %q; closed %d times", got, c.want, s.logins[0].closed)
			}
		})
	}
}

func play(t *testing.T, m *Mechanism, server []string) (lines []string) {
	t.Helper()
	x, err := m.Start(t.Context(), auth.Target{Host: "mail"})
	if err != nil {
		t.Fatal(err)
	}
	var challenge []byte
	for finished := false; ; server = server[1:] {
		token, done, err := x.Next(t.Context(), challenge)
		switch {
		case err != nil:
			return append(lines, err.Error())
		case finished:
			return append(lines, "logged in")
		case done:
			lines = append(lines, string(token)+", then the request")
		default:
			lines = append(lines, string(token))
		}
		if len(server) == 0 {
			return lines
		}
		finished, challenge = done, []byte(strings.TrimPrefix(server[0], "-"))
	}
}

// TestNegotiate is a call over TLS: one request, with the binding of RFC 5929 in the form of Windows, for
// the service of the URL or the one that was given.
func TestNegotiate(t *testing.T) {
	t.Parallel()
	for _, given := range []string{"", "HTTP/mail.example.com"} {
		var requests []string
		server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			requests = append(requests, r.Header.Get("Authorization")+" "+string(body))
			w.Header().Set("Www-Authenticate", "Negotiate QVAtUkVQ")
		}))
		t.Cleanup(server.Close)
		s := &fakeSystem{script: []fakeStep{{"AP-REQ", true, nil}, {"", false, nil}}, proves: true}
		base, _ := server.Client().Transport.(*http.Transport)
		tr, err := auth.Negotiate(base, &Mechanism{system: s, service: given}, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(tr.CloseIdleConnections)
		if _, err := post(t.Context(), tr, server.URL); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"Negotiate QVAtUkVR hello"}, requests); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
		login := s.logins[0]
		want := given
		if want == "" {
			want = "HTTP/127.0.0.1"
		}
		if login.service != want || len(login.bindings) != 32+len("tls-server-end-point:")+32 {
			t.Errorf("service %s, %d bytes of bindings", login.service, len(login.bindings))
		}
	}
}

func post(ctx context.Context, tr http.RoundTripper, url string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader("hello"))
	if err != nil {
		return "", err
	}
	resp, err := tr.RoundTrip(r)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(resp.Body)
	return string(text), errors.Join(err, resp.Body.Close())
}

// TestNegotiate_Refused has the reason of Windows in the error of a refused login, and a login that
// cannot begin says that nothing was sent.
func TestNegotiate_Refused(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Www-Authenticate", "Negotiate S1JCLUVSUk9S")
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(server.Close)
	skew := syscall.Errno(0x80090324)
	for _, c := range []struct {
		name   string
		script []fakeStep
		want   string
	}{
		{"by the server", []fakeStep{{"AP-REQ", true, nil}, {"", false, skew}}, "SEC_E_TIME_SKEW (0x80090324)"},
		{"by Windows", []fakeStep{{"", false, skew}}, "nothing of the request was sent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tr, err := auth.Negotiate(nil, &Mechanism{system: &fakeSystem{script: c.script}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(tr.CloseIdleConnections)
			_, err = post(t.Context(), tr, server.URL)
			e, ok := errors.AsType[*auth.Error](err)
			if !ok || !e.NotSent() || !e.Permanent() || !errors.Is(err, skew) || !strings.Contains(err.Error(), c.want) ||
				!strings.Contains(err.Error(), "check the clocks") {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

// TestHandshake_GivenUp: a login for which Windows takes too long ends with its context, and is freed when
// Windows returns.
func TestHandshake_GivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSystem{script: []fakeStep{{"AP-REQ", true, nil}}, hold: make(chan struct{})}
		x, err := (&Mechanism{system: s}).Start(t.Context(), auth.Target{Host: "mail"})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, _, err = x.Next(ctx, nil)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "reaches a domain controller") {
			t.Errorf("error %v", err)
		}
		if s.logins[0].closed != 0 {
			t.Error("freed while Windows uses it")
		}
		close(s.hold)
		synctest.Wait()
		if s.logins[0].closed != 1 {
			t.Error("not freed afterwards")
		}
		_, _, err = x.Next(ctx, nil)
		if !errors.Is(err, context.DeadlineExceeded) || len(s.logins[0].got) != 1 {
			t.Errorf("after the end: %d steps, %v", len(s.logins[0].got), err)
		}
	})
}

func TestChannelBindings(t *testing.T) {
	t.Parallel()
	got := hex.EncodeToString(channelBindings([]byte("tls-server-end-point:x")))
	want := strings.Repeat("00", 24) + "16000000" + "20000000" + hex.EncodeToString([]byte("tls-server-end-point:x"))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if channelBindings(nil) != nil {
		t.Error("bindings of nothing")
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	seen := map[uint32]bool{}
	for _, s := range statuses {
		if seen[s.code] || !strings.HasPrefix(s.name, "SEC_E_") || s.code>>16 != 0x8009 {
			t.Errorf("%+v", s)
		}
		seen[s.code] = true
	}
	unknown := explain(syscall.Errno(0x8009FFFF), "HTTP/mail").Error()
	if !strings.Contains(unknown, "status (0x8009FFFF)") {
		t.Errorf("an unknown status: %s", unknown)
	}
	if err := errors.New("other"); !errors.Is(explain(err, ""), err) {
		t.Error("another error was changed")
	}
}
