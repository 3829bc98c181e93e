package ews_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
)

// The functions below hold the code of the README, so that it compiles; TestREADME compares.

var _, _ = readmeTenLines, readmeInfo // need a server: compiled, not run

func readmeTenLines(ctx context.Context, password string) error {
	transport, err := auth.NTLM(nil, auth.Static(`CONTOSO\svc-im`, password), nil)
	if err != nil {
		return err
	}
	client, err := ews.NewClient("https://mail.contoso.com/EWS/Exchange.asmx",
		&ews.Options{HTTPClient: transport.Client()})
	if err != nil {
		return err
	}
	group, err := client.Impersonate(ews.PrimarySMTP("tony@contoso.com")).AddImGroup(ctx, "MyCustomGroup")
	if errors.Is(err, ews.ErrorImGroupDisplayNameAlreadyExists) {
		return nil // somebody was faster
	}
	if err != nil {
		return err
	}
	fmt.Println(group.DisplayName, group.GroupType, group.ExchangeStoreID.ID)
	return nil
}

func readmeInfo(ctx context.Context, client *ews.Client) error {
	var info ews.ResponseInfo
	group, err := client.AddImGroup(ews.WithResponseInfo(ctx, &info), "MyCustomGroup")
	fmt.Println(info.ServerVersion, info.RequestID)
	_ = group
	return err
}

func readmeFake(ctx context.Context) error {
	srv := ewstest.NewServer(nil)
	client, err := ews.NewClient(ewstest.Endpoint, &ews.Options{HTTPClient: srv.Client()})
	if err != nil {
		return err
	}
	srv.Fail("AddImGroup", ewstest.DropAfter()) // done, but the answer is lost
	_, err = client.AddImGroup(ctx, "MyCustomGroup")
	_, done := srv.List("").GroupByName("MyCustomGroup")
	fmt.Println(errors.Is(err, ews.ErrOutcomeUnknown), done)
	return nil
}

func readmeSync(ctx context.Context, client *ews.Client) error {
	roster := imsync.Roster{Groups: []imsync.Group{{
		Name:     "Sales",
		Contacts: []imsync.Contact{{Address: "anna@contoso.com", DisplayName: "Anna Ek"}},
	}}}
	plan, err := imsync.Sync(ctx, client, roster, nil)
	fmt.Print(plan)
	return err
}

func TestREADME_Sync(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(nil)
	client, err := ews.NewClient(ewstest.Endpoint, &ews.Options{HTTPClient: srv.Client()})
	if err != nil {
		t.Fatal(err)
	}
	if err := readmeSync(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	if _, ok := srv.List("").GroupByName("Sales"); !ok {
		t.Error("the roster's group is not in the list")
	}
}

func Example_lostAnswer() {
	if err := readmeFake(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output: true true
}

func TestREADME(t *testing.T) {
	t.Parallel()
	source := readText(t, "readme_test.go")
	blocks := strings.Split(readText(t, "../README.md"), "```go\n")[1:]
	if len(blocks) != 4 {
		t.Fatalf("the README has %d blocks of Go, want 4", len(blocks))
	}
	for _, block := range blocks {
		code, _, _ := strings.Cut(block, "```")
		for line := range strings.Lines(code) {
			if line != "\n" && !strings.Contains(source, "\t"+line) {
				t.Errorf("README line is not compiled here: %s", line)
			}
		}
	}
}

func readText(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(data), "\r\n", "\n")
}
