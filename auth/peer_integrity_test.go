package auth

import (
	"context"
	"strings"
	"testing"
)

// flipping is NTLM with one bit of its last message changed.
type flipping struct {
	Mechanism

	at int
}

func (m flipping) Start(ctx context.Context, t Target) (Handshake, error) {
	h, err := m.Mechanism.Start(ctx, t)
	return flippingHandshake{h, m.at}, err
}

type flippingHandshake struct {
	Handshake

	at int
}

func (h flippingHandshake) Next(ctx context.Context, challenge []byte) ([]byte, bool, error) {
	token, done, err := h.Handshake.Next(ctx, challenge)
	if done && err == nil {
		token[h.at] ^= 1
	}
	return token, done, err
}

// TestPeer_Integrity: gss-ntlmssp under Extended Protection takes the message, and none with a changed
// bit in its integrity code or in its version.
func TestPeer_Integrity(t *testing.T) {
	t.Parallel()
	p := findPeer(t)
	for _, c := range []struct {
		name string
		at   int
	}{
		{"MIC", micOffset},
		{"last byte of the MIC", micOffset + micSize - 1},
		{"version", authenticateFixed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := flipping{&ntlm{credentials: alice(), lockout: newLockout()}, c.at}
			tr, err := newBound(schemeNTLM, p.base(t), m, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer tr.CloseIdleConnections()
			if got := bindingSeen(t, tr, p.epa+"/epa-require/x"); got != "refused" {
				t.Errorf("%s, want refused", got)
			}
		})
	}
	for name, opts := range map[string]*Options{"complete": nil, "without MIC": {NTLMWithoutMIC: true}} {
		tr, err := NTLM(p.base(t), alice(), opts)
		if err != nil {
			t.Fatal(err)
		}
		defer tr.CloseIdleConnections()
		if got := bindingSeen(t, tr, p.epa+"/epa-require/x"); got != "bound" {
			t.Errorf("%s: %s, want bound", name, got)
		}
	}
}

// TestPeer_NegotiateOnly: the server's directory for Kerberos says that it takes no NTLM.
func TestPeer_NegotiateOnly(t *testing.T) {
	t.Parallel()
	p := findPeer(t)
	tr, err := NTLM(p.base(t), alice(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.CloseIdleConnections()
	if got := post(t, tr, p.https+"/krb5/EWS/x", "hello"); !strings.Contains(got, "takes no NTLM in it") {
		t.Errorf("response %s", got)
	}
}
