package kerberos

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jcmturner/gokrb5/v8/credentials"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/go-ews/exchange/auth"
)

// A source gets a ticket-granting ticket. Several goroutines may call it, one for each service.
type source interface {
	login(ctx context.Context, v *visitor) (*login, error)
}

type passwordSource struct{ credentials auth.Credentials }

func (s *passwordSource) login(ctx context.Context, v *visitor) (*login, error) {
	user, word, err := s.credentials(ctx)
	if err != nil {
		return nil, fmt.Errorf("the credentials function failed: %w", err)
	}
	if word == "" {
		return nil, errors.New("the password is empty, which Kerberos cannot use")
	}
	who, err := accountOf(ctx, user, v.conf)
	if err != nil {
		return nil, err
	}
	// One login at a time, so that a wrong password is sent once and not by each goroutine.
	r := refusals.of(who, word, v.conf)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil && time.Now().Before(r.until) {
		return nil, &heldLogin{r.until, r.err}
	}
	l, err := v.logIn(ctx, who, password(word))
	r.note(err)
	return l, err
}

type keytabSource struct{ path, principal string }

func (s *keytabSource) login(ctx context.Context, v *visitor) (*login, error) {
	who, err := accountOf(ctx, s.principal, v.conf)
	if err != nil {
		return nil, err
	}
	keys, err := keytab.Load(s.path)
	if err != nil {
		return nil, fmt.Errorf("keytab %s: %w", s.path, err)
	}
	return v.logIn(ctx, who, keytabKeys{keys, who})
}

type ccacheSource struct{ path string }

func (s *ccacheSource) login(context.Context, *visitor) (*login, error) {
	cache, err := credentials.LoadCCache(s.path)
	if err != nil {
		return nil, fmt.Errorf("credential cache %s (run kinit): %w", s.path, err)
	}
	realm := cache.GetClientRealm()
	entry, ok := cache.GetEntry(types.NewPrincipalName(nametype.KRB_NT_SRV_INST, "krbtgt/"+realm))
	if !ok {
		return nil, fmt.Errorf("credential cache %s holds no ticket-granting ticket of %s; run kinit", s.path, realm)
	}
	if !entry.EndTime.After(time.Now()) {
		return nil, fmt.Errorf("the ticket in credential cache %s ended at %s; run kinit",
			s.path, entry.EndTime.UTC().Format(time.RFC3339))
	}
	l := &login{client: account{cache.GetClientPrincipalName(), realm}, key: entry.Key}
	return l, l.ticket.Unmarshal(entry.Ticket)
}
