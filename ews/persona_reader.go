package ews

import (
	"strconv"
	"strings"
	"time"

	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/soap"
)

// readPersona reads a PersonaType. Elements that [imgroup.Persona] does not hold are skipped.
func readPersona(r *soap.Reader, p *imgroup.Persona) error {
	for {
		local, err := nextType(r)
		if local == "" {
			return err
		}
		if text := personaText(p, local); text != nil {
			*text, err = r.Text()
		} else if values := personaValues(p, local); values != nil {
			*values, err = readAttributedStrings(r, *values)
		} else {
			err = readPersonaElement(r, p, local)
		}
		if err != nil {
			return err
		}
	}
}

// personaText returns the field for an element of plain text, nil if it is none.
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

// personaValues returns the field for an ArrayOfStringAttributedValues, nil if it is none.
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

// isPhoneList reports whether the element is an ArrayOfPhoneNumberAttributedValues.
func isPhoneList(local string) bool {
	switch local {
	case "BusinessPhoneNumbers", "BusinessPhoneNumbers2", "HomePhones", "HomePhones2",
		"MobilePhones", "MobilePhones2", "AssistantPhoneNumbers", "CallbackPhones", "CarPhones",
		"HomeFaxes", "OrganizationMainPhones", "OtherFaxes", "OtherTelephones", "OtherPhones2",
		"Pagers", "RadioPhones", "TelexNumbers", "TTYTDDPhoneNumbers", "WorkFaxes":
		return true
	}
	return false
}

// readPersonaElement reads the elements that are neither text nor an attributed array of it.
func readPersonaElement(r *soap.Reader, p *imgroup.Persona, local string) (err error) {
	switch {
	case local == "PersonaId":
		p.PersonaID, err = readItemID[imgroup.PersonaID](r)
	case local == "CreationTime":
		p.CreationTime, err = readTime(r)
	case local == "RelevanceScore":
		p.RelevanceScore, err = readInt(r)
	case local == "EmailAddress":
		p.EmailAddress, err = readEmail(r)
	case local == "EmailAddresses":
		p.EmailAddresses, err = readEmails(r, p.EmailAddresses)
	case local == "PhoneNumber":
		p.PhoneNumber, err = readPhone(r)
	case local == "Attributions":
		p.Attributions, err = readAttributions(r, p.Attributions)
	case local == "ExtendedProperties":
		p.ExtendedProperties, err = readExtendedProperties(r, p.ExtendedProperties)
	case local == "Emails1", local == "Emails2", local == "Emails3":
		p.Emails, err = readAttributedEmails(r, p.Emails)
	case isPhoneList(local):
		p.Phones, err = readAttributedPhones(r, local, p.Phones)
	default:
		err = r.Skip()
	}
	return err
}

// readTime reads an xs:dateTime, zero if it is none: a date is no reason to refuse a list.
func readTime(r *soap.Reader) (time.Time, error) {
	text, err := r.Text()
	if err != nil {
		return time.Time{}, err
	}
	text = strings.TrimSpace(text)
	for _, layout := range [...]string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, nil
}

// readInt reads an xs:int, 0 if it is none.
func readInt(r *soap.Reader) (int, error) {
	text, err := r.Text()
	return parseInt(text), err
}

// parseInt parses an xs:int, which has 32 bits whatever an int has. It returns 0 if text is none.
func parseInt(text string) int {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32)
	if err != nil {
		return 0
	}
	return int(n)
}

// readBool reads an xs:boolean, false if it is none.
func readBool(r *soap.Reader) (bool, error) {
	text, err := r.Text()
	text = strings.TrimSpace(text)
	return text == "true" || text == "1", err
}

// readAttributions appends the t:Attribution children of a persona's Attributions.
func readAttributions(r *soap.Reader, list []imgroup.Attribution) ([]imgroup.Attribution, error) {
	for {
		local, err := nextType(r)
		if local == "" {
			return list, err
		}
		if local != "Attribution" {
			err = r.Skip()
		} else {
			list = append(list, imgroup.Attribution{})
			err = readAttribution(r, &list[len(list)-1])
		}
		if err != nil {
			return list, err
		}
	}
}

func readAttribution(r *soap.Reader, a *imgroup.Attribution) error {
	for {
		local, err := nextType(r)
		if local == "" {
			return err
		}
		switch local {
		case "Id":
			a.ID, err = r.Text()
		case "SourceId":
			a.SourceID, err = readItemID[imgroup.ItemID](r)
		case "DisplayName":
			a.DisplayName, err = r.Text()
		case "IsWritable":
			a.IsWritable, err = readBool(r)
		case "IsQuickContact":
			a.IsQuickContact, err = readBool(r)
		case "IsHidden":
			a.IsHidden, err = readBool(r)
		case "FolderId":
			a.FolderID, err = readItemID[imgroup.ItemID](r)
		default:
			err = r.Skip()
		}
		if err != nil {
			return err
		}
	}
}

// readEmail reads an EmailAddressType. Servers and documentation disagree about the name of the
// address: t:EmailAddress, as the schema has it, or t:Address.
func readEmail(r *soap.Reader) (e imgroup.EmailAddress, err error) {
	for {
		local, err := nextType(r)
		if local == "" {
			return e, err
		}
		switch local {
		case "Name":
			e.Name, err = r.Text()
		case "EmailAddress", "Address":
			e.Address, err = r.Text()
		case "RoutingType":
			e.RoutingType, err = r.Text()
		case "MailboxType":
			e.MailboxType, err = r.Text()
		default:
			err = r.Skip()
		}
		if err != nil {
			return e, err
		}
	}
}

// readEmails appends an array of addresses, whose elements are called t:Address in the schema and
// t:EmailAddress in some answers.
func readEmails(r *soap.Reader, list []imgroup.EmailAddress) ([]imgroup.EmailAddress, error) {
	for {
		local, err := nextType(r)
		if local == "" {
			return list, err
		}
		switch local {
		case "Address", "EmailAddress":
			var e imgroup.EmailAddress
			e, err = readEmail(r)
			list = append(list, e)
		default:
			err = r.Skip()
		}
		if err != nil {
			return list, err
		}
	}
}

func readPhone(r *soap.Reader) (p imgroup.PhoneNumber, err error) {
	for {
		local, err := nextType(r)
		if local == "" {
			return p, err
		}
		switch local {
		case "Number":
			p.Number, err = r.Text()
		case "Type":
			p.Type, err = r.Text()
		default:
			err = r.Skip()
		}
		if err != nil {
			return p, err
		}
	}
}
