package ews

import (
	"encoding/xml"
	"slices"
	"sync"

	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/soap"
)

// listResponse is the answer of GetImItemList and GetImItems.
type listResponse struct {
	ResponseMessage
	op      string
	list    *imgroup.ItemList
	foreign string // an element of the list that holds children, but none that the schema names
}

func (p *listResponse) message() *ResponseMessage     { return &p.ResponseMessage }
func (p *listResponse) ReadBody(r *soap.Reader) error { return readResponse(r, p.op, p) }
func (p *listResponse) reset()                        { *p = listResponse{op: p.op} }

func (p *listResponse) readPayload(r *soap.Reader) error {
	if r.Name().Local != "ImItemList" {
		return r.Skip()
	}
	if p.list != nil {
		return errTwice("m:ImItemList")
	}
	p.list = new(imgroup.ItemList)
	return p.readItemList(r)
}

// Err reports what the server said, and a success without the list. A list of elements that the
// schema does not name is none: taken for an empty list, it would be filled anew.
func (p *listResponse) Err() error {
	if err := p.ResponseMessage.Err(); err != nil {
		return err
	}
	if p.list == nil {
		return errMissing("m:ImItemList")
	}
	if p.foreign != "" {
		return &badAnswer{"the answer says Success, but of what its " + p.foreign + " holds the schema names nothing"}
	}
	return nil
}

// readItemList reads an ImItemListType: t:Groups, then t:Personas.
func (p *listResponse) readItemList(r *soap.Reader) error {
	named, others := 0, 0
	for {
		ok, err := r.Next()
		if !ok {
			p.check("m:ImItemList", named, others)
			return err
		}
		named++
		switch r.Name() {
		case xml.Name{Space: soap.NamespaceTypes, Local: "Groups"}:
			err = p.readGroups(r)
		case xml.Name{Space: soap.NamespaceTypes, Local: "Personas"}:
			err = p.readPersonas(r)
		default:
			named--
			others++
			err = r.Skip()
		}
		if err != nil {
			return err
		}
	}
}

// check notes an element that holds children of other names only.
func (p *listResponse) check(element string, named, others int) {
	if named == 0 && others > 0 && p.foreign == "" {
		p.foreign = element
	}
}

func (p *listResponse) readGroups(r *soap.Reader) error {
	list := p.list
	return p.eachNamed(r, "t:Groups", "ImGroup", func() error {
		list.Groups = append(list.Groups, imgroup.ImGroup{})
		return readGroup(r, &list.Groups[len(list.Groups)-1])
	})
}

// eachNamed calls read for each child of that name in the types namespace, and skips the others.
func (p *listResponse) eachNamed(r *soap.Reader, element, child string, read func() error) error {
	named, others := 0, 0
	for {
		ok, err := r.Next()
		if !ok {
			p.check(element, named, others)
			return err
		}
		if r.Name() == (xml.Name{Space: soap.NamespaceTypes, Local: child}) {
			named++
			err = read()
		} else {
			others++
			err = r.Skip()
		}
		if err != nil {
			return err
		}
	}
}

// readPersonas collects the personas in a pooled slice and copies it once, so that a long list
// costs no more than its own size.
func (p *listResponse) readPersonas(r *soap.Reader) error {
	scratch, ok := personaScratch.Get().(*[]imgroup.Persona)
	if !ok {
		scratch = new([]imgroup.Persona)
	}
	found := (*scratch)[:0]
	err := p.eachNamed(r, "t:Personas", "Persona", func() error {
		found = append(found, imgroup.Persona{})
		return readPersona(r, &found[len(found)-1])
	})
	p.list.Personas = slices.Concat(p.list.Personas, found)
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
