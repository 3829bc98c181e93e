package directory_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/directory"
	"github.com/go-ews/exchange/ews/ewstest"
)

// empty is the list of a mailbox without contacts.
const empty = `<m:GetImItemListResponse ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>` +
	`<m:ImItemList><t:Groups/><t:Personas/></m:ImItemList></m:GetImItemListResponse>`

// folders returns a response to GetFolder for two folders; below 0: there is no such folder.
func folders(counts ...int) string {
	out := ""
	for _, n := range counts {
		if n < 0 {
			out += `<m:GetFolderResponseMessage ResponseClass="Error"><m:ResponseCode>ErrorFolderNotFound</m:ResponseCode>` +
				`<m:Folders/></m:GetFolderResponseMessage>`
			continue
		}
		out += fmt.Sprintf(`<m:GetFolderResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>`+
			`<m:Folders><t:ContactsFolder><t:TotalCount>%d</t:TotalCount></t:ContactsFolder></m:Folders></m:GetFolderResponseMessage>`, n)
	}
	return envelope(`<m:GetFolderResponse><m:ResponseMessages>` + out + `</m:ResponseMessages></m:GetFolderResponse>`)
}

// TestState_Fake goes through the life of a list.
func TestState_Fake(t *testing.T) {
	t.Parallel()
	for _, profile := range []ewstest.Profile{nil, {"never-used": false}} {
		s := ewstest.NewServer(&ewstest.Options{Profile: profile})
		client := connect(t, s)
		want := func(use directory.Use, groups, contacts, requests int) {
			t.Helper()
			before := len(s.Requests())
			st, err := directory.State(t.Context(), client)
			if err != nil {
				t.Fatal(err)
			}
			if st.Use != use || st.Groups != groups || st.Contacts != contacts || st.List == nil {
				t.Errorf("%v: %+v, want %s with %d groups, %d contacts", profile, st, use, groups, contacts)
			}
			if n := len(s.Requests()) - before; n != requests {
				t.Errorf("%s: %d requests, want %d", use, n, requests)
			}
		}
		want(directory.NeverUsed, 0, 0, 2)
		g, err := client.AddImGroup(t.Context(), "Friends")
		if err != nil {
			t.Fatal(err)
		}
		want(directory.InUse, 1, 0, 1)
		if err := client.RemoveImGroup(t.Context(), g.ExchangeStoreID); err != nil {
			t.Fatal(err)
		}
		want(directory.Emptied, 0, 0, 2)
		s.Seed("", ewstest.Group{Name: "Friends", Members: []ewstest.Contact{{Address: "anna@contoso.com"}}})
		want(directory.InUse, 1, 1, 1)
	}
}

// TestState_Folders concludes from the folders where the list is empty.
func TestState_Folders(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		folders string
		want    directory.Use
	}{
		"empty folders":    {folders(0, 0), directory.NeverUsed},
		"no folders":       {folders(-1, -1), directory.NeverUsed},
		"stored groups":    {folders(3, 0), directory.Emptied},
		"groups alone":     {folders(3, -1), directory.Emptied},
		"stored contacts":  {folders(3, 7), directory.Unclear},
		"hidden contacts":  {folders(0, 7), directory.Unclear},
		"contacts, no lst": {folders(-1, 1), directory.Unclear},
	} {
		var bodies []string
		st, err := directory.State(t.Context(), connect(t, scripted(t, &bodies, envelope(empty), tc.folders)))
		if err != nil || st.Use != tc.want {
			t.Errorf("%s: %+v, %v, want %s", name, st, err, tc.want)
		}
	}
}

func TestState_Errors(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(&ewstest.Options{Mailboxes: []string{"a@contoso.com"}})
	if _, err := directory.State(t.Context(), connect(t, s)); !errors.Is(err, ews.ResponseCode("ErrorMissingEmailAddress")) {
		t.Errorf("no mailbox: %v", err)
	}
	for _, op := range []string{"GetImItemList", "GetFolder"} {
		s, client := fake(t)
		s.Fail(op, ews.ErrorAccessDenied)
		if st, err := directory.State(t.Context(), client); st != nil || !errors.Is(err, ews.ErrorAccessDenied) {
			t.Errorf("%s refused: %v, %v", op, st, err)
		}
	}
}

// TestState_Many classifies mailboxes in five states.
func TestState_Many(t *testing.T) {
	t.Parallel()
	mailboxes := []string{}
	for i := range 1000 {
		mailboxes = append(mailboxes, fmt.Sprintf("user%d@contoso.com", i))
	}
	s := ewstest.NewServer(&ewstest.Options{Mailboxes: mailboxes})
	client := connect(t, s)
	for i, name := range mailboxes {
		of := client.Impersonate(ews.PrimarySMTP(name))
		want := directory.NeverUsed
		switch i % 5 {
		case 1:
			want = directory.InUse
			s.Seed(name, ewstest.Group{Name: "Friends"})
		case 2:
			want = directory.InUse
			s.Seed(name, ewstest.Group{Name: "Friends", Members: []ewstest.Contact{{Address: "anna@contoso.com"}}})
		case 3:
			want = directory.Emptied
			s.Seed(name)
		case 4:
			if _, err := directory.State(t.Context(), client.Impersonate(ews.PrimarySMTP("no-"+name))); !errors.Is(err, ews.ErrorNonExistentMailbox) {
				t.Fatalf("no mailbox: %v", err)
			}
		}
		if st, err := directory.State(t.Context(), of); err != nil || st.Use != want {
			t.Fatalf("%s: %+v, %v, want %s", name, st, err, want)
		}
	}
}
