package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestSamba_Rotation changes a password while 16 workers call. The old one is refused once, not for each
// worker; once the credentials function returns the new one, all calls succeed. It needs a domain
// that forgets old passwords at once: samba-ad.sh --smb 'old password allowed period = 0'.
func TestSamba_Rotation(t *testing.T) { //nolint:paralleltest // it lets passwords of others expire
	s := findSamba(t)
	name, old, next := "rota"+strings.ToLower(rand.Text()[:8]), "Old-1"+rand.Text(), "New-1"+rand.Text()
	sambaTool(t, "user", "create", name, old)
	var vault atomic.Value
	vault.Store(old)
	credentials := func(context.Context) (string, string, error) {
		word, _ := vault.Load().(string)
		return `CORP\` + name, word, nil
	}
	tr, err := NTLM(s.base(t), credentials, &Options{MaxConns: 16})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.CloseIdleConnections()
	path := s.path("")
	round := func(each int) (done, refused int) {
		var mu sync.Mutex
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				for range each {
					text, err := try(t.Context(), tr, s.https+path, "hello")
					e, ok := errors.AsType[*Error](err)
					mu.Lock()
					switch {
					case err == nil && strings.Contains(text, `<User>CORP\`+name+`</User>`):
						done++
					case ok && e.NotSent() && e.Permanent():
						refused++
					default:
						t.Errorf("%s, %v", text, err)
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		return done, refused
	}
	if done, _ := round(3); done != 48 {
		t.Fatalf("%d of 48 calls succeeded before", done)
	}
	sambaTool(t, "user", "setpassword", name, "--newpassword="+next)
	if done, _ := round(3); done != 48 {
		t.Errorf("%d of 48 calls succeeded on connections that were logged in", done)
	}
	tr.CloseIdleConnections()
	sharedLockout.age()
	if _, refused := round(3); refused != 48 {
		t.Errorf("%d of 48 calls refused with the old password", refused)
	}
	failed := 0
	for _, line := range s.lines(t, path) {
		if strings.Contains(line, "step=ntlm3") && strings.Contains(line, "status=401") {
			failed++
		}
	}
	if failed != 1 {
		t.Errorf("the old password was sent %d times, want once", failed)
	}
	vault.Store(next)
	if done, _ := round(3); done != 48 {
		t.Errorf("%d of 48 calls succeeded with the new password", done)
	}
}

// age lets the acceptance of all pairs lie some time back.
func (l *lockout) age() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.pairs {
		p.accepted = time.Time{}
	}
}

func sambaTool(t *testing.T, arguments ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "samba-tool", arguments...).CombinedOutput(); err != nil {
		t.Fatalf("samba-tool %s: %v: %s", arguments[0], err, out)
	}
}
