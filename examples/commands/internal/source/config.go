package source

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"github.com/go-ews/exchange/examples/commands/internal/rosterfile"
	"github.com/go-ews/exchange/examples/commands/internal/textfile"
)

// Config is a configuration: a directory, and rules that make lists of its groups.
type Config struct {
	LDAP     *LDAPConfig     `json:"ldap"` // or Exchange
	Exchange *ExchangeConfig `json:"exchange"`
	Rules    []Rule          `json:"rules"`

	// IncludeSelf makes a person a contact in their own list, too.
	IncludeSelf bool `json:"includeSelf"`

	// IgnoreWithoutAddress leaves out members without a SIP address without a report, so that the
	// lists they would be in are still cleaned up.
	IgnoreWithoutAddress bool `json:"ignoreWithoutAddress"`
}

// Rule puts the members of a group into a group of lists.
type Rule struct {
	Group      string          `json:"group"`      // as the directory names it
	Name       string          `json:"name"`       // in the lists; "": the name that the directory has
	To         json.RawMessage `json:"to"`         // "members", or groups; none: "members"
	AllowEmpty bool            `json:"allowEmpty"` // no member is no sign of a failed look-up

	owners []string // the groups of To; none: the members
	line   int      // in the configuration
}

// LDAPConfig is the access to a directory by LDAP.
type LDAPConfig struct {
	Server     string     `json:"server"` // ldaps://host, or ldap://host with StartTLS
	BaseDN     string     `json:"baseDN"`
	Bind       Bind       `json:"bind"`
	CA         string     `json:"ca"` // PEM file of authorities to trust in addition to the system's
	Attributes Attributes `json:"attributes"`

	AllowUnencrypted bool `json:"allowUnencrypted"` // ldap:// without StartTLS
	IncludeDisabled  bool `json:"includeDisabled"`
	IncludeHidden    bool `json:"includeHidden"`
}

// Bind is the login. The password is in a file or in the environment.
type Bind struct {
	User         string `json:"user"`
	PasswordFile string `json:"passwordFile"`

	Kerberos         bool   `json:"kerberos"`
	Keytab           string `json:"keytab"`
	CCache           string `json:"ccache"`
	Krb5Conf         string `json:"krb5Conf"`
	ServicePrincipal string `json:"servicePrincipal"`
}

// Attributes are the names of the attributes of a person.
type Attributes struct {
	Mailbox string   `json:"mailbox"` // default mail
	SIP     []string `json:"sip"`     // the first that has a value counts
	Name    string   `json:"name"`    // default displayName

	// Telephone makes members without a SIP address telephone contacts. Their SIP URI needs a domain.
	Telephone       string `json:"telephone"`
	TelephoneDomain string `json:"telephoneDomain"`
}

const proxyAddresses = "proxyAddresses" // values such as sip:anna@contoso.com

// maxRules bounds the rules: each is a group of the list, of which Exchange allows 64 by default.
const maxRules = 1000

// ParseConfig reads a configuration in JSON. An error has the line, and the name of the field.
func ParseConfig(text []byte) (*Config, error) {
	c := &Config{}
	if err := textfile.DecodeJSON(text, c); err != nil {
		return nil, err
	}
	if len(c.Rules) == 0 || len(c.Rules) > maxRules {
		return nil, fmt.Errorf("rules: want 1 to %d of them", maxRules)
	}
	if err := placeRules(text, c.Rules); err != nil {
		return nil, err
	}
	if err := c.checkDirectory(); err != nil {
		return nil, err
	}
	for i := range c.Rules {
		r := &c.Rules[i]
		err := r.check()
		if err == nil && c.Exchange != nil {
			err = r.checkExchange()
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: rule %d: %w", r.line, i+1, err)
		}
	}
	return c, nil
}

func (c *Config) checkDirectory() error {
	switch {
	case (c.LDAP == nil) == (c.Exchange == nil):
		return errors.New("want ldap or exchange, the directory to look in")
	case c.LDAP == nil:
		return nil
	}
	if err := c.LDAP.check(); err != nil {
		return fmt.Errorf("ldap: %w", err)
	}
	return nil
}

// placeRules sets the lines of the rules.
func placeRules(text []byte, rules []Rule) error {
	var raw struct {
		Rules []json.RawMessage `json:"rules"` // copies of the text
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	at := 0
	for i, rule := range raw.Rules {
		at += max(0, bytes.Index(text[at:], rule))
		rules[i].line = bytes.Count(text[:at], []byte("\n")) + 1
		at += len(rule)
	}
	return nil
}

func (r *Rule) check() error {
	if strings.TrimSpace(r.Group) == "" {
		return errors.New("group is missing: the DN, mail address or account name of a group")
	}
	var word string
	switch {
	case len(r.To) == 0, json.Unmarshal(r.To, &word) == nil && word == "members":
		return nil
	case json.Unmarshal(r.To, &r.owners) != nil || len(r.owners) == 0:
		return errors.New(`to: want "members", or a list of groups such as ["Managers"]`)
	}
	for _, owner := range r.owners {
		if strings.TrimSpace(owner) == "" {
			return errors.New("to: the name of a group is empty")
		}
	}
	return nil
}

// checkExchange reports why Exchange cannot look up the groups of a rule.
func (r *Rule) checkExchange() error {
	for _, group := range append([]string{r.Group}, r.owners...) {
		if rosterfile.CheckAddress(group) != nil {
			return fmt.Errorf("%q: with exchange, a group has its SMTP address here", group)
		}
	}
	if r.AllowEmpty {
		return errors.New("allowEmpty: Exchange does not tell a group without members from one whose members it does not show")
	}
	return nil
}

func (l *LDAPConfig) check() error {
	u, err := url.Parse(l.Server)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "ldap" && u.Scheme != "ldaps" ||
		u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return errors.New("server: want ldaps://host or ldap://host, perhaps with a port")
	case l.AllowUnencrypted && u.Scheme == "ldaps":
		return errors.New("allowUnencrypted: a connection by ldaps:// is encrypted")
	case l.BaseDN == "":
		return errors.New("baseDN is missing: where people and groups are, such as DC=contoso,DC=com")
	}
	if _, err := ldap.ParseDN(l.BaseDN); err != nil {
		return fmt.Errorf("baseDN %q is no distinguished name, such as DC=contoso,DC=com", l.BaseDN)
	}
	if err := l.Bind.check(); err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	if err := l.Attributes.check(); err != nil {
		return fmt.Errorf("attributes: %w", err)
	}
	return nil
}

func (b *Bind) check() error {
	switch {
	case !b.Kerberos && b.Keytab+b.CCache+b.Krb5Conf+b.ServicePrincipal != "":
		return errors.New(`keytab, ccache, krb5Conf and servicePrincipal go with "kerberos": true`)
	case !b.Kerberos && b.User == "":
		return errors.New(`user is missing: a DN, user@domain or DOMAIN\user; or "kerberos": true`)
	case b.Keytab != "" && b.User == "":
		return errors.New("keytab needs user: the principal, such as svc-im@CONTOSO.COM")
	case b.CCache != "" && b.User != "":
		return errors.New("ccache excludes user: the ticket says whose it is")
	case b.Keytab != "" && b.PasswordFile+b.CCache != "":
		return errors.New("keytab excludes passwordFile and ccache")
	case b.User == "" && b.PasswordFile != "":
		return errors.New("passwordFile needs user")
	}
	return nil
}

func (a *Attributes) check() error {
	a.Mailbox, a.Name = cmp.Or(a.Mailbox, "mail"), cmp.Or(a.Name, "displayName")
	if len(a.SIP) == 0 {
		a.SIP = []string{"msRTCSIP-PrimaryUserAddress", proxyAddresses}
	}
	if (a.Telephone == "") != (a.TelephoneDomain == "") {
		return errors.New("telephone and telephoneDomain need each other")
	}
	for _, name := range a.names() {
		if !attributeName.MatchString(name) {
			return fmt.Errorf("%q is no name of an attribute", name)
		}
	}
	return nil
}

var attributeName = regexp.MustCompile(`^[-.0-9A-Za-z]+$`)

// names returns the names of all attributes.
func (a *Attributes) names() []string {
	names := append([]string{a.Mailbox, a.Name}, a.SIP...)
	if a.Telephone != "" {
		names = append(names, a.Telephone)
	}
	return names
}
