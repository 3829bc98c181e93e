package directory

import (
	"encoding/xml"
	"strings"
)

// MailboxType is the kind of recipient behind an address, in Exchange's words. The set is open.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/mailboxtype
type MailboxType string

// The types that a directory returns.
const (
	User         MailboxType = "Mailbox"      // a mailbox of this organisation
	Contact      MailboxType = "Contact"      // a mail contact or a mail user: a person with a mailbox elsewhere
	PublicDL     MailboxType = "PublicDL"     // a distribution group
	PrivateDL    MailboxType = "PrivateDL"    // a contact group in a mailbox
	PublicFolder MailboxType = "PublicFolder" // a mail-enabled public folder
	GroupMailbox MailboxType = "GroupMailbox" // a Microsoft 365 group
	OneOff       MailboxType = "OneOff"       // an address without an entry in the directory
	Unknown      MailboxType = "Unknown"
)

// Mailbox is an entry of the directory, the schema's EmailAddressType.
type Mailbox struct {
	Name         string      `xml:"http://schemas.microsoft.com/exchange/services/2006/types Name"`
	EmailAddress string      `xml:"http://schemas.microsoft.com/exchange/services/2006/types EmailAddress"`
	RoutingType  string      `xml:"http://schemas.microsoft.com/exchange/services/2006/types RoutingType"` // "SMTP"; "EX" if EmailAddress is a legacy DN
	Type         MailboxType `xml:"http://schemas.microsoft.com/exchange/services/2006/types MailboxType"`

	// ItemID is the id of an entry that lies in a mailbox, such as a PrivateDL; else empty.
	ItemID string `xml:"-"`
}

// IsGroup reports whether ExpandDL expands it.
func (m Mailbox) IsGroup() bool { return m.Type == PublicDL || m.Type == PrivateDL }

// key returns the same text for two entries of the same recipient.
func (m Mailbox) key() string {
	switch {
	case m.EmailAddress != "":
		return strings.ToLower(m.EmailAddress)
	case m.ItemID != "":
		return "\x00" + m.ItemID
	}
	return "\x01" + strings.ToLower(m.Name)
}

// label names the entry for a person.
func (m Mailbox) label() string {
	if m.EmailAddress != "" {
		return m.EmailAddress
	}
	return m.Name
}

// UnmarshalXML reads ItemId's attribute besides the fields, and trims the words of the schema.
func (m *Mailbox) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	type fields Mailbox // without this method
	var element struct {
		fields

		Item struct {
			ID string `xml:"Id,attr"`
		} `xml:"http://schemas.microsoft.com/exchange/services/2006/types ItemId"`
	}
	if err := d.DecodeElement(&element, &start); err != nil {
		return err
	}
	*m = Mailbox(element.fields)
	m.EmailAddress = strings.TrimSpace(m.EmailAddress)
	m.RoutingType = strings.TrimSpace(m.RoutingType)
	m.Type = MailboxType(strings.TrimSpace(string(m.Type)))
	m.ItemID = element.Item.ID
	return nil
}
