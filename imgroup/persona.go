package imgroup

import (
	"time"

	"github.com/go-ews/exchange/imgroup/mapi"
)

// Persona is a contact as the server aggregates it, the part of the schema's PersonaType that
// responses of the IM-list operations carry. Fields that the server omitted are zero.
type Persona struct {
	PersonaID    PersonaID // operations take the ContactID instead
	PersonaType  string    // usually "Person"
	CreationTime time.Time // UTC; zero if missing or not an xs:dateTime

	DisplayName          string // "" for a telephone contact without a name
	DisplayNameFirstLast string
	DisplayNameLastFirst string
	FileAs               string
	FileAsID             string
	GivenName            string
	Surname              string

	EmailAddress   EmailAddress // the preferred one
	EmailAddresses []EmailAddress
	PhoneNumber    PhoneNumber // the preferred one

	// ImAddress is the preferred instant-messaging address. Servers write it with and without
	// "sip:"; compare with [SameAddress].
	ImAddress string

	RelevanceScore int // 2147483647: never used

	// Attributions are the sources of the persona. The values in the fields below refer to them by
	// [Attribution.ID].
	Attributions []Attribution

	DisplayNames []AttributedString
	FileAses     []AttributedString
	FileAsIDs    []AttributedString
	GivenNames   []AttributedString
	Surnames     []AttributedString

	Phones []AttributedPhone // of every kind, in the order of the response

	// Emails holds the schema's Emails1, Emails2 and Emails3, in the order of the response.
	Emails []AttributedEmail

	// ImAddresses holds the schema's ImAddresses, ImAddresses2 and ImAddresses3 likewise.
	ImAddresses []AttributedString

	// ExtendedProperties holds those of the requested properties that the contact has.
	ExtendedProperties []mapi.Property
}

// ContactID returns the id of the contact for other operations: the SourceID of the first
// attribution that is a quick contact and not hidden. It returns false for a persona without one,
// which is not an IM contact. The ID equals that in [ImGroup.Members].
func (p *Persona) ContactID() (ContactID, bool) {
	for i := range p.Attributions {
		a := &p.Attributions[i]
		if a.IsQuickContact && !a.IsHidden && a.SourceID.ID != "" {
			return ContactID(a.SourceID), true
		}
	}
	return ContactID{}, false
}

// HasAddress reports whether address is one of the persona's instant-messaging addresses, in the
// sense of [SameAddress]. E-mail addresses do not count.
func (p *Persona) HasAddress(address string) bool {
	key := AddressKey(address)
	return hasKey(p.ImAddress, key) || p.hasFurther(key)
}

// hasFurther reports whether one of the further addresses has the key.
func (p *Persona) hasFurther(key string) bool {
	for i := range p.ImAddresses {
		if hasKey(p.ImAddresses[i].Value, key) {
			return true
		}
	}
	return false
}

// Attribution is a source of a persona, the schema's PersonaAttributionType.
type Attribution struct {
	ID             string // by which the Attributions of single values refer to it
	SourceID       ItemID // the item in the source, see [Persona.ContactID]
	DisplayName    string // of the source: "Outlook", "Lync Contacts"
	IsWritable     bool
	IsQuickContact bool // the source is an IM contact
	IsHidden       bool
	FolderID       ItemID
}

// EmailAddress is the schema's EmailAddressType. Address is the element EmailAddress of the schema,
// which some servers call Address.
type EmailAddress struct {
	Name, Address, RoutingType, MailboxType string
}

// PhoneNumber is the schema's PersonaPhoneNumberType; Type is a word such as "Home" or "Other".
type PhoneNumber struct {
	Number, Type string
}

// AttributedString is a value with the ids of its attributions.
type AttributedString struct {
	Value        string
	Attributions []string
}

// AttributedEmail is an e-mail address with the ids of its attributions.
type AttributedEmail struct {
	EmailAddress
	Attributions []string
}

// AttributedPhone is a telephone number with the ids of its attributions. Kind is the schema's name
// of its list: HomePhones, MobilePhones, OtherTelephones, ….
type AttributedPhone struct {
	PhoneNumber
	Kind         string
	Attributions []string
}
