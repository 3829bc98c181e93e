package source_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/go-ews/exchange/examples/commands/internal/source"
	"github.com/go-ews/exchange/examples/commands/internal/source/ldaptest"
)

func TestOpenLDAP_Refused(t *testing.T) {
	t.Parallel()
	wrong := func() (string, error) { return "wrong", nil }
	other := func(c *source.LDAPConfig) { c.CA = "" }
	localhost := func(c *source.LDAPConfig) { c.Server = strings.Replace(c.Server, "127.0.0.1", "localhost", 1) }
	encrypted := ldaptest.Options{TLS: true}
	noStartTLS := ldaptest.Options{Fault: func(r ldaptest.Request) *ldaptest.Fault {
		if r.Op == "StartTLS" {
			return &ldaptest.Fault{Code: 2, Words: "not here"}
		}
		return nil
	}}
	for name, tc := range map[string]struct {
		options  ldaptest.Options
		edit     func(*source.LDAPConfig)
		password func() (string, error)
		want     string
		binds    int
	}{
		"password":            {encrypted, nil, wrong, `logging in as svc-im@contoso.com: LDAP Result Code 49 "Invalid Credentials": 80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data 52e, v4563: user or password is wrong; it is not tried again`, 1},
		"authority":           {encrypted, other, right, "unknown authority: if the certificate is of an authority of your own", 0},
		"authority, StartTLS": {ldaptest.Options{}, other, right, "unknown authority): if the certificate is", 0},
		"name":                {encrypted, localhost, right, "name the server as its certificate does", 0},
		"name, StartTLS":      {ldaptest.Options{}, localhost, right, "name the server as its certificate does", 0},
		"no StartTLS":         {noStartTLS, nil, right, "StartTLS: LDAP Result Code 2", 0},
		"no TLS":              {ldaptest.Options{}, func(c *source.LDAPConfig) { c.Server = strings.Replace(c.Server, "ldap:", "ldaps:", 1) }, right, "TLS: ", 0},
		"no password":         {encrypted, nil, func() (string, error) { return "", errors.New("the vault is locked") }, "the vault is locked", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, tc.options)
			c := config(t, s)
			if tc.edit != nil {
				tc.edit(c)
			}
			l, err := source.OpenLDAP(t.Context(), c, tc.password)
			if l != nil || err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\x00") {
				t.Errorf("%v, want %q", err, tc.want)
			}
			binds := 0
			for _, r := range s.Requests() {
				if r.Op == "bind" {
					binds++
				}
			}
			if binds != tc.binds {
				t.Errorf("%d binds, want %d", binds, tc.binds)
			}
		})
	}
}

// TestOpenLDAP_Encrypted holds that a password is sent unencrypted only if the configuration says so.
func TestOpenLDAP_Encrypted(t *testing.T) {
	t.Parallel()
	for _, plain := range []bool{false, true} {
		s := start(t, ldaptest.Options{})
		open(t, config(t, s, func(c *source.LDAPConfig) { c.AllowUnencrypted = plain }))
		requests := s.Requests()
		if last := requests[len(requests)-1]; last.Op != "bind" || last.Encrypted == plain {
			t.Errorf("allowUnencrypted %v: %+v", plain, last)
		}
	}
}

// TestLDAP_Interrupted holds that the end of the context ends a request without a response.
func TestLDAP_Interrupted(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"StartTLS", "bind", "search"} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s := start(t, ldaptest.Options{Fault: func(r ldaptest.Request) *ldaptest.Fault {
			if r.Op == op {
				cancel()
				return &ldaptest.Fault{Hang: true}
			}
			return nil
		}})
		l, err := source.OpenLDAP(ctx, config(t, s), right)
		if err == nil {
			_, err = l.Group(ctx, "all")
			l.Close()
		}
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want that it was canceled", op, err)
		}
	}
}
