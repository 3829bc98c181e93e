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
)

// The function below holds the code of the README, so that it compiles; TestREADME compares.

var _ = readmeTenLines // needs a server: compiled, not run

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
		return nil // another client was faster
	}
	if err != nil {
		return err
	}
	fmt.Println(group.DisplayName, group.GroupType, group.ExchangeStoreID.ID)
	return nil
}

func TestREADME(t *testing.T) {
	t.Parallel()
	source := readText(t, "readme_test.go")
	blocks := strings.Split(readText(t, "../README.md"), "```go\n")[1:]
	if len(blocks) != 1 {
		t.Fatalf("the README has %d blocks of Go, want 1", len(blocks))
	}
	if n := strings.Count(readText(t, "../README.md"), "\n"); n > 110 {
		t.Errorf("the README has %d lines, want at most 110", n)
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
