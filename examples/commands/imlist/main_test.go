package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/examples/commands/internal/cli"
)

type outcome struct {
	status         int
	stdout, stderr string
}

// imlist runs the command with a password in its environment and without a terminal.
func imlist(ctx context.Context, args ...string) outcome {
	return imlistIn(ctx, map[string]string{"EWS_PASSWORD": "secret"}, args...)
}

func imlistIn(ctx context.Context, env map[string]string, args ...string) outcome {
	var stdout, stderr bytes.Buffer
	p := &cli.Process{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr}
	p.LookupEnv = func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	}
	status := run(ctx, p, args)
	return outcome{status, stdout.String(), stderr.String()}
}

const notice = "no --endpoint or --email: an in-process Exchange is used, gone when the command ends\n"

// server is an Exchange on loopback that several commands work on, with the flags that lead there.
func server(t *testing.T) (*ewstest.Server, []string) {
	t.Helper()
	srv := ewstest.NewServer(nil)
	endpoint, stop := srv.Start()
	t.Cleanup(stop)
	tony := ews.Header{Impersonate: ews.PrimarySMTP("tony@contoso.com")}
	client, err := ews.NewClient(endpoint, &ews.Options{Header: tony})
	if err != nil {
		t.Fatal(err)
	}
	if err := seed(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	client.CloseIdleConnections()
	return srv, []string{"--endpoint", endpoint, "--user", "u", "--auth", "basic", "--mailbox", "tony@contoso.com"}
}

func write(t *testing.T, text string) (name string) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "roster.json")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

const seededTable = `GROUP                   KIND                CONTACT     ADDRESS
Other Contacts          built in
Tagged                  built in
Favorites               built in            Anna Ek     anna@contoso.com
Sales                   group               Anna Ek     anna@contoso.com
                                            Bert Berg   bert@contoso.com
Research & Development  group               Anna Ek     anna@contoso.com
                                            Carla Cruz  carla@contoso.com
                                                        +1 562 555 0100
Nobody yet              group
All staff               distribution group              all@contoso.com
7 groups, 4 contacts
`

func TestList(t *testing.T) {
	t.Parallel()
	got := imlist(t.Context(), "list")
	if diff := cmp.Diff(outcome{0, seededTable, notice}, got, cmp.AllowUnexported(outcome{})); diff != "" {
		t.Errorf("in process (-want +got):\n%s", diff)
	}
	_, flags := server(t)
	got = imlist(t.Context(), append(flags, "--culture", "en-US", "--server-version", "Exchange2016", "list")...)
	if diff := cmp.Diff(outcome{0, seededTable, ""}, got, cmp.AllowUnexported(outcome{})); diff != "" {
		t.Errorf("on a server (-want +got):\n%s", diff)
	}
}

func TestList_JSON(t *testing.T) {
	t.Parallel()
	got := imlist(t.Context(), "list", "--json")
	var view listView
	if err := json.Unmarshal([]byte(got.stdout), &view); err != nil || got.status != 0 {
		t.Fatalf("%v: %+v", err, got)
	}
	if len(view.Groups) != 7 || view.Groups[4].Name != "Research & Development" || len(view.Groups[4].Contacts) != 3 ||
		view.Groups[4].Contacts[2].Address != "+1 562 555 0100" || view.Groups[6].Address != "all@contoso.com" {
		t.Errorf("%+v", view)
	}
	for _, g := range view.Groups {
		if g.ID == "" || g.Contacts == nil {
			t.Errorf("group %+v", g)
		}
	}
}

// TestEdit runs one command after another against the same server.
func TestEdit(t *testing.T) {
	t.Parallel()
	srv, flags := server(t)
	for _, step := range []struct {
		args string // separated by "|"
		want string // standard output, or part of standard error after "!"
	}{
		{"add-group|Team", `added group "Team"`},
		{"add-group|team", "!ErrorImGroupDisplayNameAlreadyExists"},
		{"add-group|--smtp|board@contoso.com|Board", `added distribution group "Board"`},
		{"rename-group|team|Team A", `renamed group "Team" to "Team A"`},
		{"rename-group|Team|X", `!the list has no group "Team"`},
		{"add-contact|Team A|new@contoso.com|--name|Nina New", `added new@contoso.com to group "Team A"`},
		{"add-contact|Team A|sip:BERT@contoso.com", `added sip:BERT@contoso.com to group "Team A"`},
		{"add-contact|Team A|bert@contoso.com|--name|B", "!no operation changes a contact's name"},
		{"add-contact|Team A|tel:555|--sip-uri|sip:555@contoso.com", `added tel:555 to group "Team A"`},
		{"add-contact|Team A|tel:556", "!add --sip-uri"},
		{"move-contact|new@contoso.com|Team A|Sales", `moved new@contoso.com from group "Team A" to "Sales"`},
		{"move-contact|new@contoso.com|Team A|Sales", `!group "Team A" has no contact "new@contoso.com"`},
		{"move-contact|new@contoso.com|Sales|SALES", "!the same group"},
		{"remove-contact|tel:555", "removed tel:555 from 1 groups"},
		{"remove-contact|anna@contoso.com|sales", "removed anna@contoso.com from 1 groups"},
		{"remove-contact|anna@contoso.com", "removed anna@contoso.com from 2 groups"},
		{"remove-contact|anna@contoso.com", `!the list has no contact "anna@contoso.com"`},
		{"remove-group|Sales", `removed group "Sales", and 1 contacts that were in no other`},
		{"remove-group|Board", `removed distribution group "Board", and 0 contacts that were in no other`},
		{"remove-group|Favorites", "!ErrorInvalidImGroupId"},
		{"add-group|--|--json", `added group "--json"`},
	} {
		args := append(append([]string(nil), flags...), strings.Split(step.args, "|")...)
		got := imlist(t.Context(), args...)
		if part, fails := strings.CutPrefix(step.want, "!"); fails {
			if got.status != 1 || !strings.Contains(got.stderr, part) || got.stdout != "" {
				t.Errorf("%s: %+v; want %q and status 1", step.args, got, part)
			}
			continue
		}
		if want := (outcome{0, step.want + "\n", ""}); got != want {
			t.Errorf("%s: %+v, want %+v", step.args, got, want)
		}
	}
	names := []string{}
	for _, g := range srv.Groups("tony@contoso.com") {
		names = append(names, g.DisplayName)
	}
	want := []string{"Research & Development", "Nobody yet", "All staff", "Team A", "--json"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestExportImport_OddList exports malformed addresses and groups of one name, and imports them
// into the same list, but not into another one.
func TestExportImport_OddList(t *testing.T) {
	t.Parallel()
	srv, flags := server(t)
	srv.Seed("tony@contoso.com",
		ewstest.Group{Name: "Odd", Members: []ewstest.Contact{{Address: "n/a"}}},
		ewstest.Group{Name: "ODD", Members: []ewstest.Contact{{Address: "'a@contoso.com'"}}})
	file := filepath.Join(t.TempDir(), "list.json")
	at := func(args ...string) outcome {
		return imlist(t.Context(), append(slices.Clip(flags), args...)...)
	}
	if got := at("export", file); got.status != 0 {
		t.Fatalf("%+v", got)
	}
	if got := at("sync", "--remove", "all", file); got.status != 0 || !strings.HasPrefix(got.stdout, "no changes\n") {
		t.Errorf("%+v; want no changes", got)
	}
	got := at("import", "--mailbox", "anna@contoso.com", file)
	if got.status == 0 || !strings.Contains(got.stderr, `contact "n/a": this is no address`) || len(srv.Groups("anna@contoso.com")) > 0 {
		t.Errorf("%+v; want the address refused", got)
	}
}

func TestExportImport(t *testing.T) {
	t.Parallel()
	srv, flags := server(t)
	file := filepath.Join(t.TempDir(), "list.json")
	at := func(args ...string) outcome {
		return imlist(t.Context(), append(slices.Clip(flags), args...)...)
	}
	if got := at("export", file); got.status != 0 || got.stdout != "wrote 4 groups to "+file+"\n" {
		t.Fatalf("%+v", got)
	}
	exported, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(exported), at("export").stdout); diff != "" {
		t.Errorf("file and standard output differ:\n%s", diff)
	}
	info, err := os.Stat(file)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		t.Errorf("%v, %v; want a file for its owner alone", info, err)
	}
	for _, cmd := range [][]string{{"remove-group", "Sales"}, {"add-group", "Extra"}} {
		if got := at(cmd...); got.status != 0 {
			t.Fatalf("%+v", got)
		}
	}
	const want = "+ Sales\n+   anna@contoso.com \"Anna Ek\"\n+   bert@contoso.com \"Bert Berg\"\n3 changes made\n"
	if diff := cmp.Diff(want, at("import", file).stdout); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := len(srv.Groups("tony@contoso.com")); n != 5 {
		t.Errorf("%d groups after the import, want 5: it removes nothing", n)
	}
	if got := at("sync", "--remove", "all", file); got.stdout != "- Extra\n1 changes made\n" {
		t.Errorf("%+v", got)
	}
}

func TestSync(t *testing.T) {
	t.Parallel()
	srv, flags := server(t)
	file := write(t, `{"groups": [
		{"name": "Sales", "contacts": [{"address": "bert@contoso.com"}, {"address": "carla@contoso.com"}]},
		{"name": "R&D", "formerName": "Research & Development"}]}`)
	const changes = "- All staff <all@contoso.com>\n- Nobody yet\n~ Research & Development -> R&D\n" +
		"-   anna@contoso.com\n-   carla@contoso.com\n-   tel +1 562 555 0100\n" +
		"  Sales\n-   anna@contoso.com\n+   carla@contoso.com\n"
	for _, step := range []struct {
		args []string
		want string
	}{
		{[]string{"sync", file, "--dry-run", "--remove", "all", "--max-removals", "100%"}, changes + "dry run: 8 changes not made\n"},
		{
			[]string{"sync", "--dry-run", file},
			"~ Research & Development -> R&D\n  Sales\n+   carla@contoso.com\ndry run: 2 changes not made\n",
		},
		{[]string{"sync", "--remove", "all", "--max-removals", "100%", file}, changes + "8 changes made\n"},
		{[]string{"sync", file, "--remove", "all", "--max-removals", "100%"}, "no changes\n"},
	} {
		got := imlist(t.Context(), append(slices.Clip(flags), step.args...)...)
		if diff := cmp.Diff(outcome{0, step.want, ""}, got, cmp.AllowUnexported(outcome{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", step.args, diff)
		}
	}
	if n := len(srv.List("tony@contoso.com").Personas); n != 3 {
		t.Errorf("%d contacts, want the two of Sales and the favorite", n)
	}
}

func TestSync_JSON(t *testing.T) {
	t.Parallel()
	got := imlist(t.Context(), "sync", "--json", "--dry-run", write(t, `{"groups": [{"name": "New"}]}`))
	var plan imsync.Plan
	if err := json.Unmarshal([]byte(got.stdout), &plan); err != nil {
		t.Fatalf("%v: %+v", err, got)
	}
	want := imsync.Plan{Steps: []imsync.Step{{Kind: imsync.AddGroup, Group: "New"}}}
	if diff := cmp.Diff(want, plan); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSync_Fails(t *testing.T) {
	t.Parallel()
	srv, flags := server(t)
	file := write(t, `{"groups": [{"name": "New"}]}`)
	srv.Fail("AddImGroup", &ews.SchemaValidationError{Line: 12, Position: 3, Violation: "The 'x' element is invalid."})
	got := imlist(t.Context(), append(flags, "sync", file)...)
	for _, part := range []string{
		`error: imsync: not done: add group "New": add group "New": ews: AddImGroup: `,
		"ErrorSchemaValidation at line 12, position 3",
		"^",
	} {
		if !strings.Contains(got.stderr, part) {
			t.Errorf("standard error lacks %q:\n%s", part, got.stderr)
		}
	}
	if got.status != 1 || got.stdout != "+ New\nof these not done:\n+ New\n" {
		t.Errorf("%+v", got)
	}
}

func TestRoster_Bad(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, text, want string }{
		{"empty", "", "it is empty"},
		{"cut", `{"groups": [`, "line 1, column 13: the JSON ends too early"},
		{"no JSON", "groups:\n- Sales\n", "line 1: \"groups:\" is none of the titles"},
		{"misspelled", "{\"groups\": [\n {\"name\": \"A\", \"contact\": []}]}", `line 2, column 16: unknown field "contact"`},
		{"wrong type", `{"groups": {}}`, "line 1, column 12: groups: a JSON object cannot stand here"},
		{"two", `{"groups": []} {}`, "line 1, column 16: something follows"},
		{"empty, and removal", `{"groups": []}`, "--allow-empty if that is meant"},
		{"too large", strings.Repeat(" ", 17<<20), "larger than 16 MiB"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := imlist(t.Context(), "sync", "--remove", "all", write(t, tc.text))
			oneLine := strings.Count(got.stderr, "\n") == 1
			if got.status != 1 || got.stdout != "" || !strings.Contains(got.stderr, tc.want) || !oneLine {
				t.Errorf("%+v; want a line with %q", got, tc.want)
			}
		})
	}
	got := imlist(t.Context(), "import", filepath.Join(t.TempDir(), "absent"))
	if got.status != 1 || !strings.Contains(got.stderr, "absent") {
		t.Errorf("no file: %+v", got)
	}
	_, flags := server(t)
	file := write(t, `{"groups": [{"name": "A"}, {"name": "a"}]}`)
	got = imlist(t.Context(), append(flags, "import", file)...)
	want := "error: " + file + `: imsync: roster: group "a": the name differs from "A" in case only`
	if got.status != 1 || got.stdout != "" || !strings.HasPrefix(got.stderr, want) || strings.Count(got.stderr, "\n") != 1 {
		t.Errorf("%+v; want a line with %q", got, want)
	}
}

func TestRoster_ByteOrderMark(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"\xEF\xBB\xBF{\"groups\": []}", "\xFF\xFE{\x00}\x00"} {
		if got := imlist(t.Context(), "sync", write(t, text)); got != (outcome{0, "no changes\n", notice}) {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

// TestJSON_NoNull has an empty list, and nothing to do.
func TestJSON_NoNull(t *testing.T) {
	t.Parallel()
	endpoint, stop := ewstest.NewServer(nil).Start()
	t.Cleanup(stop)
	for _, args := range [][]string{
		{"list", "--json"}, {"export"}, {"sync", "--json", write(t, `{}`)}, {"sync", "--json", "--dry-run", write(t, `{}`)},
	} {
		got := imlist(t.Context(), append([]string{"--endpoint", endpoint, "--auth", "none"}, args...)...)
		if got.status != 0 || !json.Valid([]byte(got.stdout)) || strings.Contains(got.stdout, "null") ||
			!strings.Contains(got.stdout, "[]") {
			t.Errorf("%q: %+v; want [] and never null", args, got)
		}
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	const server = " --endpoint https://mail.contoso.com/EWS/Exchange.asmx"
	for _, tc := range []struct {
		args string
		want string
	}{
		{"", "which command?"},
		{"paint", `there is no command "paint": which`},
		{"lst", "there is no command \"lst\": is it list?"},
		{"list all", `want "imlist list [flags]"; number`},
		{"add-group", "; number of arguments that were given: 0"},
		{"sync", "; number of arguments that were given: 0"},
		{"list --remove all", "unknown flag: --remove"},
		{"export --dry-run", "unknown flag: --dry-run"},
		{"list --colour", "unknown flag: --colour"},
		{"list -endpoint x", "flags have two dashes, --endpoint"},
		{"list --user u", "--user needs a server: name it by --endpoint or --email"},
		{"--user u add-group X", "--user needs a server"},
		{"list --mailbox tony@contoso.com", "--mailbox needs a server"},
		{"doctor --ca x", "--ca needs a server"},
		{"list --server-version 2025 --user u" + server, "error: --server-version: "},
		{"list --culture E_N --user u" + server, "error: --culture: "},
		{"list --endpoint mail.contoso.com --user u", "error: --endpoint: "},
		{"list --endpoint http://mail.contoso.com --user u", "error: --endpoint: "},
		{"list" + server, "--auth ntlm needs --user"},
		{"list --auth x --user u" + server, `--auth "x"`},
	} {
		t.Run(tc.args, func(t *testing.T) {
			t.Parallel()
			got := imlist(t.Context(), strings.Fields(tc.args)...)
			told := strings.Contains(got.stderr, "secret")
			if got.status != 2 || got.stdout != "" || !strings.Contains(got.stderr, tc.want) || told {
				t.Errorf("%+v; want status 2 and %q", got, tc.want)
			}
			if strings.Count(got.stderr, "\n") != 2 || !strings.Contains(got.stderr, "\nfor help: imlist") {
				t.Errorf("want the error and where help is:\n%s", got.stderr)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--help"}, {"help"}, {"sync", "-h"}, {"completion", "bash"}, {"version"}, {"--version"}} {
		// A bad setting does not stand in the way.
		got := imlistIn(t.Context(), map[string]string{"EWS_CONFIG": "absent"}, args...)
		if got.status != 0 || got.stdout == "" || got.stderr != "" {
			t.Errorf("%q: %+v", args, got)
		}
	}
	got := imlist(t.Context(), "__complete", "--auth", "k")
	if got.status != 0 || !strings.Contains(got.stdout, "kerberos\n") {
		t.Errorf("completion of --auth: %+v", got)
	}
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{})
	srv := ewstest.NewServer(&ewstest.Options{Intercept: func(r ewstest.Request) error {
		close(arrived)
		<-r.Context().Done()
		return r.Context().Err()
	}})
	endpoint, stop := srv.Start()
	t.Cleanup(stop)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	got := imlist(ctx, "--endpoint", endpoint, "--user", "u", "--auth", "basic", "list")
	if got.status != 1 || !strings.Contains(got.stderr, "interrupted") || got.stdout != "" {
		t.Errorf("%+v; want a clean end", got)
	}
}
