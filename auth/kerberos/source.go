package kerberos

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/credentials"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/go-ews/exchange/auth"
)

// A source gets a ticket-granting ticket. It is asked by several goroutines if there are several
// services.
type source interface {
	login(ctx context.Context, conf *config.Config) (*login, error)
}

type passwordSource struct {
	credentials auth.Credentials
	mu          sync.Mutex
	refused     map[[sha256.Size]byte]*refusal
}

// A refusal keeps a password that the KDC did not take from being sent again.
type refusal struct {
	worked bool
	err    error
	hold   time.Duration
	until  time.Time // zero: for ever
}

const (
	firstHold  = time.Minute
	longHold   = 30 * time.Minute
	maxRefused = 64
)

func (s *passwordSource) login(ctx context.Context, conf *config.Config) (*login, error) {
	user, password, err := s.credentials(ctx)
	if err != nil {
		return nil, fmt.Errorf("the credentials function failed: %w", err)
	}
	if password == "" {
		return nil, errors.New("the password is empty, which Kerberos cannot use")
	}
	name, realm, err := principal(user, conf)
	if err != nil {
		return nil, err
	}
	// One login at a time, so that a wrong password is sent once and not by each goroutine.
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.refusal(name + "\x00" + realm + "\x00" + password)
	if r.err != nil && (r.until.IsZero() || time.Now().Before(r.until)) {
		return nil, fmt.Errorf("the KDC refused this user and password before; they are not sent again, "+
			"so that the account is not locked out: %w", r.err)
	}
	l, err := initial(client.NewWithPassword(name, realm, password, conf), realm, conf)
	r.note(err)
	return l, err
}

func (s *passwordSource) refusal(text string) *refusal {
	key := sha256.Sum256([]byte(text))
	r := s.refused[key]
	if r == nil {
		if s.refused == nil || len(s.refused) >= maxRefused {
			s.refused = map[[sha256.Size]byte]*refusal{}
		}
		r = &refusal{}
		s.refused[key] = r
	}
	return r
}

func (r *refusal) note(err error) {
	switch {
	case err == nil:
		*r = refusal{worked: true}
	case isRefusal(err):
		r.err = err
		if r.worked {
			r.hold = min(max(2*r.hold, firstHold), longHold)
			r.until = time.Now().Add(r.hold)
		}
	}
}

// isRefusal tells a KDC that refuses the user from one that is out of reach or out of time. The
// library flattens the KDC's code into its text, so the text is what there is.
func isRefusal(err error) bool {
	for _, code := range []string{
		"KDC_ERR_PREAUTH_FAILED", "KDC_ERR_C_PRINCIPAL_UNKNOWN", "KDC_ERR_CLIENT_REVOKED", "KDC_ERR_KEY_EXPIRED",
	} {
		if strings.Contains(err.Error(), code) {
			return true
		}
	}
	return false
}

type keytabSource struct{ path, principal string }

func (s *keytabSource) login(_ context.Context, conf *config.Config) (*login, error) {
	name, realm, err := principal(s.principal, conf)
	if err != nil {
		return nil, err
	}
	keys, err := keytab.Load(s.path)
	if err != nil {
		return nil, fmt.Errorf("keytab %s: %w", s.path, err)
	}
	return initial(client.NewWithKeytab(name, realm, keys, conf), realm, conf)
}

// initial asks for a ticket-granting ticket (RFC 4120 section 3.1).
func initial(cl *client.Client, realm string, conf *config.Config) (*login, error) {
	name := types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, cl.Credentials.UserName())
	request, err := messages.NewASReqForTGT(realm, conf, name)
	if err != nil {
		return nil, err
	}
	reply, err := cl.ASExchange(realm, request, 0)
	if err != nil {
		return nil, fmt.Errorf("login at the KDC of %s (check user, key or password, and the clock): %w", realm, err)
	}
	return &login{client: cl, realm: realm, ticket: reply.Ticket, key: reply.DecryptedEncPart.Key}, nil
}

type ccacheSource struct{ path string }

func (s *ccacheSource) login(_ context.Context, conf *config.Config) (*login, error) {
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
	cl, err := client.NewFromCCache(cache, conf)
	if err != nil {
		return nil, fmt.Errorf("credential cache %s: %w", s.path, err)
	}
	l := &login{client: cl, realm: realm, key: entry.Key}
	return l, l.ticket.Unmarshal(entry.Ticket)
}

// principal splits user@REALM. Active Directory's realms are the upper-case form of its domains.
func principal(user string, conf *config.Config) (name, realm string, err error) {
	name, realm, _ = strings.Cut(user, "@")
	switch {
	case strings.Contains(name, `\`):
		return "", "", errors.New(`the user is written DOMAIN\user, which names no realm; write user@REALM`)
	case name == "":
		return "", "", errors.New("the user name is empty")
	case realm == "":
		realm = conf.LibDefaults.DefaultRealm
	}
	if realm == "" {
		return "", "", errNoRealm
	}
	return name, strings.ToUpper(realm), nil
}
