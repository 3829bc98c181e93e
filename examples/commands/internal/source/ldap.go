package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// LDAP is a directory that is read by LDAP. It is for one look-up at a time. Make it with [OpenLDAP].
type LDAP struct {
	connection *connection
	config     *LDAPConfig
	entries    map[string]*entry // by the key of the DN; nil: it was read, and is not shown
}

// entry is a person or a group.
type entry struct {
	*ldap.Entry

	key     string   // of the DN
	members []string // DNs, of a group that was read
	read    bool     // members is whole
}

const (
	maxGroups  = 10_000  // in one look-up
	maxMembers = 200_000 // of one group
	pageSize   = 1000    // as Active Directory allows
	fewMembers = 10      // that are read one by one
	maxCycles  = 100     // that are reported of one look-up: n groups can have n² of them
)

// OpenLDAP connects to the directory and logs in, once. The password function is called if the login
// needs one, and for each new connection after a lost one.
func OpenLDAP(ctx context.Context, c *LDAPConfig, password func() (string, error)) (*LDAP, error) {
	connection, err := newConnection(ctx, c, password)
	if err != nil {
		return nil, err
	}
	return &LDAP{connection: connection, config: c, entries: map[string]*entry{}}, nil
}

// Close ends the connection.
func (l *LDAP) Close() { l.connection.close() }

// Group implements [Directory].
func (l *LDAP) Group(ctx context.Context, name string) (*Group, error) {
	if err := l.connection.ready(ctx); err != nil {
		return nil, err
	}
	e, err := l.find(ctx, name)
	if err != nil {
		return nil, err
	}
	w := walk{LDAP: l, ctx: ctx, seen: map[string]bool{}, group: &Group{Name: cmp.Or(e.text("displayName"), e.text("cn"), e.DN)}}
	if err := w.expand(e); err != nil {
		return nil, err
	}
	return w.group, nil
}

// find returns the entry of a group: by its DN, its mail address or its account name.
func (l *LDAP) find(ctx context.Context, name string) (*entry, error) {
	if _, err := ldap.ParseDN(name); err == nil && strings.Contains(name, "=") {
		e, err := l.entry(ctx, name)
		switch {
		case err != nil:
			return nil, err
		case e == nil:
			return nil, errors.New("there is no such entry, or the account may not read it")
		case !e.isGroup():
			return nil, errors.New("it is no group")
		}
		return e, nil
	}
	filter := fmt.Sprintf("(&(|(objectClass=group)(objectClass=groupOfNames)(objectClass=%s))(|(mail=%s)(sAMAccountName=%[2]s)))",
		dynamicGroup, ldap.EscapeFilter(name))
	found, err := l.connection.pages(ctx, l.config.BaseDN, filter, l.attributes())
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, fmt.Errorf("no group under %s has this mail address or account name, or the account may not read it", l.config.BaseDN)
	case len(found) > 1:
		return nil, fmt.Errorf("%d groups have this name, %s and %s among them: name one by its DN",
			len(found), found[0].DN, found[1].DN)
	}
	return l.keep(found[0]), nil
}

// entry reads an entry. It is nil if the directory does not show it.
func (l *LDAP) entry(ctx context.Context, dn string) (*entry, error) {
	if e, ok := l.entries[dnKey(dn)]; ok {
		return e, nil
	}
	found, err := l.connection.read(ctx, dn, l.attributes())
	if err != nil {
		return nil, err
	}
	if found == nil {
		l.entries[dnKey(dn)] = nil
		return nil, nil //nolint:nilnil // as documented
	}
	e := l.keep(found)
	l.entries[dnKey(dn)] = e // the server may spell its DN in another way
	return e, nil
}

func (l *LDAP) keep(found *ldap.Entry) *entry {
	key := dnKey(found.DN)
	if e := l.entries[key]; e != nil {
		return e
	}
	e := &entry{Entry: found, key: key}
	l.entries[key] = e
	return e
}

// dnKey returns the form in which DNs are compared.
func dnKey(dn string) string {
	if parsed, err := ldap.ParseDN(dn); err == nil {
		dn = parsed.String()
	}
	return strings.ToLower(dn)
}

func (l *LDAP) attributes() []string {
	names := append(l.config.Attributes.names(),
		"objectClass", "member", "cn", "displayName", "userAccountControl", hidden, hiddenMembers)
	slices.Sort(names)
	return slices.Compact(names)
}

// The names of attributes and classes of Active Directory.
const (
	hidden        = "msExchHideFromAddressLists"
	hiddenMembers = "hideDLMembership"
	dynamicGroup  = "msExchDynamicDistributionList"
)

func (e *entry) is(class string) bool {
	return slices.ContainsFunc(e.GetEqualFoldAttributeValues("objectClass"), func(c string) bool {
		return strings.EqualFold(c, class)
	})
}

// text returns the first value of an attribute.
func (e *entry) text(attribute string) string {
	return strings.TrimSpace(e.GetEqualFoldAttributeValue(attribute))
}

func (e *entry) isGroup() bool { return e.is("group") || e.is("groupOfNames") || e.is(dynamicGroup) }

// isTrue reports whether a Boolean attribute is set.
func (e *entry) isTrue(attribute string) bool {
	return strings.EqualFold(e.text(attribute), "TRUE")
}

func (e *entry) isDisabled() bool {
	const accountDisable = 2
	flags, err := strconv.ParseInt(e.text("userAccountControl"), 10, 64)
	return err == nil && flags&accountDisable != 0
}

// person returns the person that an entry describes.
func (l *LDAP) person(e *entry) Person {
	a := &l.config.Attributes
	p := Person{
		ID: e.key, Label: e.DN,
		Mailbox:  e.text(a.Mailbox),
		External: !e.is("person") || e.is("contact") || e.is("computer"),
		Hidden:   e.isTrue(hidden) && !l.config.IncludeHidden,
		Name:     cmp.Or(e.text(a.Name), e.text("cn")),
	}
	for _, attribute := range a.SIP {
		if p.Address = e.sipAddress(attribute); p.Address != "" {
			return p
		}
	}
	if a.Telephone != "" {
		p.Telephone = telephone(e.text(a.Telephone), a.TelephoneDomain)
	}
	return p
}

// sipAddress returns the address in an attribute, independent of the order of its values.
func (e *entry) sipAddress(attribute string) string {
	values := slices.Sorted(slices.Values(e.GetEqualFoldAttributeValues(attribute)))
	for _, value := range values {
		address := strings.TrimSpace(imgroup.BareAddress(value))
		// Other values of proxyAddresses have another scheme, such as smtp:.
		if !strings.EqualFold(attribute, proxyAddresses) || len(address) < len(strings.TrimSpace(value)) {
			return address
		}
	}
	return ""
}

// telephone returns a contact for a number, with the URI that the number has in a domain.
func telephone(number, domain string) (t imsync.Telephone) {
	dialled := strings.Map(func(r rune) rune {
		if r == '+' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, number)
	if dialled == "" {
		return t
	}
	return imsync.Telephone{Number: number, SIPURI: "sip:" + dialled + "@" + domain + ";user=phone"}
}
