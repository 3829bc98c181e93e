package ews

import (
	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/soap"
)

func personaPayload() payload[imgroup.Persona] {
	return payload[imgroup.Persona]{"Persona", func(r *soap.Reader, p *imgroup.Persona) error {
		if readPersona(r, p); p.PersonaID.ID == "" {
			return errMissing("t:PersonaId")
		}
		return nil
	}}
}

// readPersona reads a PersonaType. Elements that [imgroup.Persona] does not hold are skipped.
func readPersona(r *soap.Reader, p *imgroup.Persona) {
	for local := range typesChildren(r) {
		if text := personaText(p, local); text != nil {
			*text = readText(r)
		} else if values := personaValues(p, local); values != nil {
			*values = readAttributedStrings(r, *values)
		} else {
			readPersonaElement(r, p, local)
		}
	}
}

// personaText returns the field for an element of plain text, nil for any other.
func personaText(p *imgroup.Persona, local string) *string {
	switch local {
	case "PersonaType":
		return &p.PersonaType
	case "DisplayName":
		return &p.DisplayName
	case "DisplayNameFirstLast":
		return &p.DisplayNameFirstLast
	case "DisplayNameLastFirst":
		return &p.DisplayNameLastFirst
	case "FileAs":
		return &p.FileAs
	case "FileAsId":
		return &p.FileAsID
	case "GivenName":
		return &p.GivenName
	case "Surname":
		return &p.Surname
	case "ImAddress":
		return &p.ImAddress
	}
	return nil
}

// personaValues returns the field for an ArrayOfStringAttributedValues, nil for any other.
func personaValues(p *imgroup.Persona, local string) *[]imgroup.AttributedString {
	switch local {
	case "DisplayNames":
		return &p.DisplayNames
	case "FileAses":
		return &p.FileAses
	case "FileAsIds":
		return &p.FileAsIDs
	case "GivenNames":
		return &p.GivenNames
	case "Surnames":
		return &p.Surnames
	case "ImAddresses", "ImAddresses2", "ImAddresses3":
		return &p.ImAddresses
	}
	return nil
}

// readPersonaElement reads the elements that are neither text nor an attributed array of it.
func readPersonaElement(r *soap.Reader, p *imgroup.Persona, local string) {
	switch local {
	case "PersonaId":
		p.PersonaID = readID[imgroup.PersonaID](r)
	case "CreationTime":
		p.CreationTime = readTime(r)
	case "RelevanceScore":
		p.RelevanceScore = parseInt(readText(r))
	case "EmailAddress":
		p.EmailAddress = readEmail(r)
	case "EmailAddresses":
		p.EmailAddresses = readEmails(r, p.EmailAddresses)
	case "PhoneNumber":
		p.PhoneNumber = readPhone(r)
	case "Attributions":
		p.Attributions = readAttributions(r, p.Attributions)
	case "ExtendedProperties":
		p.ExtendedProperties = readExtendedProperties(r, p.ExtendedProperties)
	case "Emails1", "Emails2", "Emails3":
		p.Emails = readAttributedEmails(r, p.Emails)
	case "BusinessPhoneNumbers", "BusinessPhoneNumbers2", "HomePhones", "HomePhones2",
		"MobilePhones", "MobilePhones2", "AssistantPhoneNumbers", "CallbackPhones", "CarPhones",
		"HomeFaxes", "OrganizationMainPhones", "OtherFaxes", "OtherTelephones", "OtherPhones2",
		"Pagers", "RadioPhones", "TelexNumbers", "TTYTDDPhoneNumbers", "WorkFaxes":
		p.Phones = readAttributedPhones(r, local, p.Phones)
	}
}

// readAttributions appends the t:Attribution children of a persona's Attributions.
func readAttributions(r *soap.Reader, list []imgroup.Attribution) []imgroup.Attribution {
	for local := range typesChildren(r) {
		if local == "Attribution" {
			list = append(list, readAttribution(r))
		}
	}
	return list
}

func readAttribution(r *soap.Reader) (a imgroup.Attribution) {
	for local := range typesChildren(r) {
		switch local {
		case "Id":
			a.ID = readText(r)
		case "SourceId":
			a.SourceID = readID[imgroup.ItemID](r)
		case "DisplayName":
			a.DisplayName = readText(r)
		case "IsWritable":
			a.IsWritable = readBool(r)
		case "IsQuickContact":
			a.IsQuickContact = readBool(r)
		case "IsHidden":
			a.IsHidden = readBool(r)
		case "FolderId":
			a.FolderID = readID[imgroup.ItemID](r)
		}
	}
	return a
}

// readEmail reads an EmailAddressType. Servers and documentation disagree about the name of the
// address: t:EmailAddress, as the schema has it, or t:Address.
func readEmail(r *soap.Reader) (e imgroup.EmailAddress) {
	for local := range typesChildren(r) {
		switch local {
		case "Name":
			e.Name = readText(r)
		case "EmailAddress", "Address":
			e.Address = readText(r)
		case "RoutingType":
			e.RoutingType = readText(r)
		case "MailboxType":
			e.MailboxType = readText(r)
		}
	}
	return e
}

// readEmails appends an array of addresses, whose elements are called t:Address in the schema and
// t:EmailAddress in some responses.
func readEmails(r *soap.Reader, list []imgroup.EmailAddress) []imgroup.EmailAddress {
	for local := range typesChildren(r) {
		if local == "Address" || local == "EmailAddress" {
			list = append(list, readEmail(r))
		}
	}
	return list
}

func readPhone(r *soap.Reader) (p imgroup.PhoneNumber) {
	for local := range typesChildren(r) {
		switch local {
		case "Number":
			p.Number = readText(r)
		case "Type":
			p.Type = readText(r)
		}
	}
	return p
}

// Attributed values are pairs of t:Value and t:Attributions, in arrays of them. Each kind of
// array has one kind of child, so its name does not matter.

func readAttributedStrings(r *soap.Reader, list []imgroup.AttributedString) []imgroup.AttributedString {
	for range typesChildren(r) {
		var v imgroup.AttributedString
		v.Value, v.Attributions = readAttributed(r, readText)
		list = append(list, v)
	}
	return list
}

func readAttributedEmails(r *soap.Reader, list []imgroup.AttributedEmail) []imgroup.AttributedEmail {
	for range typesChildren(r) {
		var v imgroup.AttributedEmail
		v.EmailAddress, v.Attributions = readAttributed(r, readEmail)
		list = append(list, v)
	}
	return list
}

func readAttributedPhones(r *soap.Reader, kind string, list []imgroup.AttributedPhone) []imgroup.AttributedPhone {
	for range typesChildren(r) {
		v := imgroup.AttributedPhone{Kind: kind}
		v.PhoneNumber, v.Attributions = readAttributed(r, readPhone)
		list = append(list, v)
	}
	return list
}

// readAttributed reads one pair.
func readAttributed[T any](r *soap.Reader, read func(*soap.Reader) T) (value T, attributions []string) {
	for local := range typesChildren(r) {
		switch local {
		case "Value":
			value = read(r)
		case "Attributions":
			attributions = readStrings(r, "Attribution", attributions)
		}
	}
	return value, attributions
}
