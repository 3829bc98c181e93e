package ewstest

import "github.com/go-ews/exchange/imgroup"

// group writes a group, the schema's ImGroupType, with the properties that were asked for.
func (w *writer) group(name string, g *group, properties []property) {
	v := g.imGroup()
	w.open(name)
	w.text("t:DisplayName", v.DisplayName)
	w.text("t:GroupType", string(v.GroupType))
	w.itemID("t:ExchangeStoreId", imgroup.ItemID(v.ExchangeStoreID))
	if len(v.Members) > 0 {
		w.open("t:MemberCorrelationKey")
		for _, member := range v.Members {
			w.itemID("t:ItemId", imgroup.ItemID(member))
		}
		w.close("t:MemberCorrelationKey")
	}
	w.groupProperties(g, properties)
	w.optional("t:SmtpAddress", v.SMTPAddress)
	w.close(name)
}

// itemID writes an ItemIdType. A persona's id is the one that comes without a change key.
func (w *writer) itemID(name string, id imgroup.ItemID) {
	if id.ChangeKey == "" {
		w.empty(name, "Id", id.ID)
		return
	}
	w.empty(name, "Id", id.ID, "ChangeKey", id.ChangeKey)
}
