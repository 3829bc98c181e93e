package kerberos

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"sync"
	"time"

	"github.com/jcmturner/gokrb5/v8/config"
)

// A refusal delays the next attempt of a login that the KDC refused. The protection ends by itself,
// as that of auth.NTLM does.
type refusal struct {
	mu    sync.Mutex // held while the login runs
	err   *kdcError
	hold  time.Duration
	until time.Time
}

const (
	firstHold   = time.Minute
	longHold    = 30 * time.Minute // Active Directory forgets a wrong password after this by default
	maxRefusals = 4096
)

// note takes the result of a login. An account's state may be tried each minute: that locks
// nothing.
func (r *refusal) note(err error) {
	refused, ok := errors.AsType[*kdcError](err)
	switch {
	case err == nil:
		r.err, r.hold = nil, 0
	case !ok || !refused.refusesUser():
		return
	case refused.blamesState():
		r.err, r.hold, r.until = refused, 0, time.Now().Add(firstHold)
	default:
		r.err, r.hold = refused, min(max(2*r.hold, firstHold), longHold)
		r.until = time.Now().Add(r.hold)
	}
}

// A refusalKey is a salted hash of an account, its password and the KDCs; none of them is kept.
type refusalKey [sha256.Size]byte

// refusals belong to the process: many mechanisms with one wrong password would lock an account as
// fast as one that repeats it.
var refusals = newRefusalTable()

type refusalTable struct {
	mu   sync.Mutex
	salt [16]byte
	all  map[refusalKey]*refusal
}

func newRefusalTable() *refusalTable {
	t := &refusalTable{all: map[refusalKey]*refusal{}}
	_, _ = rand.Read(t.salt[:]) // never fails, see its documentation
	return t
}

func (t *refusalTable) of(who account, password string, conf *config.Config) *refusal {
	text := append([]byte(nil), t.salt[:]...)
	parts := []string{who.user(), who.realm, password}
	for _, r := range conf.Realms {
		if r.Realm == who.realm {
			parts = append(parts, r.KDC...)
		}
	}
	for _, part := range parts {
		text = append(append(text, part...), 0)
	}
	key := refusalKey(sha256.Sum256(text))
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.all[key]
	if r == nil {
		if len(t.all) >= maxRefusals {
			clear(t.all)
		}
		r = &refusal{}
		t.all[key] = r
	}
	return r
}
