package ews

import (
	"slices"
	"sync"

	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/soap"
)

// listResponse is the answer of GetImItemList and GetImItems.
type listResponse struct {
	ResponseMessage
	op   string
	list *imgroup.ItemList
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
	return readItemList(r, p.list)
}

// Err reports what the server said, and a success without the list.
func (p *listResponse) Err() error {
	if err := p.ResponseMessage.Err(); err != nil {
		return err
	}
	if p.list == nil {
		return errMissing("m:ImItemList")
	}
	return nil
}

// readItemList reads an ImItemListType: t:Groups, then t:Personas.
func readItemList(r *soap.Reader, list *imgroup.ItemList) error {
	for {
		local, err := nextType(r)
		if local == "" {
			return err
		}
		switch local {
		case "Groups":
			err = readGroups(r, list)
		case "Personas":
			err = readPersonas(r, list)
		default:
			err = r.Skip()
		}
		if err != nil {
			return err
		}
	}
}

func readGroups(r *soap.Reader, list *imgroup.ItemList) error {
	for {
		local, err := nextType(r)
		if local == "" {
			return err
		}
		if local != "ImGroup" {
			err = r.Skip()
		} else {
			list.Groups = append(list.Groups, imgroup.ImGroup{})
			err = readGroup(r, &list.Groups[len(list.Groups)-1])
		}
		if err != nil {
			return err
		}
	}
}

// readPersonas collects the personas in a pooled slice and copies it once, so that a long list
// costs no more than its own size.
func readPersonas(r *soap.Reader, list *imgroup.ItemList) error {
	scratch, ok := personaScratch.Get().(*[]imgroup.Persona)
	if !ok {
		scratch = new([]imgroup.Persona)
	}
	found, err := appendPersonas(r, (*scratch)[:0])
	list.Personas = slices.Concat(list.Personas, found)
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

func appendPersonas(r *soap.Reader, list []imgroup.Persona) ([]imgroup.Persona, error) {
	for {
		local, err := nextType(r)
		if local == "" {
			return list, err
		}
		if local != "Persona" {
			err = r.Skip()
		} else {
			list = append(list, imgroup.Persona{})
			err = readPersona(r, &list[len(list)-1])
		}
		if err != nil {
			return list, err
		}
	}
}
