package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/go-ldap/ldap/v3"
	"github.com/go-ldap/ldap/v3/gssapi"
	"github.com/jcmturner/gokrb5/v8/client"
)

// logIn binds once.
func (c *connection) logIn(ctx context.Context) error {
	b := &c.config.Bind
	if b.Kerberos {
		return c.kerberos(ctx, b)
	}
	password, err := c.password()
	if err != nil {
		return err
	}
	if err := c.ldap.Bind(b.User, password); err != nil {
		return fmt.Errorf("logging in as %s: %w", b.User, err)
	}
	return nil
}

// NeedsPassword reports whether the login takes a password.
func (b *Bind) NeedsPassword() bool { return b.User != "" && b.Keytab == "" }

// kerberos logs in by Kerberos. The end of ctx ends the wait for a KDC, because package gokrb5 knows no
// context.
func (c *connection) kerberos(ctx context.Context, b *Bind) error {
	login, err := c.kerberosClient(b)
	if err != nil {
		return fmt.Errorf("logging in by Kerberos: %w", err)
	}
	service := cmp.Or(b.ServicePrincipal, "ldap/"+c.url.Hostname())
	bound := make(chan error, 1)
	go func(conn *ldap.Conn) {
		defer login.Destroy()
		bound <- conn.GSSAPIBind(login, service, "")
	}(c.ldap)
	select {
	case err = <-bound:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("logging in by Kerberos to %s: %w", service, err)
	}
	return nil
}

// kerberosClient returns a client with the keytab if there is one, else with the password of the user, else
// with the ticket of kinit.
func (c *connection) kerberosClient(b *Bind) (*gssapi.Client, error) {
	conf := cmp.Or(b.Krb5Conf, os.Getenv("KRB5_CONFIG"), "/etc/krb5.conf")
	user, realm := b.User, "" // that of krb5.conf
	if at := strings.LastIndex(user, "@"); at >= 0 {
		user, realm = user[:at], user[at+1:]
	}
	noFAST := client.DisablePAFXFAST(true) // Active Directory does not know it
	switch {
	case b.Keytab != "":
		return gssapi.NewClientWithKeytab(user, realm, b.Keytab, conf, noFAST)
	case b.NeedsPassword():
		password, err := c.password()
		if err != nil {
			return nil, err
		}
		return gssapi.NewClientWithPassword(user, realm, password, conf, noFAST)
	}
	cache := cmp.Or(b.CCache, os.Getenv("KRB5CCNAME"), fmt.Sprintf("/tmp/krb5cc_%d", os.Getuid()))
	return gssapi.NewClientFromCCache(strings.TrimPrefix(cache, "FILE:"), conf, noFAST)
}

// explain returns an error with the server, what was tried, the server's words and advice.
func (c *connection) explain(ctx context.Context, what string, err error) error {
	if err == nil || ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return err
	}
	if what != "" {
		err = fmt.Errorf("%s: %w", what, err)
	}
	return &ldapError{server: c.config.Server, err: err}
}

type ldapError struct {
	server string
	err    error
}

func (e *ldapError) Error() string {
	text := strings.ReplaceAll(e.err.Error(), "\x00", "") // Active Directory ends its texts with it
	return fmt.Sprintf("%s: %s%s", e.server, strings.TrimSpace(text), advice(e.err))
}

func (e *ldapError) Unwrap() error { return e.err }

const wrongPassword = "user or password is wrong; it is not tried again"

// advice says what to check.
func advice(err error) string {
	text := err.Error()
	for _, of := range []struct{ words, advice string }{ // "data" is from Active Directory's AcceptSecurityContext
		{"data 525", "there is no such user"},
		{"data 52e", wrongPassword},
		{"data 530", "the account may not log in at this time"},
		{"data 532", "the password has expired"},
		{"data 533", "the account is disabled"},
		{"data 701", "the account has expired"},
		{"data 773", "the password has to be changed first"},
		{"data 775", "the account is locked"},
		{"KDC_ERR_PREAUTH_FAILED", wrongPassword},
		{"KDC_ERR_C_PRINCIPAL_UNKNOWN", "there is no such user"},
		{"KDC_ERR_S_PRINCIPAL_UNKNOWN", "the domain knows no such service: name the server as its domain controller is called, or set servicePrincipal"},
		{"KRB_AP_ERR_SKEW", "the clocks of this machine and of the domain differ"},
		{"certificate is valid for", "name the server as its certificate does"},
		{"signed by unknown authority", `if the certificate is of an authority of your own: "ca": its certificate in a PEM file`},
		{"80090346", "the server demands channel binding (LdapEnforceChannelBinding), which simple bind over ldaps:// does not need"},
	} {
		if strings.Contains(text, of.words) {
			return ": " + of.advice
		}
	}
	switch {
	case errors.Is(err, errReferral), ldap.IsErrorWithCode(err, ldap.LDAPResultReferral):
		return ": it may be in another domain; a global catalog, port 3269, has all of them"
	case ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidCredentials):
		return ": " + wrongPassword
	case ldap.IsErrorAnyOf(err, ldap.LDAPResultStrongAuthRequired, ldap.LDAPResultConfidentialityRequired):
		return ": the server wants an encrypted connection"
	case ldap.IsErrorAnyOf(err, ldap.LDAPResultSizeLimitExceeded, ldap.LDAPResultAdminLimitExceeded, ldap.LDAPResultTimeLimitExceeded):
		return ": what the server returned is not all; its limits for this account have to be raised"
	}
	return ""
}
