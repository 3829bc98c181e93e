package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
)

// session runs imlist for one mailbox of a server.
type session struct {
	*testing.T
	srv   *ewstest.Server
	flags []string
}

func newSession(t *testing.T) *session {
	t.Helper()
	srv, flags := server(t)
	return &session{t, srv, flags}
}

func (s *session) imlist(args ...string) outcome {
	return imlist(s.Context(), append(slices.Clip(s.flags), args...)...)
}

// must runs imlist and compares its standard output.
func (s *session) must(want string, args ...string) {
	s.Helper()
	got := s.imlist(args...)
	if diff := cmp.Diff(want, got.stdout); got.status != 0 || diff != "" {
		s.Errorf("%q: status %d, %s (-want +got):\n%s", args, got.status, got.stderr, diff)
	}
}

// TestOwnership adds contacts, removes them, restores them, and removes them again. Those of the
// mailbox's owner stay throughout.
func TestOwnership(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	dir := t.TempDir()
	owned, backup := filepath.Join(dir, "owned.json"), filepath.Join(dir, "before.json")
	first := write(t, `{"groups": [{"name": "Team", "contacts": [{"address": "new@contoso.com"}]},
		{"name": "Sales", "contacts": [{"address": "anna@contoso.com"}, {"address": "new@contoso.com"}]}]}`)
	second := write(t, `{"groups": [{"name": "Sales"}]}`)
	const added = "  Sales\n+   new@contoso.com\n+ Team\n+   new@contoso.com\n3 changes made\n"
	const removed = "  Sales\n-   new@contoso.com\n- Team (1 contact)\n2 changes made\n"

	got := s.imlist("sync", first, "--remove", "owned", "--owned", owned, "--backup", backup)
	if diff := cmp.Diff(outcome{0, added, owned + " is new: nothing is owned yet\n"}, got, cmp.AllowUnexported(outcome{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := os.Stat(backup); err == nil {
		t.Error("there is a backup of a run that removed nothing")
	}
	s.must(removed, "sync", second, "--remove", "owned", "--owned", owned, "--backup", backup)
	for _, name := range []string{owned, backup} {
		info, err := os.Stat(name)
		if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v; want a file for its owner alone", info, err)
		}
	}
	const restored = "  Sales\n+   new@contoso.com \"new@contoso.com\"\n+ Team\n+   new@contoso.com \"new@contoso.com\"\n"
	s.must(restored+"dry run: 3 changes not made\n", "restore", backup, "--owned", owned, "--dry-run")
	s.must(restored+"3 changes made\n", "restore", backup, "--owned", owned)
	s.must("no changes\n", "restore", backup, "--owned", owned)
	s.must(removed, "sync", second, "--remove", "owned", "--owned", owned)
	s.must(seededTable, "list")
	if files, err := os.ReadDir(dir); err != nil || len(files) != 2 {
		t.Errorf("%v, %v; want the two files alone", files, err)
	}
}

// TestOwnership_Adopt owns contacts that were there before.
func TestOwnership_Adopt(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	owned := filepath.Join(t.TempDir(), "owned.json")
	file := write(t, `{"groups": [{"name": "Sales", "contacts": [{"address": "anna@contoso.com"}]}]}`)
	s.must("no changes\n", "sync", file, "--owned", owned, "--adopt")
	s.must("  Sales\n-   anna@contoso.com\n1 changes made\n",
		"sync", write(t, `{"groups": [{"name": "Sales"}]}`), "--remove", "owned", "--owned", owned)
}

// TestOwnership_Files refuses files that are something else, before anything is sent.
func TestOwnership_Files(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	roster := write(t, `{"groups": [{"name": "New"}]}`)
	for text, want := range map[string]string{
		"":                                "is no file of --owned",
		"{}":                              "has version 0",
		`{"version": 2, "mailboxes": {}}`: "has version 2",
		`{"version": 1, "mailboxes": {"a":null}}`: "the record of mailbox a is empty",
		`{"version": 1, "mailboxes": {"a":{}}}`:   "the ownership record has version 0",
	} {
		got := s.imlist("sync", roster, "--owned", write(t, text))
		if got.status != 1 || !strings.Contains(got.stderr, want) || got.stdout != "" {
			t.Errorf("%s: %+v; want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"": "backup", "{}": "the backup has version 0",
		`{"version": 1, "mailbox": "anna@contoso.com", "groups": []}`: "is the backup of mailbox anna@contoso.com, and not of tony@contoso.com",
	} {
		got := s.imlist("restore", write(t, text))
		if got.status != 1 || !strings.Contains(got.stderr, want) || got.stdout != "" {
			t.Errorf("%s: %+v; want %q", text, got, want)
		}
	}
	got := s.imlist("sync", roster, "--owned", filepath.Join(t.TempDir(), "absent", "owned.json"))
	if got.status != 1 || !strings.Contains(got.stderr, "keeping the ownership record") {
		t.Errorf("%+v; want the record's failure", got)
	}
	got = s.imlist("sync", roster, "--remove", "all", "--max-removals", "100%", "--backup", roster)
	if got.status != 1 || !strings.Contains(got.stderr, "a backup is never replaced") {
		t.Errorf("%+v; want the file kept", got)
	}
	s.must(seededTable, "list")
}

func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	file := filepath.Join(t.TempDir(), "backup.json")
	s.must("wrote 7 groups and 4 contacts to "+file+"\n", "backup", file)
	got := s.imlist("backup", file)
	if got.status != 1 || !strings.Contains(got.stderr, "a backup is never replaced") {
		t.Errorf("%+v; want the file kept", got)
	}
	for _, name := range []string{"Research & Development", "All staff", "Sales"} {
		if got := s.imlist("remove-group", name); got.status != 0 {
			t.Fatalf("%+v", got)
		}
	}
	for _, changes := range []string{
		"+ All staff <all@contoso.com>\n+ Research & Development\n+   anna@contoso.com \"Anna Ek\"\n" +
			"+   carla@contoso.com \"Carla Cruz\"\n+ Sales\n+   anna@contoso.com \"Anna Ek\"\n+   bert@contoso.com \"Bert Berg\"\n",
		"no changes\n",
	} {
		got = s.imlist("restore", file)
		if got.status != 1 || !strings.HasPrefix(got.stdout, changes+"# telephone +1 562 555 0100 is not put back") ||
			!strings.Contains(got.stderr, "1 lines about it") {
			t.Errorf("%+v; want the telephone named after %q", got, changes)
		}
	}
}

func TestRemoval_Usage(t *testing.T) {
	t.Parallel()
	roster := write(t, `{"groups": [{"name": "New"}]}`)
	for args, want := range map[string]string{
		"--remove owned":      "--remove owned needs --owned",
		"--remove some":       `--remove "some": want none, owned or all`,
		"--adopt":             "--adopt needs --owned",
		"--max-removals 0":    "want a share from 1% to 100%",
		"--max-removals 101%": "want a share from 1% to 100%",
		"--max-removals x":    "want a share from 1% to 100%",
	} {
		got := imlist(t.Context(), append([]string{"sync", roster}, strings.Fields(args)...)...)
		if got.status != 2 || !strings.Contains(got.stderr, want) {
			t.Errorf("%s: %+v; want %q", args, got, want)
		}
	}
}

// TestRemoval_Brake names the flag that lets it pass.
func TestRemoval_Brake(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	empty := write(t, `{"groups": [{"name": "New"}]}`)
	got := s.imlist("sync", empty, "--remove", "all")
	if got.status != 1 || !strings.Contains(got.stderr, "may remove 5") || !strings.Contains(got.stderr, ": --max-removals 7\n") {
		t.Errorf("%+v; want the brake", got)
	}
	s.must(seededTable, "list")
	if got := s.imlist("sync", empty, "--remove", "all", "--max-removals", "7"); got.status != 0 {
		t.Errorf("%+v", got)
	}
}

// TestRecordFile_Shared has many mailboxes in one file at the same time.
func TestRecordFile_Shared(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "owned.json")
	var all sync.WaitGroup
	const n = 10
	for i := range n {
		all.Go(func() {
			f := recordFile{name, fmt.Sprint("m", i)}
			if err := f.save(t.Context(), imsync.NewOwnership(f.mailbox)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	records, _, err := recordFile{name: name}.read()
	if err != nil || len(records.Mailboxes) != n {
		t.Errorf("%d records, %v; want %d", len(records.Mailboxes), err, n)
	}
}

// TestRecordFile_Killed: a lock that a killed process left is broken after a while.
func TestRecordFile_Killed(t *testing.T) {
	t.Parallel()
	f := recordFile{filepath.Join(t.TempDir(), "owned.json"), "m"}
	if err := os.WriteFile(f.name+".lock", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-2 * lockExpiry)
	if err := os.Chtimes(f.name+".lock", old, old); err != nil {
		t.Fatal(err)
	}
	if err := f.save(t.Context(), imsync.NewOwnership("m")); err != nil {
		t.Error(err)
	}
}

// TestFiles_Mixed gives each command a file that another one reads.
func TestFiles_Mixed(t *testing.T) {
	t.Parallel()
	backup := filepath.Join(t.TempDir(), "backup.json")
	if got := imlist(t.Context(), "backup", backup); got.status != 0 {
		t.Fatalf("%+v", got)
	}
	for _, tc := range []struct{ command, file, want string }{
		{"sync", backup, "is a backup or a record of --owned, and no roster"},
		{"import", backup, "imlist restore reads backups"},
		{"restore", write(t, "Group,Address\nSales,anna@contoso.com\n"), "is no backup: it is not JSON"},
		{"restore", write(t, `{"groups":[]}`), "is the file a backup"},
	} {
		got := imlist(t.Context(), tc.command, tc.file)
		if got.status != 1 || !strings.Contains(got.stderr, tc.file) || !strings.Contains(got.stderr, tc.want) {
			t.Errorf("%s: %+v, want status 1 and %q", tc.command, got, tc.want)
		}
	}
}
