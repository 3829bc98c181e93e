package ews

import (
	"strings"

	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/soap"
)

// groupResponse is the answer of AddImGroup and AddDistributionGroupToImList.
type groupResponse struct {
	ResponseMessage
	op    string
	group *imgroup.ImGroup
}

func (p *groupResponse) message() *ResponseMessage     { return &p.ResponseMessage }
func (p *groupResponse) ReadBody(r *soap.Reader) error { return readResponse(r, p.op, p) }
func (p *groupResponse) reset()                        { *p = groupResponse{op: p.op} }

func (p *groupResponse) readPayload(r *soap.Reader) error {
	if r.Name().Local != "ImGroup" {
		return r.Skip()
	}
	if p.group != nil {
		return errTwice("m:ImGroup")
	}
	p.group = new(imgroup.ImGroup)
	return readGroup(r, p.group)
}

// Err reports what the server said, and a success without the group or its id: nothing could be
// done with such a group.
func (p *groupResponse) Err() error {
	if err := p.ResponseMessage.Err(); err != nil {
		return err
	}
	if p.group == nil {
		return errMissing("m:ImGroup")
	}
	if p.group.ExchangeStoreID.ID == "" {
		return errMissing("t:ExchangeStoreId")
	}
	return nil
}

// readGroup reads an ImGroupType.
func readGroup(r *soap.Reader, g *imgroup.ImGroup) error {
	for {
		local, err := nextType(r)
		if local == "" {
			return err
		}
		switch local {
		case "DisplayName":
			g.DisplayName, err = r.Text()
		case "GroupType":
			var text string
			text, err = r.Text()
			g.GroupType = imgroup.GroupType(strings.TrimSpace(text))
		case "ExchangeStoreId":
			g.ExchangeStoreID, err = readItemID[imgroup.GroupID](r)
		case "MemberCorrelationKey":
			g.Members, err = readItemIDs(r, g.Members)
		case "ExtendedProperties":
			g.ExtendedProperties, err = readExtendedProperties(r, g.ExtendedProperties)
		case "SmtpAddress":
			g.SMTPAddress, err = r.Text()
		default:
			err = r.Skip()
		}
		if err != nil {
			return err
		}
	}
}

// nextType moves to the next child in the types namespace and returns its name, "" at the end or
// with an error. Children of other name spaces are skipped: they mean something else.
func nextType(r *soap.Reader) (string, error) {
	for {
		ok, err := r.Next()
		if !ok {
			return "", err
		}
		if name := r.Name(); name.Space == soap.NamespaceTypes {
			return name.Local, nil
		}
		if err := r.Skip(); err != nil {
			return "", err
		}
	}
}

// readItemID reads the attributes of an ItemIdType or FolderIdType.
func readItemID[T imgroup.ItemID | imgroup.GroupID | imgroup.ContactID | imgroup.PersonaID](r *soap.Reader) (T, error) {
	id, _ := r.Attr("", "Id")
	key, _ := r.Attr("", "ChangeKey")
	return T(imgroup.ItemID{ID: id, ChangeKey: key}), r.Skip()
}

// readItemIDs appends the t:ItemId children to ids.
func readItemIDs(r *soap.Reader, ids []imgroup.ContactID) ([]imgroup.ContactID, error) {
	for {
		local, err := nextType(r)
		if local == "" {
			return ids, err
		}
		if local != "ItemId" {
			if err := r.Skip(); err != nil {
				return ids, err
			}
			continue
		}
		id, err := readItemID[imgroup.ContactID](r)
		if err != nil {
			return ids, err
		}
		ids = append(ids, id)
	}
}
