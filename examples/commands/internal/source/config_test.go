package source_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/examples/commands/internal/source"
)

const smallConfig = `{"ldap": {"server": "ldaps://dc1.contoso.com", "baseDN": "DC=contoso,DC=com",
	"bind": {"user": "svc-im@contoso.com"}}, "rules": [{"group": "Sales"}]}`

func TestParseConfig(t *testing.T) {
	t.Parallel()
	c, err := source.ParseConfig([]byte(smallConfig))
	if err != nil {
		t.Fatal(err)
	}
	want := source.Attributes{
		Mailbox: "mail", SIP: []string{"msRTCSIP-PrimaryUserAddress", "proxyAddresses"}, Name: "displayName",
	}
	if diff := cmp.Diff(want, c.LDAP.Attributes); diff != "" {
		t.Errorf("the default attributes (-want +got):\n%s", diff)
	}
}

// TestParseConfig_Refused holds that each mistake is named, with its place.
func TestParseConfig_Refused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ old, new, want string }{
		"unknown field":     {`"rules"`, "\n\"rule\"", `line 3, column 1: unknown field "rule"`},
		"deeper":            {`"bind": {`, `"bind": {"pass": "x", `, `line 2, column 11: unknown field "pass"`},
		"twice":             {`"baseDN"`, "\n\"server\": \"\", \"baseDN\"", `line 2, column 1: the name "server" stands twice in one object`},
		"wrong type":        {`"Sales"`, `7`, `rules.group: a JSON number cannot stand here`},
		"no rules":          {`{"group": "Sales"}`, ``, `rules: want 1 to 1000 of them`},
		"no group":          {`{"group": "Sales"}`, "{\"group\": \"A\"},\n{\"name\": \"x\"}", `line 3: rule 2: group is missing`},
		"to a word":         {`"Sales"}`, `"Sales", "to": "Managers"}`, `line 2: rule 1: to: want "members", or a list of groups`},
		"to none":           {`"Sales"}`, `"Sales", "to": []}`, `to: want "members"`},
		"to an empty one":   {`"Sales"}`, `"Sales", "to": ["Managers", " "]}`, `to: the name of a group is empty`},
		"ldap and exchange": {`"rules"`, `"exchange": {}, "rules"`, `want ldap or exchange`},
		"exchange, name":    {smallConfig, "{\"exchange\": {}, \"rules\": [\n{\"group\": \"Sales\"}]}", `line 2: rule 1: "Sales": with exchange, a group has its SMTP address`},
		"exchange, to":      {smallConfig, `{"exchange": {}, "rules": [{"group": "a@c.com", "to": ["Sales"]}]}`, `line 1: rule 1: "Sales": with exchange`},
		"exchange, empty":   {smallConfig, `{"exchange": {}, "rules": [{"group": "a@c.com", "allowEmpty": true}]}`, `line 1: rule 1: allowEmpty: Exchange does not tell`},
		"exchange, field":   {smallConfig, `{"exchange": {"server": "x"}, "rules": [{"group": "a@c.com"}]}`, `unknown field "server"`},
		"no ldap":           {smallConfig, `{"rules": [{"group": "Sales"}]}`, `want ldap or exchange`},
		"server":            {`ldaps://dc1`, `https://dc1`, `ldap: server: want ldaps://host or ldap://host`},
		"server with path":  {`contoso.com", "base`, `contoso.com/DC=x", "base`, `ldap: server: want`},
		"no base":           {`DC=contoso,DC=com`, ``, `ldap: baseDN is missing`},
		"base":              {`DC=contoso,DC=com`, `contoso.com`, `ldap: baseDN "contoso.com" is no distinguished name`},
		"no user":           {`"user": "svc-im@contoso.com"`, ``, `ldap: bind: user is missing`},
		"keytab":            {`"user"`, `"keytab": "x", "user"`, `go with "kerberos": true`},
		"unencrypted":       {`"bind"`, `"allowUnencrypted": true, "bind"`, `ldap: allowUnencrypted: a connection by ldaps:// is encrypted`},
		"attribute":         {`"bind"`, `"attributes": {"sip": ["a)(b"]}, "bind"`, `ldap: attributes: "a)(b" is no name of an attribute`},
		"attribute, empty":  {`"bind"`, `"attributes": {"sip": ["mail", ""]}, "bind"`, `ldap: attributes: "" is no name of an attribute`},
		"telephone":         {`"bind"`, `"attributes": {"telephone": "mobile"}, "bind"`, `telephone and telephoneDomain need each other`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(smallConfig, tc.old, tc.new, 1)
			if _, err := source.ParseConfig([]byte(text)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
}
