package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"sync"
	"time"

	"github.com/go-ews/exchange/internal/contextcause"
)

// errRefused is what stands for a password that is not tried again.
var errRefused = errors.New("the server refused this user and password before; they are not sent again, " +
	"so that the account is not locked out")

// An outcome is what a login came to.
type outcome int

const (
	unsettled outcome = iota // nothing was learned: connection lost, server busy
	accepted
	rejected
)

const (
	firstHold = time.Minute
	longHold  = 30 * time.Minute // Active Directory forgets a wrong password after this by default
	maxPairs  = 64
)

// A lockout keeps a wrong password from being sent again and again, which would lock the account:
// until the server has accepted a pair of user and password once, one login at a time tries it;
// once refused, it stays refused. A pair that had worked before gets one new try after a minute,
// then after two, four, up to thirty, because a domain controller that is out of reach looks
// exactly like a wrong password, and a service must survive that.
type lockout struct {
	mu    sync.Mutex
	salt  [16]byte
	pairs map[[sha256.Size]byte]*pair
}

// A pair is what is known of one user and password; neither is kept.
type pair struct {
	state  outcome
	worked bool
	hold   time.Duration
	until  time.Time     // refused until then; zero: for ever
	trying chan struct{} // closed when the running first login ended
}

func newLockout() *lockout {
	l := &lockout{pairs: map[[sha256.Size]byte]*pair{}}
	_, _ = rand.Read(l.salt[:]) // never fails, see its documentation
	return l
}

// enter waits for leave to log in. The function that it gives must be called once with the outcome.
func (l *lockout) enter(ctx context.Context, user, password string) (func(outcome), error) {
	p := l.pair(user, password)
	for {
		l.mu.Lock()
		if p.state == rejected && !p.until.IsZero() && !time.Now().Before(p.until) {
			p.state = unsettled
		}
		switch {
		case p.state == rejected:
			l.mu.Unlock()
			return nil, errRefused
		case p.state == accepted:
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

func (l *lockout) pair(user, password string) *pair {
	text := append(l.salt[:len(l.salt):len(l.salt)], user...)
	text = append(append(text, 0), password...)
	key := sha256.Sum256(text)
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

// makeRoom forgets a pair that works, else any, so that rotation does not fill the memory.
func (l *lockout) makeRoom() {
	if len(l.pairs) < maxPairs {
		return
	}
	var victim [sha256.Size]byte
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
		*p = pair{state: accepted, worked: true, trying: p.trying}
	case rejected:
		if p.worked && p.state != rejected {
			p.hold = min(max(2*p.hold, firstHold), longHold)
			p.until = time.Now().Add(p.hold)
		}
		p.state = rejected
	case unsettled:
	}
}
