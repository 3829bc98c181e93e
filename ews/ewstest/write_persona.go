package ewstest

import (
	"strconv"
	"time"

	"github.com/go-ews/exchange/imgroup"
)

// persona writes a contact, the schema's PersonaType, with the properties that were asked for. The
// order of the elements is the schema's.
func (w *writer) persona(name string, c *contact, properties []property) {
	p := c.persona()
	w.open(name)
	w.itemID("t:PersonaId", imgroup.ItemID(p.PersonaID))
	w.text("t:PersonaType", p.PersonaType)
	w.text("t:CreationTime", p.CreationTime.Format(time.RFC3339))
	w.text("t:DisplayName", p.DisplayName)
	w.text("t:DisplayNameFirstLast", p.DisplayNameFirstLast)
	w.text("t:DisplayNameLastFirst", p.DisplayNameLastFirst)
	w.text("t:FileAs", p.FileAs)
	w.text("t:FileAsId", p.FileAsID)
	if len(p.EmailAddresses) > 0 {
		w.email("t:EmailAddress", p.EmailAddress)
		w.open("t:EmailAddresses")
		for _, e := range p.EmailAddresses {
			w.email("t:Address", e)
		}
		w.close("t:EmailAddresses")
	}
	w.optional("t:ImAddress", p.ImAddress)
	w.text("t:RelevanceScore", strconv.Itoa(p.RelevanceScore))
	w.attributions(p.Attributions)
	w.strings("t:DisplayNames", p.DisplayNames)
	w.strings("t:FileAsIds", p.FileAsIDs)
	w.phones(p.Phones)
	w.emails("t:Emails1", p.Emails)
	w.strings("t:ImAddresses", p.ImAddresses)
	w.contactProperties(c, properties)
	w.close(name)
}

func (w *writer) attributions(list []imgroup.Attribution) {
	w.open("t:Attributions")
	for _, a := range list {
		w.open("t:Attribution")
		w.text("t:Id", a.ID)
		w.itemID("t:SourceId", a.SourceID)
		w.text("t:DisplayName", a.DisplayName)
		w.flag("t:IsWritable", a.IsWritable)
		w.flag("t:IsQuickContact", a.IsQuickContact)
		w.flag("t:IsHidden", a.IsHidden)
		w.itemID("t:FolderId", a.FolderID)
		w.close("t:Attribution")
	}
	w.close("t:Attributions")
}

// email writes an address as the schema has it; two of Microsoft's samples name its parts otherwise.
func (w *writer) email(name string, e imgroup.EmailAddress) {
	w.open(name)
	w.text("t:Name", e.Name)
	w.text("t:EmailAddress", e.Address)
	w.text("t:RoutingType", e.RoutingType)
	w.close(name)
}

func (w *writer) strings(name string, values []imgroup.AttributedString) {
	if len(values) == 0 {
		return
	}
	w.open(name)
	for _, v := range values {
		w.open("t:StringAttributedValue")
		w.text("t:Value", v.Value)
		w.sources(v.Attributions)
		w.close("t:StringAttributedValue")
	}
	w.close(name)
}

func (w *writer) emails(name string, values []imgroup.AttributedEmail) {
	if len(values) == 0 {
		return
	}
	w.open(name)
	for _, v := range values {
		w.open("t:EmailAddressAttributedValue")
		w.email("t:Value", v.EmailAddress)
		w.sources(v.Attributions)
		w.close("t:EmailAddressAttributedValue")
	}
	w.close(name)
}

func (w *writer) phones(values []imgroup.AttributedPhone) {
	for _, v := range values {
		w.open("t:" + v.Kind)
		w.open("t:PhoneNumberAttributedValue")
		w.open("t:Value")
		w.text("t:Number", v.Number)
		w.text("t:Type", v.Type)
		w.close("t:Value")
		w.sources(v.Attributions)
		w.close("t:PhoneNumberAttributedValue")
		w.close("t:" + v.Kind)
	}
}

// sources writes which attributions a value comes from.
func (w *writer) sources(ids []string) {
	w.open("t:Attributions")
	for _, id := range ids {
		w.text("t:Attribution", id)
	}
	w.close("t:Attributions")
}
