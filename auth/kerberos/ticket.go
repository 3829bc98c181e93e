package kerberos

import (
	"context"
	"fmt"
	"time"

	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// A ticket lets one client use one service.
type ticket struct {
	message messages.Ticket
	key     types.EncryptionKey
	realm   string
	client  types.PrincipalName
	fetched time.Time
	renew   time.Time // when the next one is due, before this one ends
	ends    time.Time
}

// A fetch is one login at the KDC and one ticket. Its results are set before done is closed.
type fetch struct {
	done   chan struct{}
	ticket *ticket
	err    error
}

const (
	spare   = 5 * time.Minute // before a ticket ends; the clocks of a domain may differ that much
	recheck = time.Minute     // younger tickets are kept when a server refuses them

	fetchTimeout = time.Minute // of all messages to all KDCs together
)

// ticket returns the kept ticket for a service, or waits for a new one. One fetch serves all that
// wait; each stops with its own context, and the fetch after a minute.
func (m *Mechanism) ticket(ctx context.Context, service string) (*ticket, error) {
	m.mu.Lock()
	old := m.tickets[service]
	if old != nil && time.Now().Before(old.renew) {
		m.mu.Unlock()
		return old, nil
	}
	f := m.running[service]
	if f == nil {
		f = &fetch{done: make(chan struct{})}
		m.running[service] = f
		go m.fetch(context.WithoutCancel(ctx), service, f)
	}
	m.mu.Unlock()
	select {
	case <-f.done:
		if f.err != nil && old != nil && time.Now().Before(old.ends) {
			return old, nil // the KDC is out of reach, and the old ticket is still valid
		}
		return f.ticket, f.err
	case <-ctx.Done():
		return nil, fmt.Errorf("kerberos: waiting for a ticket for %s: %w", service, ctx.Err())
	}
}

func (m *Mechanism) fetch(ctx context.Context, service string, f *fetch) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	f.ticket, f.err = m.acquire(ctx, service)
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.running, service)
	if f.err == nil {
		m.tickets[service] = f.ticket
	}
	close(f.done)
}

// refused forgets a ticket that a server refused, for instance because the service's password has
// changed since.
func (m *Mechanism) refused(service string, t *ticket) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.tickets[service] == t && time.Since(t.fetched) > recheck {
		delete(m.tickets, service)
	}
}

// acquire logs in and requests a service ticket.
func (m *Mechanism) acquire(ctx context.Context, service string) (t *ticket, err error) {
	defer recovered(&err)
	v := &visitor{conf: m.conf, dial: m.dial, failed: map[string]bool{}}
	login, err := m.source.login(ctx, v)
	if err != nil {
		return nil, fmt.Errorf("kerberos: %w", err)
	}
	got, err := v.service(ctx, login, service)
	if err != nil {
		return nil, fmt.Errorf("kerberos: %w", err)
	}
	now := time.Now()
	life := got.ends.Sub(now)
	return &ticket{
		message: got.ticket, key: got.key,
		realm: login.client.realm, client: login.client.name,
		fetched: now, renew: got.ends.Add(-min(spare, life/2)), ends: got.ends,
	}, nil
}
