package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRun_InProcess(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := run(t.Context(), &out, "", "", "contacts.csv", false); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"anna@example.com", "Support", "dora@example.com"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output does not name %s:\n%s", want, out.String())
		}
	}
}

func TestRun_Refused(t *testing.T) {
	t.Parallel()
	wrong := filepath.Join(t.TempDir(), "wrong.csv")
	if err := os.WriteFile(wrong, []byte("mailbox,group,name,address\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, endpoint, file, want string }{
		{"no file", "", "", "name a CSV file"},
		{"another header", "", wrong, "the header is"},
		{"no user", "https://mail.example.com/EWS/Exchange.asmx", "contacts.csv", "needs -user"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			err := run(t.Context(), new(bytes.Buffer), tc.endpoint, "", tc.file, false)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q in it", err, tc.want)
			}
		})
	}
}
