package auth

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A fakeMechanism makes one token and wants "proof of <token>" back, or makes several.
type fakeMechanism struct {
	legs int // 0: one

	mu      sync.Mutex
	started int
	refused []string
	targets []Target
}

func (m *fakeMechanism) Start(_ context.Context, t Target) (Handshake, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.started++
	m.targets = append(m.targets, t)
	return &fakeExchange{m: m, name: fmt.Sprintf("token%d", m.started)}, nil
}

type fakeExchange struct {
	m    *fakeMechanism
	name string
	leg  int
}

func (x *fakeExchange) Next(_ context.Context, challenge []byte) ([]byte, bool, error) {
	legs := max(x.m.legs, 1)
	if x.leg < legs {
		if want := ""; x.leg > 0 {
			want = fmt.Sprintf("challenge %d", x.leg)
			if string(challenge) != want {
				return nil, false, fmt.Errorf("challenge %q, want %q", challenge, want)
			}
		}
		x.leg++
		return fmt.Appendf(nil, "%s/%d", x.name, x.leg), x.leg == legs, nil
	}
	if string(challenge) != "proof of "+x.name {
		x.m.mu.Lock()
		x.m.refused = append(x.m.refused, string(challenge))
		x.m.mu.Unlock()
		return nil, true, fmt.Errorf("the proof is %q", challenge)
	}
	return nil, true, nil
}

// negotiateServer passes tokens to respond and logs each request's Authorization and body.
func negotiateServer(
	t *testing.T, respond func(w http.ResponseWriter, token, body string),
) (*httptest.Server, *[]string) {
	t.Helper()
	var mu sync.Mutex
	var log []string
	s := started(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		blob, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Negotiate ")
		token, _ := base64.StdEncoding.DecodeString(blob)
		mu.Lock()
		log = append(log, string(token)+":"+string(body))
		mu.Unlock()
		respond(w, string(token), string(body))
	}))
	return s, &log
}

func challengeWith(w http.ResponseWriter, text string) {
	w.Header().Set("WWW-Authenticate", strings.TrimSpace("Negotiate "+base64.StdEncoding.EncodeToString([]byte(text))))
}

func prove(w http.ResponseWriter, token string) {
	name, _, _ := strings.Cut(token, "/")
	challengeWith(w, "proof of "+name)
}

func TestNegotiate_OneRequestPerCall(t *testing.T) {
	t.Parallel()
	s, log := negotiateServer(t, func(w http.ResponseWriter, token, _ string) {
		prove(w, token)
		_, _ = io.WriteString(w, "ok")
	})
	tr := mustNegotiate(t, &fakeMechanism{})
	for range 3 {
		if got := post(t, tr, s.URL, "hello"); got != "ok" {
			t.Errorf("response %s", got)
		}
	}
	want := []string{"token1/1:hello", "token2/1:hello", "token3/1:hello"}
	if diff := cmp.Diff(want, *log); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func mustNegotiate(t *testing.T, m Mechanism) *Transport {
	t.Helper()
	tr, err := Negotiate(nil, m, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// TestNegotiate_PersistentAuth sends no further tokens on a connection whose login lasts, and a new
// one where it was lost.
func TestNegotiate_PersistentAuth(t *testing.T) {
	t.Parallel()
	calls := 0
	s, log := negotiateServer(t, func(w http.ResponseWriter, token, _ string) {
		calls++
		if token == "" && calls == 3 {
			w.Header().Set("WWW-Authenticate", "Negotiate")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if token != "" {
			prove(w, token)
			w.Header().Set("Persistent-Auth", "true")
		}
		_, _ = io.WriteString(w, "ok")
	})
	tr := mustNegotiate(t, &fakeMechanism{})
	for range 4 {
		if got := post(t, tr, s.URL, "hello"); got != "ok" {
			t.Errorf("response %s", got)
		}
	}
	want := []string{"token1/1:hello", ":hello", ":hello", "token2/1:hello", ":hello"}
	if diff := cmp.Diff(want, *log); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// TestNegotiate_SeveralLegs sends the body with the last token only.
func TestNegotiate_SeveralLegs(t *testing.T) {
	t.Parallel()
	s, log := negotiateServer(t, func(w http.ResponseWriter, token, _ string) {
		switch {
		case strings.HasSuffix(token, "/3"):
			prove(w, token)
			_, _ = io.WriteString(w, "ok")
		case token == "":
			_, _ = io.WriteString(w, "ok")
		default:
			challengeWith(w, "challenge "+token[strings.Index(token, "/")+1:])
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	tr := mustNegotiate(t, &fakeMechanism{legs: 3})
	for range 2 {
		if got := post(t, tr, s.URL, "hello"); got != "ok" {
			t.Errorf("response %s", got)
		}
	}
	want := []string{"token1/1:", "token1/2:", "token1/3:hello", ":hello"}
	if diff := cmp.Diff(want, *log); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestNegotiate_Failures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		legs    int
		respond func(w http.ResponseWriter, token, body string)
		want    string
		notSent bool
		refused []string // the challenge that the mechanism got
	}{
		{
			"no proof", 1, func(http.ResponseWriter, string, string) {},
			"not provably from the right server", false,
			[]string{""},
		},
		{
			"another's proof", 1, func(w http.ResponseWriter, _, _ string) { challengeWith(w, "proof of x") },
			"not provably from the right server", false,
			[]string{"proof of x"},
		},
		{"proof that is no base64", 1, func(w http.ResponseWriter, _, _ string) {
			w.Header().Set("WWW-Authenticate", "Negotiate abcde")
		}, "not base64", false, nil},
		{"refused", 1, func(w http.ResponseWriter, _, _ string) {
			w.Header().Set("WWW-Authenticate", "Negotiate")
			w.WriteHeader(http.StatusUnauthorized)
		}, "HTTP/127.0.0.1", true, []string{""}},
		{"refused with a reason", 1, func(w http.ResponseWriter, _, _ string) {
			challengeWith(w, "clock skew")
			w.WriteHeader(http.StatusUnauthorized)
		}, `the proof is "clock skew"`, true, []string{"clock skew"}},
		{"not offered", 1, func(w http.ResponseWriter, _, _ string) {
			w.Header().Set("WWW-Authenticate", "NTLM")
			w.WriteHeader(http.StatusUnauthorized)
		}, "the server does not offer Negotiate, and nothing of the request was done; the server offers NTLM; check which", true, nil},
		{"another time at the server", 1, func(w http.ResponseWriter, _, _ string) {
			w.Header().Set("Date", "Sat, 28 Nov 2020 00:00:00 GMT")
			w.Header().Set("WWW-Authenticate", "Negotiate")
			w.WriteHeader(http.StatusUnauthorized)
		}, "check the clocks: the server's shows 2020-11-28 00:00:00 UTC", true, []string{""}},
		{"never ends", 100, func(w http.ResponseWriter, token, _ string) {
			challengeWith(w, "challenge "+token[strings.Index(token, "/")+1:])
			w.WriteHeader(http.StatusUnauthorized)
		}, "more than 8 tokens", true, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, _ := negotiateServer(t, c.respond)
			m := &fakeMechanism{legs: c.legs}
			_, err := try(t.Context(), mustNegotiate(t, m), s.URL, "hello")
			var e *Error
			if !errors.As(err, &e) || e.NotSent() != c.notSent || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q, not sent: %v", err, c.want, c.notSent)
			}
			if diff := cmp.Diff(c.refused, m.refused); diff != "" {
				t.Errorf("the mechanism saw (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNegotiate_ErrorResponses: errors of a proxy in front need no proof of identity.
func TestNegotiate_ErrorResponses(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 403, 404, 500, 503} {
		s, _ := negotiateServer(t, func(w http.ResponseWriter, _, _ string) { w.WriteHeader(status) })
		want := fmt.Sprintf("status %d", status)
		if got := statusOf(t, mustNegotiate(t, &fakeMechanism{}), s.URL); !strings.HasPrefix(got, want) {
			t.Errorf("%s, want status %d", got, status)
		}
	}
}

// large is a mechanism with a token of 9 KiB, like that of a user in 900 groups.
type large struct{}

func (large) Start(context.Context, Target) (Handshake, error) { return large{}, nil }

func (large) Next(context.Context, []byte) ([]byte, bool, error) {
	return make([]byte, 9<<10), true, nil
}

func TestNegotiate_LargeToken(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusBadRequest, http.StatusRequestHeaderFieldsTooLarge} {
		s := started(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		tr, err := Negotiate(nil, large{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer tr.CloseIdleConnections()
		_, err = try(t.Context(), tr, s.URL, "hello")
		e, ok := errors.AsType[*Error](err)
		if !ok || !e.NotSent() || !e.Permanent() || e.StatusCode != status || !strings.Contains(err.Error(), "12288 bytes") ||
			!strings.Contains(err.Error(), "MaxFieldLength") {
			t.Errorf("error %v", err)
		}
	}
}

// A crowd is a mechanism of two legs, which reports when all logins have started.
type crowd struct {
	fakeMechanism

	waitsFor int32
	started  atomic.Int32
	all      chan struct{}
}

func (m *crowd) Start(ctx context.Context, t Target) (Handshake, error) {
	if m.started.Add(1) == m.waitsFor {
		close(m.all)
	}
	return m.fakeMechanism.Start(ctx, t)
}

// TestNegotiate_Turns: with a mechanism of several legs, logins take turns where something in between could
// mix them up, as those of NTLM do.
func TestNegotiate_Turns(t *testing.T) {
	t.Parallel()
	for _, perRequest := range []bool{false, true} {
		t.Run(fmt.Sprintf("per request %v", perRequest), func(t *testing.T) {
			t.Parallel()
			const workers = 8
			m := &crowd{fakeMechanism: fakeMechanism{legs: 2}, waitsFor: workers, all: make(chan struct{})}
			var unfinished, most atomic.Int32
			server, _ := negotiateServer(t, func(w http.ResponseWriter, token, _ string) {
				w.Header().Set("Server", "nginx")
				name, leg, _ := strings.Cut(token, "/")
				challenge := "proof of " + name
				if leg == "1" {
					most.Store(max(most.Load(), unfinished.Add(1)))
					<-m.all
					challenge = "challenge 1"
				}
				w.Header().Set("Www-Authenticate", "Negotiate "+base64.StdEncoding.EncodeToString([]byte(challenge)))
				if leg == "1" {
					w.WriteHeader(http.StatusUnauthorized)
				} else {
					unfinished.Add(-1)
				}
			})
			tr, err := Negotiate(nil, m, &Options{LoginPerRequest: perRequest})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(tr.CloseIdleConnections)
			var wg sync.WaitGroup
			for range workers {
				wg.Go(func() {
					if got := post(t, tr, server.URL, "hello"); got != "" {
						t.Error(got)
					}
				})
			}
			wg.Wait()
			if most.Load() != 1 {
				t.Errorf("%d logins at a time", most.Load())
			}
		})
	}
}
