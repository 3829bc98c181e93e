package ldaptest

import "strings"

// Base is the DN under which [Person] and [Group] are.
const Base = "DC=contoso,DC=com"

// Person returns a user with a mailbox, a SIP address other than the mail address, and a name. More has
// further attributes, or others; an empty value takes one away.
func Person(name string, more ...string) Entry {
	return Entry{"CN=" + name + ",OU=People," + Base, map[string][]string{
		"objectClass": {"top", "person", "organizationalPerson", "user"},
		"cn":          {name}, "displayName": {"Name of " + name}, "mail": {name + "@contoso.com"},
		"msRTCSIP-PrimaryUserAddress": {"sip:" + name + "@sip.contoso.com"}, "userAccountControl": {"512"},
	}}.With(more...)
}

// Group returns a group with an account name. A member without an equals sign is the name of a [Person].
func Group(name string, members ...string) Entry {
	e := Entry{GroupDN(name), map[string][]string{
		"objectClass": {"top", "group"}, "cn": {name}, "sAMAccountName": {name}, "displayName": {"The " + name},
		"mail": {name + "@contoso.com"},
	}}
	for _, m := range members {
		if !strings.Contains(m, "=") {
			m = Person(m).DN
		}
		e.Attributes["member"] = append(e.Attributes["member"], m)
	}
	return e
}

// GroupDN returns the DN of a [Group].
func GroupDN(name string) string { return "CN=" + name + ",OU=Groups," + Base }

// With adds attributes to an entry, and returns it: names and values in turn.
func (e Entry) With(more ...string) Entry {
	for i := 0; i+1 < len(more); i += 2 {
		if more[i+1] == "" {
			delete(e.Attributes, more[i])
		} else {
			e.Attributes[more[i]] = strings.Split(more[i+1], "|")
		}
	}
	return e
}
