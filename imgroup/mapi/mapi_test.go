package mapi_test

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/imgroup/mapi"
)

const (
	guid     = "c11ff724-aa03-4555-9952-8fa248a11c3e"
	capitals = "C11FF724-AA03-4555-9952-8FA248A11C3E"
)

func TestFieldURI_Check(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		uri    mapi.FieldURI
		text   string
		reason string // "": in order
	}{
		{mapi.Tag(0x3001, mapi.String), "0x3001 String", ""},
		{mapi.Tag(0, mapi.Null), "0x0000 Null", ""},
		{mapi.Tag(math.MaxUint16, mapi.CLSIDArray), "0xffff CLSIDArray", ""},
		{
			mapi.Named(mapi.PublicStringsSet, "Project", mapi.StringArray),
			"PublicStrings/Project StringArray", "",
		},
		{mapi.Named(capitals, "Project", mapi.Boolean), guid + "/Project Boolean", ""},
		{mapi.Numbered(mapi.AddressSet, -1, mapi.Integer), "Address/-1 Integer", ""},
		{mapi.Numbered(guid, math.MaxInt32, mapi.SystemTime), guid + "/2147483647 SystemTime", ""},
		{mapi.FieldURI{}, "no property", "names no property"},
		{mapi.Tag(1, ""), `0x0001 ""`, `property type ""`},
		{mapi.Tag(1, "string"), "0x0001 string", `"string"`},
		{mapi.Tag(1, "BooleanArray"), "0x0001 BooleanArray", `"BooleanArray"`},
		{mapi.Tag(1, "StringArrayArray"), "0x0001 StringArrayArray", "StringArrayArray"},
		{mapi.Named("", "x", mapi.String), `""/x String`, `set ""`},
		{mapi.Named("address", "x", mapi.String), "address/x String", `set "address"`},
		{mapi.Named("{"+guid+"}", "x", mapi.String), `"{` + guid + `}"/x String`, "GUID"},
		{
			mapi.Named(mapi.PropertySet(strings.ReplaceAll(guid, "-", "")), "x", mapi.String),
			strings.ReplaceAll(guid, "-", "") + "/x String", "GUID",
		},
		{
			mapi.Numbered("g11ff724-aa03-4555-9952-8fa248a11c3e", 1, mapi.String),
			"g11ff724-aa03-4555-9952-8fa248a11c3e/1 String", "GUID",
		},
		{mapi.Numbered("g1"+guid, 1, mapi.String), "g1" + guid + "/1 String", "GUID"},
		{mapi.Named(mapi.CommonSet, "", mapi.String), `Common/"" String`, "empty property name"},
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

// TestFieldURI_Types holds that the constants are the schema's, one by one.
func TestFieldURI_Types(t *testing.T) {
	t.Parallel()
	types := []mapi.PropertyType{
		mapi.ApplicationTime, mapi.ApplicationTimeArray, mapi.Binary, mapi.BinaryArray, mapi.Boolean,
		mapi.CLSID, mapi.CLSIDArray, mapi.Currency, mapi.CurrencyArray, mapi.Double, mapi.DoubleArray,
		mapi.Error, mapi.Float, mapi.FloatArray, mapi.Integer, mapi.IntegerArray, mapi.Long,
		mapi.LongArray, mapi.Null, mapi.Object, mapi.ObjectArray, mapi.Short, mapi.ShortArray,
		mapi.String, mapi.StringArray, mapi.SystemTime, mapi.SystemTimeArray,
	}
	for _, typ := range types {
		if err := mapi.Tag(1, typ).Check(); err != nil || mapi.Tag(1, typ).Type() != typ {
			t.Errorf("%s: %v", typ, err)
		}
	}
	for _, set := range []mapi.PropertySet{
		mapi.AddressSet, mapi.AppointmentSet, mapi.CalendarAssistantSet, mapi.CommonSet,
		mapi.InternetHeadersSet,
		mapi.MeetingSet, mapi.PublicStringsSet, mapi.SharingSet, mapi.TaskSet, mapi.UnifiedMessagingSet,
	} {
		if err := mapi.Numbered(set, 1, mapi.String).Check(); err != nil || !set.Distinguished() {
			t.Errorf("%s: %v", set, err)
		}
	}
}

// TestFieldURI_Parts holds that one of the three accessors returns true.
func TestFieldURI_Parts(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		uri  mapi.FieldURI
		want string
	}{
		{mapi.FieldURI{}, ""},
		{mapi.Tag(7, mapi.String), "tag 7"},
		{mapi.Named(mapi.TaskSet, "n", mapi.String), "name Task n"},
		{mapi.Numbered(mapi.TaskSet, 7, mapi.String), "id Task 7"},
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

func TestFieldURI_Equal(t *testing.T) {
	t.Parallel()
	if mapi.Numbered(capitals, 1, mapi.String) != mapi.Numbered(guid, 1, mapi.String) {
		t.Error("a GUID in capitals names another property")
	}
	different := []mapi.FieldURI{
		{},
		mapi.Tag(1, mapi.String), mapi.Tag(1, mapi.Integer), mapi.Tag(0,
			mapi.String),
		mapi.Numbered(guid, 1, mapi.String), mapi.Numbered(guid, 0, mapi.String),
		mapi.Named(guid, "", mapi.String), mapi.Named(guid, "1", mapi.String),
		mapi.Named(guid, "a", mapi.String), mapi.Named(guid, "A", mapi.String),
	}
	for i, a := range different {
		for j, b := range different {
			if (a == b) != (i == j) {
				t.Errorf("%v == %v is %t", a, b, a == b)
			}
		}
	}
}

func property(typ mapi.PropertyType, values ...string) mapi.Property {
	return mapi.Property{URI: mapi.Tag(0x1234, typ), Values: values}
}

// checkValues compares typed values, which are nil exactly where there is an error.
func checkValues[T any](t testing.TB, p mapi.Property, read func() ([]T, error), want []T) {
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

func TestProperty_Ints(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		property mapi.Property
		want     []int64
	}{
		{property(mapi.Integer, "-7"), []int64{-7}},
		{property(mapi.IntegerArray, "1", " 2\n"), []int64{1, 2}},
		{property(mapi.LongArray), []int64{}},
		{property(mapi.Long, "9223372036854775807"), []int64{math.MaxInt64}},
		{property(mapi.Short, "1"), []int64{1}},
		{property(mapi.Currency, "1"), []int64{1}},
		{property(mapi.Error, "-2147221233"), []int64{-2147221233}},
		{property(mapi.Integer, "1", "x"), nil},
		{property(mapi.Long, "9223372036854775808"), nil},
		{property(mapi.Integer, ""), nil},
		{property(mapi.String, "1"), nil},
		{property("", "1"), nil},
	} {
		checkValues(t, tc.property, tc.property.Ints, tc.want)
	}
}

func TestProperty_Floats(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		property mapi.Property
		want     []float64
	}{
		{property(mapi.Double, "1.5E3"), []float64{1500}},
		{property(mapi.FloatArray, "1", "-INF"), []float64{1, math.Inf(-1)}},
		{property(mapi.ApplicationTime, "0.25"), []float64{0.25}},
		{property(mapi.Double, "1,5"), nil},
		{property(mapi.Integer, "1"), nil},
	} {
		checkValues(t, tc.property, tc.property.Floats, tc.want)
	}
}

func TestProperty_Bools(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		property mapi.Property
		want     []bool
	}{
		{property(mapi.Boolean, "true"), []bool{true}},
		{property(mapi.Boolean, "0"), []bool{false}},
		{property(mapi.Boolean, "yes"), nil},
		{property(mapi.Integer, "1"), nil},
	} {
		checkValues(t, tc.property, tc.property.Bools, tc.want)
	}
}

func TestProperty_Times(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		property mapi.Property
		want     []time.Time
	}{
		{
			property(mapi.SystemTime, "2012-01-05T23:06:58Z"),
			[]time.Time{time.Date(2012, 1, 5, 23, 6, 58, 0, time.UTC)},
		},
		{
			property(mapi.SystemTimeArray, "2012-01-05T23:06:58.5Z"),
			[]time.Time{time.Date(2012, 1, 5, 23, 6, 58, 5e8, time.UTC)},
		},
		{property(mapi.SystemTime, "yesterday"), nil},
		{property(mapi.String, "2012-01-05T23:06:58Z"), nil},
	} {
		checkValues(t, tc.property, tc.property.Times, tc.want)
	}
}

func TestProperty_Binaries(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		property mapi.Property
		want     [][]byte
	}{
		{property(mapi.Binary, "AQID"), [][]byte{{1, 2, 3}}},
		{property(mapi.BinaryArray, "AQ==", ""), [][]byte{{1}, {}}},
		{property(mapi.Binary, "AQI"), nil},
		{property(mapi.String, "AQID"), nil},
	} {
		checkValues(t, tc.property, tc.property.Binaries, tc.want)
	}
}

// TestProperty_Error holds that the cause stays visible.
func TestProperty_Error(t *testing.T) {
	t.Parallel()
	_, err := property(mapi.IntegerArray, "1", "x").Ints()
	if !errors.Is(err, strconv.ErrSyntax) || !strings.Contains(err.Error(), "value 1") {
		t.Error(err)
	}
}
