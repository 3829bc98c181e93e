package kerberos

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/go-ews/exchange/auth"
)

func post(ctx context.Context, tr http.RoundTripper, url string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader("hello"))
	if err != nil {
		return "", err
	}
	resp, err := tr.RoundTrip(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	return string(text), err
}

func TestNegotiate(t *testing.T) {
	t.Parallel()
	for _, tls := range []bool{false, true} {
		t.Run(fmt.Sprintf("TLS %v", tls), func(t *testing.T) {
			t.Parallel()
			a := newAcceptor(t, tls, prove)
			base, _ := a.Client().Transport.(*http.Transport)
			tr, err := auth.Negotiate(base, a.mechanism(t), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer tr.CloseIdleConnections()
			var wg sync.WaitGroup
			for range 16 {
				wg.Go(func() {
					for range 8 {
						if text, err := post(t.Context(), tr, a.URL); text != "alice@EXCH.TEST" {
							t.Errorf("%q, %v", text, err)
						}
					}
				})
			}
			wg.Wait()
			if len(a.seen) != 128 {
				t.Errorf("%d requests for 128 calls", len(a.seen))
			}
			var bound [16]byte
			if tls {
				sum := sha256.Sum256(a.Certificate().Raw)
				data := append([]byte("tls-server-end-point:"), sum[:]...)
				head := make([]byte, 20)
				binary.LittleEndian.PutUint32(head[16:], uint32(len(data)))
				bound = md5.Sum(append(head, data...))
			}
			times := map[string]bool{}
			for _, seen := range a.seen {
				times[fmt.Sprint(seen.CTime.Unix(), seen.Cusec)] = true
				if len(seen.Cksum.Checksum) != 24 || [16]byte(seen.Cksum.Checksum[4:20]) != bound {
					t.Fatalf("checksum % x, want the binding % x", seen.Cksum.Checksum, bound)
				}
			}
			if len(times) != 128 {
				t.Errorf("%d times in 128 tokens, and a repeated one is a replay", len(times))
			}
		})
	}
}

func TestNegotiate_ServerMustProveItself(t *testing.T) {
	t.Parallel()
	stranger := types.EncryptionKey{KeyType: 18, KeyValue: make([]byte, 32)}
	for _, c := range []struct {
		name    string
		reply   func(*acceptor, *messages.APReq) []byte
		want    string
		notSent bool
	}{
		{"no token", func(*acceptor, *messages.APReq) []byte { return nil }, "carries no token", false},
		{"another key", func(_ *acceptor, r *messages.APReq) []byte {
			return proof(stranger, r.Authenticator.CTime, r.Authenticator.Cusec)
		}, "not the right server", false},
		{"another token's proof", func(_ *acceptor, r *messages.APReq) []byte {
			return proof(r.Ticket.DecryptedEncPart.Key, r.Authenticator.CTime, r.Authenticator.Cusec+1)
		}, "belongs to another token", false},
		{"another second", func(_ *acceptor, r *messages.APReq) []byte {
			return proof(r.Ticket.DecryptedEncPart.Key, r.Authenticator.CTime.Add(time.Second), r.Authenticator.Cusec)
		}, "belongs to another token", false},
		{"rubbish", func(*acceptor, *messages.APReq) []byte { return []byte("rubbish") }, "the server's token", false},
		{"no proof inside", func(*acceptor, *messages.APReq) []byte {
			return []byte{0xa1, 7, 0x30, 5, 0xa0, 3, 10, 1, 0}
		}, "carries no token", false},
		{"rejected without reason", func(*acceptor, *messages.APReq) []byte {
			return []byte{0xa1, 7, 0x30, 5, 0xa0, 3, 10, 1, 2}
		}, "without saying why", false},
		{"rejected", rejection, rejectionMark + `"; the server offers Negotiate; check the clocks: this machine's`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := newAcceptor(t, false, c.reply)
			m := a.mechanism(t)
			tr, err := auth.Negotiate(nil, m, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer tr.CloseIdleConnections()
			_, err = post(t.Context(), tr, a.URL)
			var e *auth.Error
			if !errors.As(err, &e) || e.NotSent() != c.notSent || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if m.tickets[testService] != nil {
				t.Error("the ticket is kept, though it may be out of date")
			}
		})
	}
}

func TestClock_NeverRepeats(t *testing.T) {
	t.Parallel()
	var c clock
	seen := map[int64]bool{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				at := c.next().UnixMicro()
				mu.Lock()
				if seen[at] {
					t.Errorf("%d twice", at)
				}
				seen[at] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

func TestAccount(t *testing.T) {
	t.Parallel()
	conf := config.New()
	conf.LibDefaults.DefaultRealm = "DEFAULT.TEST"
	conf.Realms = []config.Realm{
		{Realm: "EXCH.TEST", KDC: []string{"127.0.0.1:88"}},
		{Realm: "SALES.DEFAULT.TEST"},
		{Realm: "SALES.EXCH.TEST"},
	}
	conf.DomainRealm = config.DomainRealm{".mapped.example": "EXCH.TEST"}
	const enterprise = nametype.KRB_NT_ENTERPRISE
	for _, c := range []struct {
		user, name, realm, wantError string
		kind                         int32
	}{
		{"alice@EXCH.TEST", "alice", "EXCH.TEST", "", nametype.KRB_NT_PRINCIPAL},
		{"alice@exch.test", "alice", "EXCH.TEST", "", nametype.KRB_NT_PRINCIPAL},
		{"alice@default.test", "alice", "DEFAULT.TEST", "", nametype.KRB_NT_PRINCIPAL},
		{"alice", "alice", "DEFAULT.TEST", "", nametype.KRB_NT_PRINCIPAL},
		{"alice@", "alice", "DEFAULT.TEST", "", nametype.KRB_NT_PRINCIPAL},
		{"alice.smith@example.com", "alice.smith@example.com", "DEFAULT.TEST", "", enterprise},
		{`EXCH\alice`, "alice", "EXCH.TEST", "", nametype.KRB_NT_PRINCIPAL},
		{`exch\alice`, "alice", "EXCH.TEST", "", nametype.KRB_NT_PRINCIPAL},
		{`exch.test\alice`, "alice", "EXCH.TEST", "", nametype.KRB_NT_PRINCIPAL},
		{`x.mapped.example\alice`, "alice", "EXCH.TEST", "", nametype.KRB_NT_PRINCIPAL},
		{`OTHER\alice`, "", "", "no realm is known for the domain OTHER", 0},
		{`SALES\alice`, "", "", "no realm is known for the domain SALES", 0},
		{"", "", "", "empty", 0},
		{`EXCH\`, "", "", "empty", 0},
		{"@EXCH.TEST", "", "", "empty", 0},
	} {
		t.Run(c.user, func(t *testing.T) {
			t.Parallel()
			who, err := accountOf(t.Context(), c.user, conf)
			if c.wantError != "" {
				if err == nil || !strings.Contains(err.Error(), c.wantError) {
					t.Errorf("error %v, want %q", err, c.wantError)
				}
				return
			}
			if err != nil || who.user() != c.name || who.realm != c.realm || who.name.NameType != c.kind {
				t.Errorf("%v, %v", who, err)
			}
		})
	}
	if _, err := accountOf(t.Context(), "alice", config.New()); !errors.Is(err, errNoRealm) {
		t.Errorf("without a default realm: %v", err)
	}
}

func TestConstructors_Refuse(t *testing.T) {
	t.Parallel()
	conf := &Options{ConfigFile: configFile(t, "127.0.0.1:1")}
	for _, c := range []struct {
		name string
		make func() (*Mechanism, error)
		want string
	}{
		{"no credentials", func() (*Mechanism, error) { return Password(nil, conf) }, "nil"},
		{"no configuration", func() (*Mechanism, error) {
			return Password(auth.Static("a", "b"), &Options{ConfigFile: "/nonexistent/krb5.conf"})
		}, "/nonexistent/krb5.conf"},
		{"no keytab", func() (*Mechanism, error) {
			return Keytab("/nonexistent/keytab", "a", conf)
		}, "/nonexistent/keytab"},
		{"another cache", func() (*Mechanism, error) { return CCache("KEYRING:persistent:0", conf) }, "KEYRING"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := c.make(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

// TestStart_FailsClearly has sources that cannot log in.
func TestStart_FailsClearly(t *testing.T) {
	t.Parallel()
	dead, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a listener on loopback
	if err != nil {
		t.Fatal(err)
	}
	_ = dead.Close()
	conf := &Options{ConfigFile: configFile(t, dead.Addr().String())}
	for _, c := range []struct {
		name string
		make func() (*Mechanism, error)
		want string
	}{
		{"no KDC", func() (*Mechanism, error) {
			return Password(auth.Static("alice", "s3cret"), conf)
		}, "login at the KDC of EXCH.TEST"},
		{"empty password", func() (*Mechanism, error) {
			return Password(auth.Static("alice", ""), conf)
		}, "password is empty"},
		{"failing function", func() (*Mechanism, error) {
			return Password(func(context.Context) (string, string, error) { return "", "", errors.New("vault sealed") }, conf)
		}, "vault sealed"},
		{"a domain", func() (*Mechanism, error) {
			return Password(auth.Static(`NOWHERE\alice`, "s3cret"), conf)
		}, "user@REALM"},
		{"no cache", func() (*Mechanism, error) { return CCache("FILE:/nonexistent/cc", conf) }, "run kinit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, err := c.make()
			if err != nil {
				t.Fatal(err)
			}
			_, err = m.Start(t.Context(), auth.Target{Host: "127.0.0.1"})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestStart_WaitEndsWithTheContext(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a listener on loopback
	if err != nil {
		t.Fatal(err)
	}
	m, err := Password(auth.Static("alice", "s3cret"), &Options{ConfigFile: configFile(t, silent.Addr().String())})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := m.Start(ctx, auth.Target{Host: "127.0.0.1"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want context.DeadlineExceeded", err)
	}
	_ = silent.Close() // ends the fetch
}

// TestStart_OldTicketWhileTheKDCIsAway: a ticket that is due but not over is better than none.
func TestStart_OldTicketWhileTheKDCIsAway(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, false, prove)
	for _, c := range []struct {
		name string
		ends time.Duration
		ok   bool
	}{
		{"still good", time.Minute, true},
		{"over", -time.Minute, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := a.mechanism(t)
			due := m.tickets[testService]
			due.renew, due.ends = time.Now().Add(-time.Minute), time.Now().Add(c.ends)
			if _, err := m.Start(t.Context(), auth.Target{Host: "127.0.0.1"}); (err == nil) != c.ok {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestConstructors_UnderFIPS(t *testing.T) {
	t.Parallel()
	if os.Getenv("KERBEROS_TEST_FIPS") != "" {
		_, err := CCache("/tmp/cc", nil)
		fmt.Println("CCache says:", err)
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestConstructors_UnderFIPS$", "-test.v")
	cmd.Env = append(os.Environ(), "KERBEROS_TEST_FIPS=1", "GODEBUG=fips140=only")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "CCache says: kerberos: the channel binding needs MD5") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestMechanism_ShowsNoSecrets(t *testing.T) {
	t.Parallel()
	m, err := Password(auth.Static("alice", "s3cret"), &Options{ConfigFile: configFile(t, "127.0.0.1:1")})
	if err != nil {
		t.Fatal(err)
	}
	encoded, _ := json.Marshal(m)
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "m", m)
	text := fmt.Sprintf("%v %+v %#v %s %d %x", m, m, m, m, m, m) + string(encoded) + log.String()
	if strings.Contains(text, "s3cret") || strings.Contains(text, "alice") {
		t.Error(text)
	}
}

// FuzzServerToken: nothing that a server sends may end the program or pass for a proof.
func FuzzServerToken(f *testing.F) {
	f.Add([]byte{})
	f.Add(rejection(nil, nil))
	f.Add(proof(types.EncryptionKey{KeyType: 18, KeyValue: make([]byte, 32)}, time.Unix(0, 0), 0))
	f.Add([]byte{0xa1, 7, 0x30, 5, 0xa0, 3, 10, 1, 2})
	key := types.EncryptionKey{KeyType: 18, KeyValue: []byte("0123456789abcdef0123456789abcdef")}
	f.Fuzz(func(t *testing.T, data []byte) {
		x := &handshake{mechanism: &Mechanism{}, ticket: &ticket{key: key}, sent: time.Unix(1, 0)}
		if _, _, err := x.Next(t.Context(), data); err == nil {
			t.Error("a proof without the key")
		}
	})
}
