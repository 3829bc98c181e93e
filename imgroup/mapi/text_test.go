package mapi_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/go-ews/exchange/imgroup/mapi"
)

// awkward are pieces of names that a text form may spoil.
var awkward = []string{
	"", "a", "Z", "7", "-7", "007", "+1", "0x3001", "99999999999", "99999999999999999999", " ", "/", `"`, `\`, "'", "`",
	"\n", "\r", "\x00", "\x7f", "\u0085", "\u2028", "é", "e\u0301", "\U0001F600", "\uFFFD", "\xff", "\xed\xa0\x80", "<&>", "]]>",
	"String", "Address", guid, capitals, "{" + guid + "}", "K", "İ", "no property",
}

func anyString(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(4) {
		b.WriteString(awkward[r.IntN(len(awkward))])
	}
	return b.String()
}

func anyURI(r *rand.Rand) mapi.FieldURI {
	set, typ := mapi.PropertySet(anyString(r)), mapi.PropertyType(anyString(r))
	switch r.IntN(8) {
	case 0:
		return mapi.FieldURI{}
	case 1, 2:
		return mapi.Tag(uint16(r.Uint32()), typ)
	case 3, 4:
		return mapi.Numbered(set, int32(r.Uint32()), typ)
	default:
		return mapi.Named(set, anyString(r), typ)
	}
}

// TestFieldURI_RoundTrip holds that the text form and JSON lose nothing, of values that the schema
// does not permit either, and that two texts are equal only if the values are.
func TestFieldURI_RoundTrip(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	seen := map[string]mapi.FieldURI{}
	for range 20_000 {
		want := anyURI(r)
		text, err := want.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var got mapi.FieldURI
		if err := got.UnmarshalText(text); err != nil || got != want {
			t.Fatalf("%#v became %#v by way of %s: %v", want, got, text, err)
		}
		if other, ok := seen[string(text)]; ok && other != want {
			t.Fatalf("%#v and %#v have the text %s", want, other, text)
		}
		seen[string(text)] = want

		byURI := map[mapi.FieldURI][]mapi.FieldURI{want: {want}}
		doc, err := json.Marshal(byURI)
		if err != nil {
			t.Fatal(err)
		}
		var again map[mapi.FieldURI][]mapi.FieldURI
		if err := json.Unmarshal(doc, &again); err != nil || len(again[want]) != 1 || again[want][0] != want {
			t.Fatalf("%#v became %v by way of %s: %v", want, again, doc, err)
		}
	}
}

func TestProperty_RoundTrip(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for range 5_000 {
		want := mapi.Property{URI: anyURI(r)}
		if r.IntN(4) > 0 {
			want.Values = []string{}
		}
		for range r.IntN(3) {
			want.Values = append(want.Values, strings.ToValidUTF8(anyString(r), "?"))
		}
		doc, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got mapi.Property
		if err := json.Unmarshal(doc, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateComparable(mapi.FieldURI{})); diff != "" {
			t.Fatalf("by way of %s (-want +got):\n%s", doc, diff)
		}
	}
	if doc, err := json.Marshal(property(mapi.String, "a", "b\xff")); err == nil || !strings.Contains(err.Error(), "value 1") {
		t.Errorf("%s, %v: the value is not UTF-8", doc, err)
	}
}

func TestFieldURI_UnmarshalText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]mapi.FieldURI{
		"":                                {},
		"0x3001 String":                   mapi.Tag(0x3001, mapi.String),
		"0x8fFF StringArray":              mapi.Tag(0x8FFF, mapi.StringArray),
		"Address/32866 String":            mapi.Numbered(mapi.AddressSet, 32866, mapi.String),
		capitals + "/-2147483648 Integer": mapi.Numbered(guid, math.MinInt32, mapi.Integer),
		`Task/"7" "String"`:               mapi.Named(mapi.TaskSet, "7", mapi.String),
		`"Task"/a.b_c-d String`:           mapi.Named(mapi.TaskSet, "a.b_c-d", mapi.String),
		`PublicStrings/"\"\x41\"" String`: mapi.Named(mapi.PublicStringsSet, `"A"`, mapi.String),
	} {
		var got mapi.FieldURI
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		" ", "0x3001", "0x301 String", "0x13001 String", "3001 String", "0x3001  String", "0x3001 String ", "x String",
		"Task", "Task/", "Task/7", "Task/7 ", "Task/2147483648 String", "Task/a b String", `Task/"a String`, "Task/'a' String",
		"Task/`a` String", `Task/"a"b String`, "/a String", "no property", "Task/a/b String",
	} {
		got := mapi.Tag(1, mapi.String)
		if err := got.UnmarshalText([]byte(text)); err == nil || got != mapi.Tag(1, mapi.String) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
}
