package imsync

import (
	"strings"

	"github.com/go-ews/exchange/imgroup"
)

// Roster is a wanted contact list: what the mailbox's list is to hold beside the built-in groups.
// It has JSON tags and no ids, so it can be kept in a file and compared with another one.
type Roster struct {
	Groups             []Group             `json:"groups"`
	DistributionGroups []DistributionGroup `json:"distributionGroups,omitempty"`
}

// Group is a wanted group with everybody who is to be in it. Contacts that are named twice count
// once.
type Group struct {
	// Name is the display name. Names are compared without case, as Exchange does: a group that is
	// there in another spelling is the wanted one, and keeps its spelling.
	Name string `json:"name"`

	// FormerName says that the group used to have another name. If the list has a group of that name
	// and none called Name, it is renamed, with Prune or without; otherwise the hint counts for
	// nothing, so it may stay in the roster. "": no hint. Contacts that differ besides are put in
	// step as usual.
	FormerName string `json:"formerName,omitempty"`

	Contacts   []Contact   `json:"contacts,omitempty"`
	Telephones []Telephone `json:"telephones,omitempty"`
}

// Contact is a person with an instant-messaging address.
type Contact struct {
	// Address is what tells contacts apart, compared without "sip:" and without case.
	Address string `json:"address"`

	// DisplayName is the name that the contact gets when it is made. No operation can change that of
	// a contact in the list, so such a name is left as it is. "": any name that the roster gives the
	// same address elsewhere, else the server makes one up.
	DisplayName string `json:"displayName,omitempty"`
}

// Telephone is a contact that is a telephone number.
type Telephone struct {
	// Number is what is shown and what tells telephones apart; only its letters and digits count.
	Number string `json:"number"`

	// TelURI is needed when the contact is made. "": "tel:" and the number without separators.
	TelURI string `json:"telUri,omitempty"`

	// SIPURI is needed when the contact is made, and has no default. Exchange does not tell the one
	// that a contact in the list has, so [Export] leaves it empty.
	SIPURI string `json:"sipUri,omitempty"`
}

// DistributionGroup is a wanted entry for a distribution group that exists in the directory.
type DistributionGroup struct {
	// Address is the SMTP address and what tells distribution groups apart, compared without case.
	Address string `json:"address"`

	// DisplayName is the name that the entry gets when it is made; that of an entry in the list is
	// left as it is. "": the address.
	DisplayName string `json:"displayName,omitempty"`
}

// Empty reports whether the roster wants no group at all.
func (r *Roster) Empty() bool { return len(r.Groups) == 0 && len(r.DistributionGroups) == 0 }

func (c *Contact) key() string { return contactKey(c.Address) }

// keys are the numbers by which the telephone may be found in a list, the shown one first.
func (t *Telephone) keys() []string {
	keys := []string{telephoneKey(t.Number)}
	if uri := telephoneKey(numberOf(t.TelURI)); uri != "" && uri != keys[0] {
		keys = append(keys, uri)
	}
	return keys
}

// telURI is the URI that the contact is made with.
func (t *Telephone) telURI() string {
	if t.TelURI != "" {
		return t.TelURI
	}
	plus := ""
	if strings.HasPrefix(strings.TrimSpace(t.Number), "+") {
		plus = "+"
	}
	return "tel:" + plus + strings.TrimPrefix(telephoneKey(t.Number), telephonePrefix)
}

func (d *DistributionGroup) name() string {
	if d.DisplayName != "" {
		return d.DisplayName
	}
	return d.Address
}

// contactKey returns what is equal for addresses of the same contact, "" if there is no address.
func contactKey(address string) string {
	key := imgroup.AddressKey(address)
	if key == "" {
		return ""
	}
	return "im " + key
}

const telephonePrefix = "tel "

// telephoneKey returns what is equal for the same number however it is set out, "" if there is none.
func telephoneKey(number string) string {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(number))
	if digits == "" {
		return ""
	}
	return telephonePrefix + digits
}

// numberOf returns the number in a tel URI, which may lack its scheme.
func numberOf(uri string) string {
	if number, ok := telNumber(uri); ok {
		return number
	}
	number, _, _ := strings.Cut(uri, ";")
	return number
}

// telNumber returns the number in a tel URI, which ends where its parameters begin (RFC 3966), and
// whether it is one.
func telNumber(uri string) (string, bool) {
	uri = strings.TrimSpace(uri)
	const scheme = "tel:"
	if len(uri) < len(scheme) || !strings.EqualFold(uri[:len(scheme)], scheme) {
		return "", false
	}
	number, _, _ := strings.Cut(uri[len(scheme):], ";")
	return number, true
}
