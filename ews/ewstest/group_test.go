package ewstest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews/ewstest"
)

func setImGroup(id, name string) string {
	return `<m:SetImGroup>` + groupID(id) + `<m:NewDisplayName>` + name + `</m:NewDisplayName></m:SetImGroup>`
}

func removeImGroup(id string) string { return `<m:RemoveImGroup>` + groupID(id) + `</m:RemoveImGroup>` }

func TestSetImGroup(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	id := addGroup(t, s, "", "Old")
	before := s.Groups("")[0]
	must(t, s, "", setImGroup(id, "New"))
	after := s.Groups("")[0]
	if after.DisplayName != "New" || after.ExchangeStoreID.ID != id {
		t.Errorf("%+v, want the same group with the name New", after)
	}
	if before.ExchangeStoreID.ChangeKey == after.ExchangeStoreID.ChangeKey {
		t.Error("the change key did not change")
	}
	for _, name := range []string{"New", "new", "Favorites"} {
		if code, _ := call(t, s, "", setImGroup(id, name)); code != "ErrorImGroupDisplayNameAlreadyExists" {
			t.Errorf("renamed to %s: %q, want ErrorImGroupDisplayNameAlreadyExists", name, code)
		}
	}
	addGroup(t, s, "", "Old") // the name is free again
}

func TestRemoveImGroup(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	gone, stays := addGroup(t, s, "", "Gone"), addGroup(t, s, "", "Stays")
	addContact(t, s, "", "only@contoso.com", gone)
	both := addContact(t, s, "", "both@contoso.com", gone)
	must(t, s, "", addToGroup(both, stays))
	must(t, s, "", removeImGroup(gone))
	l := s.List("")
	if len(l.Groups) != 4 || len(l.Personas) != 1 || l.Personas[0].ImAddress != "both@contoso.com" {
		t.Errorf("%d groups and personas %+v, want 4 and both@contoso.com alone", len(l.Groups), l.Personas)
	}
	if code, _ := call(t, s, "", removeImGroup(gone)); code != "ErrorInvalidImGroupId" {
		t.Errorf("removed twice: %q, want ErrorInvalidImGroupId", code)
	}
}

func TestGroups_TheServersOwn(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	addDistributionGroup(t, s, "all@contoso.com", "All")
	contact := addContact(t, s, "", "a@contoso.com", "")
	before := s.List("")
	for _, g := range before.Groups {
		id := g.ExchangeStoreID.ID
		for operation, request := range map[string]string{
			"SetImGroup": setImGroup(id, "New"), "RemoveImGroup": removeImGroup(id),
		} {
			if code, _ := call(t, s, "", request); code != "ErrorInvalidImGroupId" {
				t.Errorf("%s of %s: %q, want ErrorInvalidImGroupId", operation, g.DisplayName, code)
			}
		}
		if !g.GroupType.BuiltIn() {
			if code, _ := call(t, s, "", addToGroup(contact, id)); code != "ErrorInvalidImGroupId" {
				t.Errorf("a contact for a distribution group: %q, want ErrorInvalidImGroupId", code)
			}
		} else if code, _ := call(t, s, "", removeDistributionGroup(id)); code != "ErrorItemNotFound" {
			t.Errorf("RemoveDistributionGroupFromImList of %s: %q, want ErrorItemNotFound", g.DisplayName, code)
		}
	}
	if diff := cmp.Diff(before, s.List("")); diff != "" {
		t.Errorf("the list changed (-want +got):\n%s", diff)
	}
}
