package main

import (
	"context"
	"fmt"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/imsync"
)

// seed fills the list of the in-process Exchange.
func seed(ctx context.Context, client *ews.Client) error {
	anna := imsync.Contact{Address: "anna@contoso.com", DisplayName: "Anna Ek"}
	bert := imsync.Contact{Address: "bert@contoso.com", DisplayName: "Bert Berg"}
	carla := imsync.Contact{Address: "carla@contoso.com", DisplayName: "Carla Cruz"}
	roster := imsync.Roster{
		Groups: []imsync.Group{
			{Name: "Favorites", Contacts: []imsync.Contact{anna}},
			{Name: "Sales", Contacts: []imsync.Contact{anna, bert}},
			{
				Name:       "Research & Development",
				Contacts:   []imsync.Contact{anna, carla},
				Telephones: []imsync.Telephone{{Number: "+1 562 555 0100", SIPURI: "sip:lab@contoso.com"}},
			},
			{Name: "Nobody yet"},
		},
		DistributionGroups: []imsync.DistributionGroup{{Address: "all@contoso.com", DisplayName: "All staff"}},
	}
	if _, err := imsync.Sync(ctx, client, roster, nil); err != nil {
		return fmt.Errorf("filling the in-process Exchange: %w", err)
	}
	return nil
}
