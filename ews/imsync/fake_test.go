package imsync_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// newClient returns a client of the fake that never tries again by itself.
func newClient(t testing.TB, srv *ewstest.Server) *ews.Client {
	t.Helper()
	client, err := ews.NewClient(ewstest.Endpoint, &ews.Options{
		HTTPClient: srv.Client(), Retry: ews.RetryPolicy{MaxAttempts: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// patientClient returns a client of the fake that waits for as long as Exchange asks.
func patientClient(t testing.TB, srv *ewstest.Server) *ews.Client {
	t.Helper()
	client, err := ews.NewClient(ewstest.Endpoint, &ews.Options{
		HTTPClient: srv.Client(), Retry: ews.RetryPolicy{MaxWait: 5 * time.Minute},
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// listOf makes the list that a roster describes, with the built-in groups; favorites are in Favorites.
func listOf(r imsync.Roster, favorites ...string) *imgroup.ItemList {
	l := &imgroup.ItemList{}
	serial := 0
	id := func() imgroup.ItemID {
		serial++
		return imgroup.ItemID{ID: fmt.Sprint("id", serial), ChangeKey: "key"}
	}
	persona := func(p imgroup.Persona) imgroup.ContactID {
		for i := range l.Personas {
			known := &l.Personas[i]
			if known.ImAddress == p.ImAddress && known.DisplayNameFirstLast == p.DisplayNameFirstLast {
				return imgroup.ContactID(known.Attributions[0].SourceID)
			}
		}
		p.Attributions = []imgroup.Attribution{{SourceID: id(), IsQuickContact: true}}
		l.Personas = append(l.Personas, p)
		return imgroup.ContactID(p.Attributions[0].SourceID)
	}
	person := func(address, name string) imgroup.ContactID {
		return persona(imgroup.Persona{ImAddress: address, DisplayName: name})
	}
	for _, kind := range []imgroup.GroupType{imgroup.OtherContacts, imgroup.Tagged, imgroup.Favorites} {
		g := imgroup.ImGroup{DisplayName: builtIn[kind], GroupType: kind, ExchangeStoreID: imgroup.GroupID(id())}
		if kind == imgroup.Favorites {
			for _, address := range favorites {
				g.Members = append(g.Members, person(address, ""))
			}
		}
		l.Groups = append(l.Groups, g)
	}
	for _, from := range r.Groups {
		g := imgroup.ImGroup{DisplayName: from.Name, GroupType: imgroup.UserGroup, ExchangeStoreID: imgroup.GroupID(id())}
		for _, c := range from.Contacts {
			g.Members = append(g.Members, person(c.Address, c.DisplayName))
		}
		for _, tel := range from.Telephones {
			g.Members = append(g.Members, persona(imgroup.Persona{
				DisplayNameFirstLast: tel.Number,
				Phones: []imgroup.AttributedPhone{{
					Kind: "OtherTelephones", PhoneNumber: imgroup.PhoneNumber{Number: tel.Number},
				}},
			}))
		}
		l.Groups = append(l.Groups, g)
	}
	for _, from := range r.DistributionGroups {
		l.Groups = append(l.Groups, imgroup.ImGroup{
			DisplayName: from.DisplayName, GroupType: imgroup.DistributionGroup, SMTPAddress: from.Address,
			ExchangeStoreID: imgroup.GroupID(id()),
		})
	}
	return l
}

var builtIn = map[imgroup.GroupType]string{
	imgroup.OtherContacts: "Other Contacts", imgroup.Tagged: "Tagged", imgroup.Favorites: "Favorites",
}

// team is a roster's group with contacts by address.
func team(name string, addresses ...string) imsync.Group {
	g := imsync.Group{Name: name}
	for _, a := range addresses {
		g.Contacts = append(g.Contacts, imsync.Contact{Address: a})
	}
	return g
}

// formerly returns a team that the list has under a former name.
func formerly(former, name string, addresses ...string) imsync.Group {
	g := team(name, addresses...)
	g.FormerName = former
	return g
}

func rosterOf(groups ...imsync.Group) imsync.Roster { return imsync.Roster{Groups: groups} }

// addressesIn returns the address keys of a group's members, sorted; telephones by their number.
func addressesIn(l *imgroup.ItemList, group string) []string {
	g, ok := l.GroupByName(group)
	if !ok {
		return nil
	}
	addresses := []string{}
	for _, p := range l.ContactsOf(g.ExchangeStoreID) {
		address := imgroup.AddressKey(p.ImAddress)
		if address == "" && len(p.Phones) > 0 {
			address = p.Phones[0].Number
		}
		addresses = append(addresses, address)
	}
	slices.Sort(addresses)
	return addresses
}

// writes counts the requests that the fake was sent by operation, without the reads.
func writes(srv *ewstest.Server) map[string]int {
	counts := map[string]int{}
	for _, r := range srv.Requests() {
		if r.Op != "GetImItemList" {
			counts[r.Op]++
		}
	}
	return counts
}

// fill puts a mailbox in step with a roster, everything else gone.
func fill(t testing.TB, client imsync.Client, r imsync.Roster) {
	t.Helper()
	opts := &imsync.Options{Remove: imsync.RemoveAll, MaxRemovals: anyNumber, AllowEmpty: true}
	if _, err := imsync.Sync(t.Context(), client, r, opts); err != nil {
		t.Fatal(err)
	}
}
