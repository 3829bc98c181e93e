package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
)

func TestRun(t *testing.T) {
	t.Parallel()
	const quickContacts = `quickcontacts: "Lync Contacts", 3 items, 0 subfolders, id AAMkADQUICKCONTACTS` + "\n"
	for _, tc := range []struct {
		name           string
		args           []string
		status         int
		stdout, stderr string
	}{
		{"default", nil, 0, quickContacts, ""},
		{
			"two",
			[]string{"inbox", "quickcontacts"},
			0,
			`inbox: "Inbox", 3 items, 0 subfolders, id AAMkADINBOX` + "\n" + quickContacts, "",
		},
		{"unknown", []string{"attic"}, 1, "", "ews: GetFolder: ErrorFolderNotFound: The specified folder could not be found"},
		{"forbidden character", []string{"in\vbox"}, 1, "", "U+FFFD"},
		{"unknown flag", []string{"-x"}, 2, "", "usage"},
		{"help", []string{"-h"}, 0, "", "usage"},
		{"no user", []string{"-endpoint", ewstest.Endpoint}, 2, "", "needs -user"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			status := run(t.Context(), tc.args, &stdout, &stderr)
			if status != tc.status || !strings.Contains(stderr.String(), tc.stderr) {
				t.Errorf("status %d, want %d: %s", status, tc.status, stderr.String())
			}
			if diff := cmp.Diff(tc.stdout, stdout.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestGetFolder_Failures shows that an error queued by Fail reaches the caller in the form that the
// operation has on a real server, with a handler or without.
func TestGetFolder_Failures(t *testing.T) {
	t.Parallel()
	for _, handled := range []bool{true, false} {
		srv := ewstest.NewServer(nil)
		if handled {
			srv.Handle("GetFolder", handleGetFolder)
		}
		client, err := ews.NewClient(ewstest.Endpoint, &ews.Options{HTTPClient: srv.Client()})
		if err != nil {
			t.Fatal(err)
		}
		srv.Fail("GetFolder", ews.ErrorItemNotFound)
		if _, err := getFolder(t.Context(), client, "inbox"); !errors.Is(err, ews.ErrorItemNotFound) {
			t.Errorf("handled: %t: %v, want %v", handled, err, ews.ErrorItemNotFound)
		}
	}
}

func TestRun_Interrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	status := run(ctx, nil, &stdout, &stderr)
	if status != 1 || !strings.Contains(stderr.String(), context.Canceled.Error()) {
		t.Errorf("status %d: %s", status, stderr.String())
	}
}

// TestGetFolder_OnTheWire shows the request that the tags produce.
func TestGetFolder_OnTheWire(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(nil)
	srv.Handle("GetFolder", handleGetFolder)
	client, err := ews.NewClient(ewstest.Endpoint, &ews.Options{HTTPClient: srv.Client()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := getFolder(t.Context(), client, "inbox"); err != nil {
		t.Fatal(err)
	}
	const want = `<m:GetFolder><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape>` +
		`<m:FolderIds><t:DistinguishedFolderId Id="inbox"></t:DistinguishedFolderId></m:FolderIds></m:GetFolder>`
	if body := string(srv.Requests()[0].Body); !strings.Contains(body, want) {
		t.Errorf("the request lacks %s:\n%s", want, body)
	}
}
