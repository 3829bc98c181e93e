package ewstest_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/imgroup/mapi"
)

func newClient(t *testing.T, s *ewstest.Server, opts ews.Options) *ews.Client {
	t.Helper()
	opts.HTTPClient = s.Client()
	c, err := ews.NewClient(ewstest.Endpoint, &opts)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// fillList makes a list with one of everything and returns what GetImItemList says of it.
func fillList(t *testing.T, c *ews.Client) *imgroup.ItemList {
	t.Helper()
	ctx := t.Context()
	friends, err := c.AddImGroup(ctx, "Friends & <family>")
	if err != nil {
		t.Fatal(err)
	}
	if _, err = c.AddDistributionGroupToImList(ctx, "all@contoso.com", "All"); err != nil {
		t.Fatal(err)
	}
	anna, err := c.AddNewImContactToGroup(ctx, imgroup.ContactSpec{
		Address: "sip:anna@contoso.com", DisplayName: "Anna \"A\" O'Neill", Group: friends.ExchangeStoreID,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = c.AddNewTelUriContactToGroup(ctx, imgroup.TelContactSpec{
		TelURI: "tel:5625550100", SIPURI: "sip:john@contoso.com", TelephoneNumber: "562 555 0100",
	}); err != nil {
		t.Fatal(err)
	}
	id, ok := anna.ContactID()
	if !ok {
		t.Fatalf("no contact id in %+v", anna)
	}
	if err = c.AddImContactToGroup(ctx, id, imgroup.GroupID{}); err != nil {
		t.Fatal(err)
	}
	l, err := c.GetImItemList(ctx, imgroup.ListQuery{})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestClient_ReadsWhatTheServerHas compares the result of List with the list over the wire.
func TestClient_ReadsWhatTheServerHas(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	c := newClient(t, s, ews.Options{})
	l := fillList(t, c)
	if diff := cmp.Diff(s.List(""), l); diff != "" {
		t.Errorf("(-server +client):\n%s", diff)
	}
	if len(l.Groups) != 5 || len(l.Personas) != 2 || len(l.Groups[0].Members) != 2 {
		t.Errorf("%+v", l)
	}
	q := imgroup.ItemQuery{Groups: []imgroup.GroupID{l.Groups[4].ExchangeStoreID}}
	part, err := c.GetImItems(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(l.Groups[4:], part.Groups); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestClient_ExtendedProperties(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	c := newClient(t, s, ews.Options{})
	fillList(t, c)
	name := mapi.Tag(0x3001, mapi.String)
	class := mapi.Tag(0x001A, mapi.String)
	created := mapi.Tag(0x3007, mapi.SystemTime)
	emails := mapi.Numbered(mapi.AddressSet, 0x8028, mapi.IntegerArray)
	l, err := c.GetImItemList(t.Context(), imgroup.ListQuery{
		Properties: []mapi.FieldURI{name, class, created, emails},
	})
	if err != nil {
		t.Fatal(err)
	}
	group, contact := l.Groups[3].ExtendedProperties, l.Personas[0].ExtendedProperties
	if len(group) != 3 || len(contact) != 4 {
		t.Fatalf("group %+v, contact %+v", group, contact)
	}
	want := []mapi.Property{
		{URI: name, Values: []string{"Friends & <family>"}},
		{URI: class, Values: []string{"IPM.DistList.MOC.UserGroup"}},
	}
	if diff := cmp.Diff(want, group[:2], cmp.Comparer(func(a, b mapi.FieldURI) bool { return a == b })); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	times, err := contact[2].Times()
	if err != nil || len(times) != 1 || times[0].IsZero() {
		t.Errorf("created %v, %v", times, err)
	}
	numbers, err := contact[3].Ints()
	if diff := cmp.Diff([]int64{0}, numbers); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestClient_Errors injects each of the client's errors and checks the error of the call.
func TestClient_Errors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		inject error
		check  func(error) bool
	}{
		"response": {
			&ews.Error{Code: ews.ErrorAccessDenied, Message: "no", Details: map[string]string{"A": "1"}},
			func(err error) bool {
				var e *ews.Error
				return errors.As(err, &e) && e.Fault == nil && e.Message == "no" && e.Details["A"] == "1"
			},
		},
		"fault": {ews.ErrorImpersonateUserDenied, func(err error) bool {
			var e *ews.Error
			return errors.As(err, &e) && e.Fault != nil && e.Code == ews.ErrorImpersonateUserDenied
		}},
		"violation": {
			&ews.SchemaValidationError{Line: 3, Position: 4, Violation: "'\v', hexadecimal value 0x0B"},
			func(err error) bool {
				var e *ews.SchemaValidationError
				return errors.As(err, &e) && e.Line == 3 && e.Position == 4 && e.Violation == "'\uFFFD', hexadecimal value 0x0B"
			},
		},
		"page": {&ews.HTTPError{StatusCode: 403, Body: []byte("no")}, func(err error) bool {
			var e *ews.HTTPError
			return errors.As(err, &e) && e.StatusCode == 403 && string(e.Body) == "no"
		}},
		"lost":      {ewstest.DropAfter(), func(err error) bool { return errors.Is(err, ews.ErrOutcomeUnknown) }},
		"cut":       {ewstest.Truncate(20), func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }},
		"cancelled": {context.Canceled, func(err error) bool { return errors.Is(err, context.Canceled) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := ewstest.NewServer(nil)
			c := newClient(t, s, ews.Options{Retry: ews.RetryPolicy{MaxAttempts: 1}})
			s.Fail("AddImGroup", test.inject)
			_, err := c.AddImGroup(t.Context(), "x")
			if err == nil || !test.check(err) {
				t.Errorf("%v", err)
			}
			if n := len(s.Requests()); n != 1 {
				t.Errorf("%d requests, want 1", n)
			}
		})
	}
}

// TestClient_BacksOff shows that a throttled call and its wait run in a bubble's time.
func TestClient_BacksOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := ewstest.NewServer(nil)
		c := newClient(t, s, ews.Options{})
		s.Fail("AddImGroup", &ews.Error{
			Code: ews.ErrorServerBusy, Details: map[string]string{"BackOffMilliseconds": "10000"},
		})
		start := time.Now()
		if _, err := c.AddImGroup(t.Context(), "x"); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited < 10*time.Second {
			t.Errorf("waited %v, want 10 s at least", waited)
		}
		if n := len(s.Requests()); n != 2 {
			t.Errorf("%d requests, want 2", n)
		}
	})
}

func TestClient_Info(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	var info ews.ResponseInfo
	if _, err := newClient(t, s, ews.Options{}).AddImGroup(ews.WithResponseInfo(t.Context(), &info), "x"); err != nil {
		t.Fatal(err)
	}
	if info.RequestID == "" || info.FrontEnd == "" || info.Diagnostics == "" {
		t.Errorf("%+v", info)
	}
	want := ews.ServerVersion{Major: 15, Minor: 2, MajorBuild: 2562, MinorBuild: 17, Version: "V2017_07_11"}
	if info.ServerVersion != want {
		t.Errorf("version %v, want %v", info.ServerVersion, want)
	}
}
