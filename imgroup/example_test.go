package imgroup_test

import (
	"fmt"

	"github.com/go-ews/exchange/imgroup"
)

// A list joins groups and contacts by ids alone; its methods do it.
func ExampleItemList() {
	list := &imgroup.ItemList{
		Groups: []imgroup.ImGroup{{
			DisplayName: "Sales", GroupType: imgroup.UserGroup,
			ExchangeStoreID: imgroup.GroupID{ID: "group"},
			Members:         []imgroup.ContactID{{ID: "contact", ChangeKey: "old"}},
		}},
		Personas: []imgroup.Persona{{
			DisplayName: "Tony Smith", ImAddress: "sip:tsmith@contoso.com",
			Attributions: []imgroup.Attribution{{
				SourceID: imgroup.ItemID{ID: "contact", ChangeKey: "new"}, IsQuickContact: true,
			}},
		}},
	}
	if sales, ok := list.GroupByName("sales"); ok {
		for _, p := range list.ContactsOf(sales.ExchangeStoreID) {
			fmt.Println(p.DisplayName)
		}
	}
	if tony, ok := list.Contact("TSmith@contoso.com"); ok {
		contact, _ := tony.ContactID()
		fmt.Println(contact.ID, len(list.GroupsOf(contact)))
	}
	// Output:
	// Tony Smith
	// contact 1
}
