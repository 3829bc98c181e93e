package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-ews/exchange/internal/contextcause"
)

// A heldLogin stands for a login that is not tried, because the server refused the same user and
// password a short time ago.
type heldLogin struct {
	until  time.Time
	reason outcome
}

func (e *heldLogin) Error() string {
	until := e.until.UTC().Format(time.TimeOnly)
	if e.reason == misrouted {
		return "the login was refused because of the connection handling in between; it is not tried again before " +
			until + " UTC; check " + hintAffinity
	}
	return fmt.Sprintf("the server refused this user and password; they are not sent again before %s UTC, "+
		"so that the account is not locked out", until)
}

// Permanent is true: an attempt before RetryAfter has passed would fail in the same way.
func (e *heldLogin) Permanent() bool { return true }

// RetryAfter returns the rest of the wait.
func (e *heldLogin) RetryAfter() (time.Duration, bool) { return max(time.Until(e.until), 0), true }

// An outcome is the result of a login for its user and password.
type outcome int

const (
	unsettled outcome = iota // the password was not judged: connection lost, server busy
	accepted
	rejected
	misrouted // refused, but because of the connections in between
)

// held reports whether a pair with this outcome must wait.
func (o outcome) held() bool { return o == rejected || o == misrouted }

const (
	firstHold = time.Minute
	longHold  = 30 * time.Minute // Active Directory forgets a wrong password after this by default
	maxPairs  = 4096

	// trusted is how long an accepted pair may log in on several connections at a time. After that the
	// next login goes alone again, so that a password that has changed meanwhile is refused once.
	trusted = 10 * time.Second
)

// A lockout keeps a wrong password from being sent again and again, which would lock the account.
// Until a server has accepted a pair of user and password, and again when that was some time ago, one
// login at a time tries it. A pair that
// was refused gets one new try after a minute, then after two, four, up to thirty: the account may be
// enabled meanwhile, and a domain controller out of reach looks exactly like a wrong password.
type lockout struct {
	mu    sync.Mutex
	salt  [16]byte
	pairs map[pairKey]*pair
}

// sharedLockout serves the whole process: many Transports with one wrong password would lock an
// account as fast as one that repeats it.
var sharedLockout = newLockout()

// A pairKey is a salted hash of user, password and scope; none of them is kept.
type pairKey [sha256.Size]byte

// A pair remembers how logins with one user and password ended at one server.
type pair struct {
	state  outcome
	hold   time.Duration
	until  time.Time     // end of the hold
	trying chan struct{} // closed when the running first login ended

	accepted time.Time // the last time
}

func newLockout() *lockout {
	l := &lockout{pairs: map[pairKey]*pair{}}
	_, _ = rand.Read(l.salt[:]) // never fails, see its documentation
	return l
}

// scopeOf returns the scope of a refusal: one scheme at one virtual directory, where IIS sets up
// logins and Extended Protection.
func scopeOf(scheme string, at origin, r *http.Request) string {
	directory, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return scheme + " " + at.String() + "/" + strings.ToLower(directory)
}

// enter waits until the pair may log in. The function that it returns must be called once with the
// outcome. The scope names the server and everything but the password that decides about a login.
func (l *lockout) enter(ctx context.Context, scope, user, password string) (func(outcome), error) {
	p := l.pair(scope, user, password)
	for {
		l.mu.Lock()
		if p.state.held() && !time.Now().Before(p.until) {
			p.state = unsettled
		}
		switch {
		case p.state.held():
			l.mu.Unlock()
			return nil, &heldLogin{p.until, p.state}
		case p.state == accepted && time.Since(p.accepted) < trusted:
			l.mu.Unlock()
			return func(o outcome) { l.settle(p, o) }, nil
		case p.trying == nil:
			p.trying = make(chan struct{})
			l.mu.Unlock()
			return func(o outcome) { l.settleFirst(p, o) }, nil
		}
		trying := p.trying
		l.mu.Unlock()
		select {
		case <-trying:
		case <-ctx.Done():
			return nil, contextcause.Of(ctx)
		}
	}
}

// pair finds a pair or makes it. Case does not distinguish user names.
func (l *lockout) pair(scope, user, password string) *pair {
	text := append([]byte(nil), l.salt[:]...)
	for _, part := range []string{scope, strings.ToLower(user), password} {
		text = append(append(text, part...), 0)
	}
	key := pairKey(sha256.Sum256(text))
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.pairs[key]
	if p == nil {
		p = &pair{}
		l.makeRoom()
		l.pairs[key] = p
	}
	return p
}

// makeRoom forgets a pair that works, else any, so that rotation does not fill memory.
func (l *lockout) makeRoom() {
	if len(l.pairs) < maxPairs {
		return
	}
	var victim pairKey
	for key, p := range l.pairs {
		victim = key
		if p.state == accepted {
			break
		}
	}
	delete(l.pairs, victim)
}

func (l *lockout) settleFirst(p *pair, o outcome) {
	l.settle(p, o)
	l.mu.Lock()
	defer l.mu.Unlock()
	close(p.trying)
	p.trying = nil
}

func (l *lockout) settle(p *pair, o outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch o {
	case accepted:
		*p = pair{state: accepted, trying: p.trying, accepted: time.Now()}
	case rejected, misrouted:
		if !p.state.held() { // several logins may have been under way
			p.hold = min(max(2*p.hold, firstHold), longHold)
			p.until = time.Now().Add(p.hold)
		}
		p.state = o
	case unsettled:
	}
}
