package imsync_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// exampleClient is a client of an Exchange in process. A real one is made with the endpoint and an
// *http.Client of package auth.
func exampleClient() *ews.Client {
	client, err := ews.NewClient(ewstest.Endpoint, &ews.Options{HTTPClient: ewstest.NewServer(nil).Client()})
	if err != nil {
		log.Fatal(err)
	}
	return client
}

func ExampleSync() {
	ctx, client := context.Background(), exampleClient()
	roster := imsync.Roster{Groups: []imsync.Group{{
		Name: "Sales",
		Contacts: []imsync.Contact{
			{Address: "anna@contoso.com", DisplayName: "Anna Ek"},
			{Address: "bert@contoso.com", DisplayName: "Bert Berg"},
		},
	}}}
	opts := &imsync.Options{Remove: imsync.RemoveAll, MaxRemovals: imsync.Limit{Percent: 100}}
	for range 2 {
		applied, err := imsync.Sync(ctx, client, roster, opts)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(applied.Plan)
	}
	// Output:
	// + Sales
	// +   anna@contoso.com "Anna Ek"
	// +   bert@contoso.com "Bert Berg"
	// no changes
}

// A plan can be looked at, and refused, before it is applied.
func ExampleDiff() {
	ctx, client := context.Background(), exampleClient()
	if _, _, err := imsync.EnsureGroup(ctx, client, "Temp"); err != nil {
		log.Fatal(err)
	}
	list, err := client.GetImItemList(ctx, imgroup.ListQuery{})
	if err != nil {
		log.Fatal(err)
	}
	roster := imsync.Roster{Groups: []imsync.Group{{Name: "Sales"}}}
	plan, err := imsync.Diff(list, roster, &imsync.Options{Remove: imsync.RemoveAll, MaxRemovals: imsync.Limit{Percent: 100}})
	if err != nil {
		log.Fatal(err)
	}
	removals := 0
	for _, step := range plan.Steps {
		if step.Kind.Removes() {
			removals++
		}
	}
	fmt.Print(plan)
	if removals > 0 {
		fmt.Println("not applied: it is to be reviewed first")
		return
	}
	if err := imsync.Apply(ctx, client, plan, nil); err != nil {
		log.Fatal(err)
	}
	// Output:
	// + Sales
	// - Temp
	// not applied: it is to be reviewed first
}

func ExampleEach() {
	ctx, client := context.Background(), exampleClient()
	everybody := imsync.Roster{Groups: []imsync.Group{{
		Name: "Help desk", Contacts: []imsync.Contact{{Address: "help@contoso.com"}},
	}}}
	rosters := func(yield func(ews.Account, imsync.Roster) bool) {
		for _, name := range []string{"anna", "bert", "carl"} { // from the directory, as it comes
			if !yield(ews.PrimarySMTP(name+"@contoso.com"), everybody) {
				return
			}
		}
	}
	for result := range imsync.Each(ctx, client, rosters, nil) {
		fmt.Println(result.Mailbox, len(result.Plan.Steps), "changes, error:", result.Err)
	}
	// Unordered output:
	// anna@contoso.com 2 changes, error: <nil>
	// bert@contoso.com 2 changes, error: <nil>
	// carl@contoso.com 2 changes, error: <nil>
}

// The lists of the picture above: the wanted, the given and the found.
func ExampleOwnership() {
	ctx, client := context.Background(), exampleClient()
	group := func(name string, contacts ...string) imsync.Group {
		g := imsync.Group{Name: name}
		for _, c := range contacts {
			g.Contacts = append(g.Contacts, imsync.Contact{Address: c + "@contoso.com"})
		}
		return g
	}
	opts := &imsync.Options{Remove: imsync.RemoveOwned}
	sync := func(groups ...imsync.Group) imsync.Plan {
		applied, err := imsync.Sync(ctx, client, imsync.Roster{Groups: groups}, opts)
		if err != nil {
			log.Fatal(err)
		}
		opts.Owned = applied.Owned // to be kept, as JSON
		return applied.Plan
	}
	sync(group("Sales", "anna", "carl", "emil"), group("Temp", "fred"))

	person := imsync.Plan{Steps: []imsync.Step{ // what the owner of the mailbox does by hand
		{Kind: imsync.AddContact, Group: "Sales", Contact: imsync.Contact{Address: "dora@contoso.com"}},
		{Kind: imsync.RemoveContact, Group: "Sales", Contact: imsync.Contact{Address: "emil@contoso.com"}},
		{Kind: imsync.AddGroup, Group: "Family"},
	}}
	if err := imsync.Apply(ctx, client, person, nil); err != nil {
		log.Fatal(err)
	}

	fmt.Print(sync(group("Sales", "anna", "bert", "emil")))
	// Output:
	//   Sales
	// +   bert@contoso.com
	// -   carl@contoso.com
	// +   emil@contoso.com
	// - Temp (1 contact)
}

func ExampleNewBackup() {
	ctx, client := context.Background(), exampleClient()
	list, err := client.GetImItemList(ctx, imgroup.ListQuery{})
	if err != nil {
		log.Fatal(err)
	}
	kept, err := json.Marshal(imsync.NewBackup(list, imsync.NewOwnership("anna@contoso.com")))
	if err != nil {
		log.Fatal(err)
	}
	backup := &imsync.Backup{}
	if err := json.Unmarshal(kept, backup); err != nil {
		log.Fatal(err)
	}
	fmt.Println("backup of", backup.Mailbox())
	// Output: backup of anna@contoso.com
}

// A list is backed up before a mistaken run removes a group, and restored.
func ExampleRestore() {
	ctx, client := context.Background(), exampleClient()
	sales := imsync.Group{Name: "Sales", Contacts: []imsync.Contact{{Address: "anna@contoso.com"}}}
	if _, err := imsync.Sync(ctx, client, imsync.Roster{Groups: []imsync.Group{sales}}, nil); err != nil {
		log.Fatal(err)
	}
	var kept []byte // a file or a row of a database
	opts := &imsync.Options{
		Remove: imsync.RemoveAll, MaxRemovals: imsync.Limit{Percent: 100},
		Backup: func(_ context.Context, backup *imsync.Backup) (err error) {
			kept, err = json.Marshal(backup)
			return err
		},
	}
	mistaken := imsync.Roster{Groups: []imsync.Group{{Name: "Sails"}}}
	applied, err := imsync.Sync(ctx, client, mistaken, opts)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(applied.Plan)

	backup := &imsync.Backup{}
	if err := json.Unmarshal(kept, backup); err != nil {
		log.Fatal(err)
	}
	applied, err = imsync.Restore(ctx, client, backup, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(applied.Plan)
	// Output:
	// + Sails
	// - Sales (1 contact)
	// + Sales
	// +   anna@contoso.com "anna@contoso.com"
}

func ExampleEnsureGroup() {
	ctx, client := context.Background(), exampleClient()
	for _, name := range []string{"Sales", "SALES"} {
		group, created, err := imsync.EnsureGroup(ctx, client, name)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(group.DisplayName, created)
	}
	// Output:
	// Sales true
	// Sales false
}
