package imsync

import (
	"strings"

	"github.com/go-ews/exchange/imgroup"
)

// Roster is the desired state of a contact list. It has JSON tags and no ids, so it can be kept in a file
// and compared with another one.
type Roster struct {
	Groups             []Group             `json:"groups"`
	DistributionGroups []DistributionGroup `json:"distributionGroups,omitempty"`
}

// Group is a desired group with its members. A contact that is listed twice counts once.
type Group struct {
	// Name is the display name. Names are compared without case, as Exchange does: a group of the
	// list whose name differs only in case is the same group, and keeps its spelling.
	//
	// "Favorites" and "Other Contacts" are the built-in groups, also if the server calls them by a name
	// in another language. Contacts are put into them and taken out as elsewhere; the groups themselves
	// are never made, renamed or removed. A roster that does not name them leaves them alone, but for
	// what the service gave.
	Name string `json:"name"`

	// FormerName is an earlier name of the group, "" if there is none. If the list has a group of
	// that name and none called Name, the group is renamed, with any [Options.Remove]; so is one
	// that the service made under that name, and a person has renamed since. Otherwise FormerName
	// has no effect, so it may stay in the roster. Members are put in step as usual.
	FormerName string `json:"formerName,omitempty"`

	Contacts   []Contact   `json:"contacts,omitempty"`
	Telephones []Telephone `json:"telephones,omitempty"`
}

// Contact is a person with an instant-messaging address.
type Contact struct {
	// Address identifies the contact: one address, user@domain. "sip:", "smtp:" or "mailto:" before it
	// is left off, and case does not count.
	Address string `json:"address"`

	// DisplayName is the name of a contact that is new to the list. No operation can change the name
	// of a contact that is in the list. "": the name that the roster has for the same address
	// elsewhere, else the server chooses one.
	DisplayName string `json:"displayName,omitempty"`
}

// Telephone is a contact that is a telephone number.
type Telephone struct {
	// Number identifies the telephone and is its display name. Numbers are compared by their letters
	// and digits.
	Number string `json:"number"`

	// TelURI is needed to create the contact. "": "tel:" and the number without separators.
	TelURI string `json:"telUri,omitempty"`

	// SIPURI is needed to create the contact, and has no default. Exchange does not return it, so
	// [Export] leaves it empty.
	SIPURI string `json:"sipUri,omitempty"`
}

// DistributionGroup is a desired entry for a distribution group that exists in the directory.
type DistributionGroup struct {
	// Address is the SMTP address, which identifies the distribution group. It is written and compared
	// as that of a [Contact].
	Address string `json:"address"`

	// DisplayName is the name of a new entry; the name of an entry in the list stays. "": the
	// address.
	DisplayName string `json:"displayName,omitempty"`
}

// Empty reports whether the roster has no groups.
func (r *Roster) Empty() bool { return len(r.Groups) == 0 && len(r.DistributionGroups) == 0 }

func (c *Contact) key() string { return contactKey(c.Address) }

// keys returns the keys by which a list may have the telephone, that of Number first.
func (t *Telephone) keys() []string {
	keys := []string{telephoneKey(t.Number)}
	if uri := telephoneKey(numberOf(t.TelURI)); uri != "" && uri != keys[0] {
		keys = append(keys, uri)
	}
	return keys
}

// telURI returns the URI to create the contact with.
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
	return bareAddress(d.Address)
}

// contactKey returns a key that is equal for all spellings of an address, "" if there is no address.
func contactKey(address string) string {
	key := imgroup.AddressKey(bareAddress(address))
	if key == "" {
		return ""
	}
	return "im " + key
}

// sameAddress reports whether two addresses are spellings of one, which is not empty.
func sameAddress(a, b string) bool { return contactKey(a) != "" && contactKey(a) == contactKey(b) }

// bareAddress returns an address without blanks around it and without the schemes that directories put
// before it.
func bareAddress(address string) string {
	for {
		address = strings.TrimSpace(address)
		scheme, rest, ok := strings.Cut(address, ":")
		switch {
		case !ok:
			return address
		case strings.EqualFold(scheme, "sip"), strings.EqualFold(scheme, "smtp"), strings.EqualFold(scheme, "mailto"):
			address = rest
		default:
			return address
		}
	}
}

const telephonePrefix = "tel "

// telephoneKey returns a key that is equal for all spellings of a number, "" if there is no number.
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

// telNumber returns the number in a tel URI, without the parameters after it (RFC 3966), and reports
// whether uri is one.
func telNumber(uri string) (string, bool) {
	uri = strings.TrimSpace(uri)
	const scheme = "tel:"
	if len(uri) < len(scheme) || !strings.EqualFold(uri[:len(scheme)], scheme) {
		return "", false
	}
	number, _, _ := strings.Cut(uri[len(scheme):], ";")
	return number, true
}
