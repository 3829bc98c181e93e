package ews

import (
	"cmp"
	"encoding/xml"
	"strconv"
	"sync"

	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/soap"
)

func listPayload() payload[imgroup.ItemList] {
	return payload[imgroup.ItemList]{"ImItemList", readItemList}
}

func groupPayload() payload[imgroup.ImGroup] {
	return payload[imgroup.ImGroup]{"ImGroup", func(r *soap.Reader, g *imgroup.ImGroup) error {
		lack := readGroup(r, g)
		if g.ExchangeStoreID.ID == "" {
			return errMissing("t:ExchangeStoreId")
		}
		return lack
	}}
}

// readItemList reads an ImItemListType: t:Groups, then t:Personas. A list of text, or of elements
// that the schema does not name, is no list: taken for an empty one, it would be filled anew. Next
// to elements that the schema names, all others are skipped, also those of another namespace with
// the same local name.
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
	return cmp.Or(lack, errForeign(r, "m:ImItemList", named, others))
}

func typesName(local string) xml.Name { return xml.Name{Space: soap.NamespaceTypes, Local: local} }

// errForeign is the error of the element that r has just read if it held no child that the schema
// names, but others or text.
func errForeign(r *soap.Reader, element string, named, others int) error {
	if named > 0 || others == 0 && !r.Mixed() {
		return nil
	}
	return &badResponse{"the response says Success, but of what its " + element + " holds the schema names nothing"}
}

func readGroups(r *soap.Reader, list *imgroup.ItemList) (lack error) {
	named, others := 0, 0
	for name := range r.Children() {
		if name != typesName("ImGroup") {
			others++
			continue
		}
		named++
		if len(list.Groups) == maxEntries {
			return errTooMany("groups")
		}
		list.Groups = append(list.Groups, imgroup.ImGroup{})
		lack = cmp.Or(lack, readGroup(r, &list.Groups[len(list.Groups)-1]))
	}
	return cmp.Or(lack, errForeign(r, "t:Groups", named, others))
}

// readGroup reads an ImGroupType.
func readGroup(r *soap.Reader, g *imgroup.ImGroup) (lack error) {
	for local := range typesChildren(r) {
		switch local {
		case "DisplayName":
			g.DisplayName = readText(r)
		case "GroupType":
			g.GroupType = imgroup.GroupType(readTrimmed(r))
		case "ExchangeStoreId":
			g.ExchangeStoreID = readID[imgroup.GroupID](r)
		case "MemberCorrelationKey":
			g.Members, lack = readMembers(r, g.Members)
		case "ExtendedProperties":
			g.ExtendedProperties = readExtendedProperties(r, g.ExtendedProperties)
		case "SmtpAddress":
			g.SMTPAddress = readText(r)
		}
	}
	return lack
}

// readMembers appends the t:ItemId children to ids.
func readMembers(r *soap.Reader, ids []imgroup.ContactID) ([]imgroup.ContactID, error) {
	before, others := len(ids), 0
	for name := range r.Children() {
		if name == typesName("ItemId") {
			ids = append(ids, readID[imgroup.ContactID](r))
		} else {
			others++
		}
	}
	return ids, errForeign(r, "t:MemberCorrelationKey", len(ids)-before, others)
}

// readPersonas collects the personas in a pooled slice and copies it once, so that a long list
// costs no more than its own size.
func readPersonas(r *soap.Reader, list *imgroup.ItemList) error {
	scratch, ok := personaScratch.Get().(*[]imgroup.Persona)
	if !ok {
		scratch = new([]imgroup.Persona)
	}
	found, others, many := (*scratch)[:0], 0, error(nil)
	for name := range r.Children() {
		if name != typesName("Persona") {
			others++
			continue
		}
		if len(list.Personas)+len(found) == maxEntries {
			many = errTooMany("personas")
			break
		}
		found = append(found, imgroup.Persona{})
		readPersona(r, &found[len(found)-1])
	}
	list.Personas = append(list.Personas, found...)
	err := cmp.Or(many, errForeign(r, "t:Personas", len(found), others))
	clear(found)
	if cap(found) <= maxScratch {
		*scratch = found
		personaScratch.Put(scratch)
	}
	return err
}

// maxEntries bounds the groups and the personas of a list, each far beyond what a server holds: in
// memory a persona is 50 times as large as an empty element.
const maxEntries = 128 << 10

func errTooMany(what string) error {
	return &badResponse{"the response holds more than " + strconv.Itoa(maxEntries) + " " + what}
}

// maxScratch is the longest slice that is kept: a list holds 1,000 contacts as a rule.
const maxScratch = 4 << 10

var personaScratch sync.Pool
