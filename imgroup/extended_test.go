package imgroup_test

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/imgroup"
)

const (
	guid     = "c11ff724-aa03-4555-9952-8fa248a11c3e"
	capitals = "C11FF724-AA03-4555-9952-8FA248A11C3E"
)

func TestExtendedFieldURI_Check(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		uri    imgroup.ExtendedFieldURI
		text   string
		reason string // "": in order
	}{
		{imgroup.PropertyTag(0x3001, imgroup.String), "0x3001 String", ""},
		{imgroup.PropertyTag(0, imgroup.Null), "0x0000 Null", ""},
		{imgroup.PropertyTag(math.MaxUint16, imgroup.CLSIDArray), "0xffff CLSIDArray", ""},
		{
			imgroup.PropertyName(imgroup.PublicStringsSet, "Project", imgroup.StringArray),
			"PublicStrings/Project StringArray", "",
		},
		{imgroup.PropertyName(capitals, "Project", imgroup.Boolean), guid + "/Project Boolean", ""},
		{imgroup.PropertyID(imgroup.AddressSet, -1, imgroup.Integer), "Address/-1 Integer", ""},
		{imgroup.PropertyID(guid, math.MaxInt32, imgroup.SystemTime), guid + "/2147483647 SystemTime", ""},
		{imgroup.ExtendedFieldURI{}, "no property", "PropertyTag, PropertyName or PropertyID"},
		{imgroup.PropertyTag(1, ""), "0x0001 ", `property type ""`},
		{imgroup.PropertyTag(1, "string"), "0x0001 string", `"string"`},
		{imgroup.PropertyTag(1, "BooleanArray"), "0x0001 BooleanArray", `"BooleanArray"`},
		{imgroup.PropertyTag(1, "StringArrayArray"), "0x0001 StringArrayArray", "StringArrayArray"},
		{imgroup.PropertyName("", "x", imgroup.String), "/x String", `set ""`},
		{imgroup.PropertyName("address", "x", imgroup.String), "address/x String", `set "address"`},
		{imgroup.PropertyName("{"+guid+"}", "x", imgroup.String), "{" + guid + "}/x String", "GUID"},
		{
			imgroup.PropertyName(imgroup.PropertySet(strings.ReplaceAll(guid, "-", "")), "x", imgroup.String),
			strings.ReplaceAll(guid, "-", "") + "/x String", "GUID",
		},
		{
			imgroup.PropertyID("g11ff724-aa03-4555-9952-8fa248a11c3e", 1, imgroup.String),
			"g11ff724-aa03-4555-9952-8fa248a11c3e/1 String", "GUID",
		},
		{imgroup.PropertyID("g1"+guid, 1, imgroup.String), "g1" + guid + "/1 String", "GUID"},
		{imgroup.PropertyName(imgroup.CommonSet, "", imgroup.String), "Common/ String", "empty property name"},
	} {
		t.Run(tc.text, func(t *testing.T) {
			t.Parallel()
			if got := tc.uri.String(); got != tc.text {
				t.Errorf("String returns %q, want %q", got, tc.text)
			}
			err := tc.uri.Check()
			if (err == nil) != (tc.reason == "") || err != nil && !strings.Contains(err.Error(), tc.reason) {
				t.Errorf("Check returns %v, want %q", err, tc.reason)
			}
		})
	}
}

// TestExtendedFieldURI_Types holds that the constants are the schema's, one by one.
func TestExtendedFieldURI_Types(t *testing.T) {
	t.Parallel()
	types := []imgroup.PropertyType{
		imgroup.ApplicationTime, imgroup.ApplicationTimeArray, imgroup.Binary, imgroup.BinaryArray, imgroup.Boolean,
		imgroup.CLSID, imgroup.CLSIDArray, imgroup.Currency, imgroup.CurrencyArray, imgroup.Double, imgroup.DoubleArray,
		imgroup.Error, imgroup.Float, imgroup.FloatArray, imgroup.Integer, imgroup.IntegerArray, imgroup.Long,
		imgroup.LongArray, imgroup.Null, imgroup.Object, imgroup.ObjectArray, imgroup.Short, imgroup.ShortArray,
		imgroup.String, imgroup.StringArray, imgroup.SystemTime, imgroup.SystemTimeArray,
	}
	for _, typ := range types {
		if err := imgroup.PropertyTag(1, typ).Check(); err != nil || imgroup.PropertyTag(1, typ).Type() != typ {
			t.Errorf("%s: %v", typ, err)
		}
	}
	for _, set := range []imgroup.PropertySet{
		imgroup.AddressSet, imgroup.AppointmentSet, imgroup.CalendarAssistantSet, imgroup.CommonSet,
		imgroup.InternetHeadersSet,
		imgroup.MeetingSet, imgroup.PublicStringsSet, imgroup.SharingSet, imgroup.TaskSet, imgroup.UnifiedMessagingSet,
	} {
		if err := imgroup.PropertyID(set, 1, imgroup.String).Check(); err != nil || !set.Distinguished() {
			t.Errorf("%s: %v", set, err)
		}
	}
}

// TestExtendedFieldURI_Parts holds that of the three accessors one answers.
func TestExtendedFieldURI_Parts(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		uri  imgroup.ExtendedFieldURI
		want string
	}{
		{imgroup.ExtendedFieldURI{}, ""},
		{imgroup.PropertyTag(7, imgroup.String), "tag 7"},
		{imgroup.PropertyName(imgroup.TaskSet, "n", imgroup.String), "name Task n"},
		{imgroup.PropertyID(imgroup.TaskSet, 7, imgroup.String), "id Task 7"},
	} {
		var got []string
		if tag, ok := tc.uri.Tag(); ok {
			got = append(got, "tag "+strconv.Itoa(int(tag)))
		}
		if set, name, ok := tc.uri.Name(); ok {
			got = append(got, "name "+string(set)+" "+name)
		}
		if set, id, ok := tc.uri.ID(); ok {
			got = append(got, "id "+string(set)+" "+strconv.Itoa(int(id)))
		}
		if s := strings.Join(got, ", "); s != tc.want {
			t.Errorf("%q, want %q", s, tc.want)
		}
	}
}

func TestExtendedFieldURI_Equal(t *testing.T) {
	t.Parallel()
	if imgroup.PropertyID(capitals, 1, imgroup.String) != imgroup.PropertyID(guid, 1, imgroup.String) {
		t.Error("a GUID in capitals names another property")
	}
	different := []imgroup.ExtendedFieldURI{
		{},
		imgroup.PropertyTag(1, imgroup.String), imgroup.PropertyTag(1, imgroup.Integer), imgroup.PropertyTag(0,
			imgroup.String),
		imgroup.PropertyID(guid, 1, imgroup.String), imgroup.PropertyID(guid, 0, imgroup.String),
		imgroup.PropertyName(guid, "", imgroup.String), imgroup.PropertyName(guid, "1", imgroup.String),
		imgroup.PropertyName(guid, "a", imgroup.String), imgroup.PropertyName(guid, "A", imgroup.String),
	}
	for i, a := range different {
		for j, b := range different {
			if (a == b) != (i == j) {
				t.Errorf("%v == %v is %t", a, b, a == b)
			}
		}
	}
}

func property(typ imgroup.PropertyType, values ...string) imgroup.ExtendedProperty {
	return imgroup.ExtendedProperty{URI: imgroup.PropertyTag(0x1234, typ), Values: values}
}

// checkValues compares typed values, which are nil exactly where there is an error.
func checkValues[T any](t testing.TB, p imgroup.ExtendedProperty, read func() ([]T, error), want []T) {
	t.Helper()
	got, err := read()
	if (err != nil) != (want == nil) {
		t.Errorf("%v of %q: %v, %v", p.URI, p.Values, got, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%v of %q (-want +got):\n%s", p.URI, p.Values, diff)
	}
	if err != nil && !strings.Contains(err.Error(), "0x1234") {
		t.Errorf("the error does not name the property: %v", err)
	}
}

func TestExtendedProperty_Ints(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		property imgroup.ExtendedProperty
		want     []int64
	}{
		{property(imgroup.Integer, "-7"), []int64{-7}},
		{property(imgroup.IntegerArray, "1", " 2\n"), []int64{1, 2}},
		{property(imgroup.LongArray), []int64{}},
		{property(imgroup.Long, "9223372036854775807"), []int64{math.MaxInt64}},
		{property(imgroup.Short, "1"), []int64{1}},
		{property(imgroup.Currency, "1"), []int64{1}},
		{property(imgroup.Error, "-2147221233"), []int64{-2147221233}},
		{property(imgroup.Integer, "1", "x"), nil},
		{property(imgroup.Long, "9223372036854775808"), nil},
		{property(imgroup.Integer, ""), nil},
		{property(imgroup.String, "1"), nil},
		{property("", "1"), nil},
	} {
		checkValues(t, tc.property, tc.property.Ints, tc.want)
	}
}

func TestExtendedProperty_Floats(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		property imgroup.ExtendedProperty
		want     []float64
	}{
		{property(imgroup.Double, "1.5E3"), []float64{1500}},
		{property(imgroup.FloatArray, "1", "-INF"), []float64{1, math.Inf(-1)}},
		{property(imgroup.ApplicationTime, "0.25"), []float64{0.25}},
		{property(imgroup.Double, "1,5"), nil},
		{property(imgroup.Integer, "1"), nil},
	} {
		checkValues(t, tc.property, tc.property.Floats, tc.want)
	}
}

func TestExtendedProperty_Bools(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		property imgroup.ExtendedProperty
		want     []bool
	}{
		{property(imgroup.Boolean, "true"), []bool{true}},
		{property(imgroup.Boolean, "0"), []bool{false}},
		{property(imgroup.Boolean, "yes"), nil},
		{property(imgroup.Integer, "1"), nil},
	} {
		checkValues(t, tc.property, tc.property.Bools, tc.want)
	}
}

func TestExtendedProperty_Times(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		property imgroup.ExtendedProperty
		want     []time.Time
	}{
		{
			property(imgroup.SystemTime, "2012-01-05T23:06:58Z"),
			[]time.Time{time.Date(2012, 1, 5, 23, 6, 58, 0, time.UTC)},
		},
		{
			property(imgroup.SystemTimeArray, "2012-01-05T23:06:58.5Z"),
			[]time.Time{time.Date(2012, 1, 5, 23, 6, 58, 5e8, time.UTC)},
		},
		{property(imgroup.SystemTime, "yesterday"), nil},
		{property(imgroup.String, "2012-01-05T23:06:58Z"), nil},
	} {
		checkValues(t, tc.property, tc.property.Times, tc.want)
	}
}

func TestExtendedProperty_Binaries(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		property imgroup.ExtendedProperty
		want     [][]byte
	}{
		{property(imgroup.Binary, "AQID"), [][]byte{{1, 2, 3}}},
		{property(imgroup.BinaryArray, "AQ==", ""), [][]byte{{1}, {}}},
		{property(imgroup.Binary, "AQI"), nil},
		{property(imgroup.String, "AQID"), nil},
	} {
		checkValues(t, tc.property, tc.property.Binaries, tc.want)
	}
}

// TestExtendedProperty_Error holds that the cause stays visible.
func TestExtendedProperty_Error(t *testing.T) {
	t.Parallel()
	_, err := property(imgroup.IntegerArray, "1", "x").Ints()
	if !errors.Is(err, strconv.ErrSyntax) || !strings.Contains(err.Error(), "value 1") {
		t.Error(err)
	}
}
