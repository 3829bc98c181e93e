package ews_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
)

// TestIDs_Kinds holds that an id of the wrong kind does not compile: every operation and field
// takes one kind, and no kind is assignable to another, as the language defines it (reflect has the
// same rules).
func TestIDs_Kinds(t *testing.T) {
	t.Parallel()
	item, group := reflect.TypeFor[imgroup.ItemID](), reflect.TypeFor[imgroup.GroupID]()
	contact, persona := reflect.TypeFor[imgroup.ContactID](), reflect.TypeFor[imgroup.PersonaID]()
	kinds := []reflect.Type{item, group, contact, persona}
	for _, a := range kinds {
		for _, b := range kinds {
			if a.AssignableTo(b) != (a == b) || !a.ConvertibleTo(b) {
				t.Errorf("%v is assignable to %v: %t, convertible: %t", a, b, a.AssignableTo(b), a.ConvertibleTo(b))
			}
		}
	}

	// The kinds of the parameters of each operation, and of the ids inside them.
	client := reflect.TypeFor[*ews.Client]()
	for name, want := range map[string][]reflect.Type{
		"AddImGroup":                        nil,
		"SetImGroup":                        {group},
		"RemoveImGroup":                     {group},
		"AddImContactToGroup":               {contact, group},
		"RemoveImContactFromGroup":          {contact, group},
		"RemoveContactFromImList":           {contact},
		"AddNewImContactToGroup":            {group},
		"AddNewTelUriContactToGroup":        {group},
		"AddDistributionGroupToImList":      nil,
		"RemoveDistributionGroupFromImList": {group},
		"GetImItemList":                     nil,
		"GetImItems":                        {contact, group},
		"SetImListMigrationCompleted":       nil,
	} {
		method, ok := client.MethodByName(name)
		if !ok || method.Type.In(1) != reflect.TypeFor[context.Context]() || method.Type.IsVariadic() {
			t.Fatalf("no method %s, or not of the form of an operation", name)
		}
		var got []reflect.Type
		for i := 2; i < method.Type.NumIn(); i++ {
			got = append(got, idsIn(method.Type.In(i), kinds)...)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s takes %v, want %v", name, got, want)
		}
	}
	for _, tt := range []struct {
		in    reflect.Type
		field string
		want  reflect.Type
	}{
		{reflect.TypeFor[imgroup.ImGroup](), "ExchangeStoreID", group},
		{reflect.TypeFor[imgroup.ImGroup](), "Members", reflect.SliceOf(contact)},
		{reflect.TypeFor[imgroup.Persona](), "PersonaID", persona},
		{reflect.TypeFor[imgroup.Attribution](), "SourceID", item},
	} {
		if field, ok := tt.in.FieldByName(tt.field); !ok || field.Type != tt.want {
			t.Errorf("%v.%s is a %v, want %v", tt.in, tt.field, field.Type, tt.want)
		}
	}
}

// idsIn returns the kinds of ids that a parameter is or that its fields are.
func idsIn(typ reflect.Type, kinds []reflect.Type) (found []reflect.Type) {
	for _, kind := range kinds {
		if typ == kind || typ == reflect.SliceOf(kind) {
			return []reflect.Type{kind}
		}
	}
	if typ.Kind() == reflect.Struct {
		for field := range typ.Fields() {
			found = append(found, idsIn(field.Type, kinds)...)
		}
	}
	return found
}
