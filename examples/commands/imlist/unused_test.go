package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
)

// since returns the operations that the server was asked for since there were n requests.
func since(srv *ewstest.Server, n int) string {
	var ops []string
	for _, r := range srv.Requests()[n:] {
		ops = append(ops, r.Op)
	}
	return strings.Join(ops, " ")
}

// TestSync_SkipUnused leaves alone a list that was never used, and one that a person emptied, but not
// one that sync emptied itself.
func TestSync_SkipUnused(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(nil)
	endpoint, stop := srv.Start()
	t.Cleanup(stop)
	s := &session{t, srv, []string{"--endpoint", endpoint, "--user", "u", "--auth", "basic", "--mailbox", "olga@contoso.com"}}
	roster := write(t, `{"groups": [{"name": "Sales"}]}`)
	none := write(t, `{"groups": [{"name": "Other"}]}`)
	owned := filepath.Join(t.TempDir(), "owned.json")
	s.must("no changes\n", "sync", write(t, `{"groups": []}`), "--owned", owned)
	sync := func(file, wantRequests, want string, more ...string) {
		t.Helper()
		before := len(srv.Requests())
		s.must(want, append([]string{"sync", file, "--owned", owned, "--remove", "owned"}, more...)...)
		if diff := cmp.Diff(wantRequests, since(srv, before)); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
	}
	const neverUsed = "no changes\n# the list is left alone: never used: no client that keeps its contacts in Exchange has signed in with " +
		"the mailbox, so additions may never be seen; check the policy for the Unified Contact Store (UcsAllowed)\n"
	const emptied = "no changes\n# the list is left alone: emptied: only the built-in groups are left in the list\n"
	sync(roster, "GetImItemList GetFolder", neverUsed, "--skip-unused")
	sync(roster, "GetImItemList AddImGroup GetImItemList", "+ Sales\n1 changes made\n")
	sync(roster, "GetImItemList", "no changes\n", "--skip-unused")
	sync(none, "GetImItemList AddImGroup GetImItemList RemoveImGroup GetImItemList", "+ Other\n- Sales\n2 changes made\n", "--skip-unused")
	sync(write(t, `{"groups": []}`), "GetImItemList RemoveImGroup GetImItemList", "- Other\n1 changes made\n",
		"--skip-unused", "--allow-empty")
	sync(roster, "GetImItemList GetFolder AddImGroup GetImItemList", "+ Sales\n1 changes made\n", "--skip-unused")
	s.imlist("remove-group", "Sales")
	sync(roster, "GetImItemList GetFolder", emptied, "--skip-unused")
	sync(roster, "GetImItemList GetFolder", emptied, "--skip-unused", "--dry-run")
	got := s.imlist("sync", roster, "--skip-unused", "--json")
	if got.status != 0 || !strings.Contains(got.stdout, `"the list is left alone: emptied: `) {
		t.Errorf("%+v", got)
	}
	srv.Fail("GetFolder", ews.ErrorAccessDenied)
	if got := s.imlist("sync", roster, "--skip-unused"); got.status != 1 || !strings.Contains(got.stderr, "ErrorAccessDenied") {
		t.Errorf("the folders cannot be read: %+v", got)
	}
	if groups := srv.Groups("olga@contoso.com"); len(groups) != 0 {
		t.Errorf("%v were added", groups)
	}
}
