package ews

import (
	"cmp"
	"encoding/xml"
	"slices"
	"sync"

	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/soap"
)

func listPayload() payload[imgroup.ItemList] {
	return payload[imgroup.ItemList]{"ImItemList", readItemList}
}

func groupPayload() payload[imgroup.ImGroup] {
	return payload[imgroup.ImGroup]{"ImGroup", func(r *soap.Reader, g *imgroup.ImGroup) error {
		if readGroup(r, g); g.ExchangeStoreID.ID == "" {
			return errMissing("t:ExchangeStoreId")
		}
		return nil
	}}
}

// readItemList reads an ImItemListType: t:Groups, then t:Personas. A list of elements that the
// schema does not name is no list: taken for an empty one, it would be filled anew.
func readItemList(r *soap.Reader, list *imgroup.ItemList) (lack error) {
	named, others := 0, 0
	for name := range r.Children() {
		switch name {
		case typesName("Groups"):
			named++
			lack = cmp.Or(lack, readGroups(r, list))
		case typesName("Personas"):
			named++
			lack = cmp.Or(lack, readPersonas(r, list))
		default:
			others++
		}
	}
	return cmp.Or(lack, errForeign("m:ImItemList", named, others))
}

func typesName(local string) xml.Name { return xml.Name{Space: soap.NamespaceTypes, Local: local} }

// errForeign is the error of an element that holds children of other names only.
func errForeign(element string, named, others int) error {
	if named > 0 || others == 0 {
		return nil
	}
	return &badResponse{"the response says Success, but of what its " + element + " holds the schema names nothing"}
}

func readGroups(r *soap.Reader, list *imgroup.ItemList) error {
	named, others := 0, 0
	for name := range r.Children() {
		if name != typesName("ImGroup") {
			others++
			continue
		}
		named++
		list.Groups = append(list.Groups, imgroup.ImGroup{})
		readGroup(r, &list.Groups[len(list.Groups)-1])
	}
	return errForeign("t:Groups", named, others)
}

// readGroup reads an ImGroupType.
func readGroup(r *soap.Reader, g *imgroup.ImGroup) {
	for local := range typesChildren(r) {
		switch local {
		case "DisplayName":
			g.DisplayName = readText(r)
		case "GroupType":
			g.GroupType = imgroup.GroupType(readTrimmed(r))
		case "ExchangeStoreId":
			g.ExchangeStoreID = readID[imgroup.GroupID](r)
		case "MemberCorrelationKey":
			g.Members = readMembers(r, g.Members)
		case "ExtendedProperties":
			g.ExtendedProperties = readExtendedProperties(r, g.ExtendedProperties)
		case "SmtpAddress":
			g.SMTPAddress = readText(r)
		}
	}
}

// readMembers appends the t:ItemId children to ids.
func readMembers(r *soap.Reader, ids []imgroup.ContactID) []imgroup.ContactID {
	for local := range typesChildren(r) {
		if local == "ItemId" {
			ids = append(ids, readID[imgroup.ContactID](r))
		}
	}
	return ids
}

// readPersonas collects the personas in a pooled slice and copies it once, so that a long list
// costs no more than its own size.
func readPersonas(r *soap.Reader, list *imgroup.ItemList) error {
	scratch, ok := personaScratch.Get().(*[]imgroup.Persona)
	if !ok {
		scratch = new([]imgroup.Persona)
	}
	found, others := (*scratch)[:0], 0
	for name := range r.Children() {
		if name != typesName("Persona") {
			others++
			continue
		}
		found = append(found, imgroup.Persona{})
		readPersona(r, &found[len(found)-1])
	}
	list.Personas = slices.Concat(list.Personas, found)
	err := errForeign("t:Personas", len(found), others)
	clear(found)
	if cap(found) <= maxScratch {
		*scratch = found
		personaScratch.Put(scratch)
	}
	return err
}

// maxScratch is the longest slice that is kept: a list holds 1,000 contacts as a rule.
const maxScratch = 4 << 10

var personaScratch sync.Pool
