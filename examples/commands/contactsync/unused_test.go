package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/directory"
	"github.com/go-ews/exchange/ews/ewstest"
)

// inStates is an Exchange whose mailboxes use their lists in different ways. It counts requests.
type inStates struct {
	*ewstest.Server

	endpoint string
	want     map[string]directory.Use
	mu       sync.Mutex
	counts   map[string]map[string]int // by mailbox and operation
}

// The ways in which the mailboxes of inStates use their lists. Each is to get anna into the group Team.
const (
	stateNew     = iota // never used
	stateOther          // has another group
	stateInStep         // has what it is to get
	stateEmptied        // has the built-in groups only
	stateNoFolders
	stateTakenBack // the list is empty, and its folders are not
	states
)

// folderCounts are responses to GetFolder that the fake does not have: its folders always exist, and agree
// with the list.
var folderCounts = map[int]string{
	stateNoFolders: strings.Repeat(`<m:GetFolderResponseMessage ResponseClass="Error"><m:ResponseCode>ErrorFolderNotFound`+
		`</m:ResponseCode><m:Folders/></m:GetFolderResponseMessage>`, 2),
	stateTakenBack: strings.Repeat(`<m:GetFolderResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>`+
		`<m:Folders><t:ContactsFolder><t:TotalCount>7</t:TotalCount></t:ContactsFolder></m:Folders></m:GetFolderResponseMessage>`, 2),
}

var impersonated = regexp.MustCompile(`<t:PrimarySmtpAddress>([a-z]+([0-9]+)@contoso\.com)<`)

func newInStates(t *testing.T, mailboxes int) *inStates {
	t.Helper()
	x := &inStates{want: map[string]directory.Use{}, counts: map[string]map[string]int{}}
	x.Server = ewstest.NewServer(&ewstest.Options{Intercept: x.intercept})
	for i := range mailboxes {
		name := person(i)
		x.counts[name] = map[string]int{}
		x.want[name] = directory.NeverUsed
		switch i % states {
		case stateOther:
			x.want[name] = directory.InUse
			x.Seed(name, ewstest.Group{Name: "Friends"})
		case stateInStep:
			x.want[name] = directory.InUse
			x.Seed(name, ewstest.Group{Name: "Team", Members: []ewstest.Contact{{Address: "anna@contoso.com"}}})
		case stateEmptied:
			x.want[name] = directory.Emptied
			x.Seed(name)
		case stateTakenBack:
			x.want[name] = directory.Unclear
		}
	}
	web := httptest.NewServer(x)
	t.Cleanup(web.Close)
	x.endpoint = web.URL + "/EWS/Exchange.asmx"
	return x
}

func (x *inStates) intercept(r ewstest.Request) error {
	x.count(r.Mailbox, r.Op)
	return nil
}

func (x *inStates) count(mailbox, operation string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.counts[mailbox][operation]++
}

func (x *inStates) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if m := impersonated.FindSubmatch(body); m != nil && bytes.Contains(body, []byte("<m:GetFolder>")) {
		var number int
		_, _ = fmt.Sscanf(string(m[2]), "%d", &number)
		if messages, ok := folderCounts[(number-1)%states]; ok {
			x.count(string(m[1]), "GetFolder")
			w.Header().Set("Content-Type", "text/xml; charset=utf-8")
			_, _ = io.WriteString(w, `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body `+
				`xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" `+
				`xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><m:GetFolderResponse><m:ResponseMessages>`+
				messages+`</m:ResponseMessages></m:GetFolderResponse></s:Body></s:Envelope>`)
			return
		}
	}
	x.Server.ServeHTTP(w, r)
}

// sync runs contactsync for all mailboxes.
func (x *inStates) sync(t *testing.T, args ...string) said {
	t.Helper()
	var rows strings.Builder
	for i := range len(x.want) {
		fmt.Fprintf(&rows, "%s,Team,anna@contoso.com\n", person(i))
	}
	args = append(args, "--endpoint", x.endpoint, "--auth", "none", "--database", filepath.Join(t.TempDir(), "queue.db"),
		write(t, "in.csv", rows.String()))
	return command(t.Context(), args...)
}

// listed returns the uses that a summary lists, with their mailboxes.
func listed(summary string) map[string]directory.Use {
	got, use := map[string]directory.Use{}, directory.Use("")
	for line := range strings.Lines(summary) {
		line = strings.TrimSuffix(line, "\n")
		_, text, isHead := strings.Cut(line, " lists ")
		switch mailbox, isListed := strings.CutPrefix(line, "  person"); {
		case isHead:
			text, _, _ = strings.Cut(strings.TrimPrefix(text, "left alone, "), ":")
			use = directory.Use(text)
		case isListed && use != "":
			got["person"+mailbox] = use
		}
	}
	return got
}

func (x *inStates) mustList(t *testing.T, got said) {
	t.Helper()
	want := map[string]directory.Use{}
	for mailbox, use := range x.want {
		if use != directory.InUse {
			want[mailbox] = use
		}
	}
	if diff := cmp.Diff(want, listed(got.stdout)); diff != "" {
		t.Errorf("lists that are not in use (-want +got):\n%.2000s", diff)
	}
}

// TestSkipUnused_Many classifies many mailboxes with one request more for each list that is empty, and
// writes to those that are in use.
func TestSkipUnused_Many(t *testing.T) {
	t.Parallel()
	const mailboxes = manyMailboxes
	x := newInStates(t, mailboxes)
	got := x.sync(t, "--skip-unused")
	inStep := (mailboxes-stateOther+states-1)/states + (mailboxes-stateInStep+states-1)/states
	got.must(t, statusInStep, fmt.Sprintf("%d mailboxes: %d in step (%d changed, %d steps), 0 failed, 0 not done, %d left alone",
		mailboxes, inStep, (mailboxes-stateOther+states-1)/states, 2*((mailboxes-stateOther+states-1)/states), mailboxes-inStep))
	x.mustList(t, got)
	leftAlone := map[string]int{"GetImItemList": 1, "GetFolder": 1}
	for i := range mailboxes {
		want := leftAlone
		switch i % states {
		case stateOther:
			want = map[string]int{"GetImItemList": 2, "AddImGroup": 1, "AddNewImContactToGroup": 1}
		case stateInStep:
			want = map[string]int{"GetImItemList": 1}
		}
		if diff := cmp.Diff(want, x.counts[person(i)]); diff != "" {
			t.Fatalf("requests for %s (-want +got):\n%s", person(i), diff)
		}
	}
}

// TestUnused_Reported writes to all mailboxes without the flag, and says which lists are not in use.
func TestUnused_Reported(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string][]string{"add": nil, "plan first": {"--remove", "owned"}, "dry run": {"--dry-run"}} {
		x := newInStates(t, 2*states)
		page := filepath.Join(t.TempDir(), "out.html")
		got := x.sync(t, append(flags, "--report", page)...)
		got.must(t, statusInStep, "12 mailboxes: 12 in step (10 ", "4 lists never used: ", "2 lists emptied: ", "2 lists unclear: ",
			"check the policy for the Unified Contact Store (UcsAllowed)")
		x.mustList(t, got)
		for mailbox, counts := range x.counts {
			if want := map[bool]int{true: 0, false: 1}[x.want[mailbox] == directory.InUse]; counts["GetFolder"] != want {
				t.Errorf("%s: %s: %d requests for the folders, want %d", name, mailbox, counts["GetFolder"], want)
			}
		}
		for _, want := range []string{"<b>4 ×</b>never used: ", "<b>2 ×</b>unclear: ", "<li>" + person(stateEmptied) + "</li>"} {
			if !strings.Contains(readFile(t, page), want) {
				t.Errorf("%s: want %q in the report", name, want)
			}
		}
	}
}

// TestSkipUnused_Plan leaves unused lists out of the plan, with and without removal, and out of what
// is carried out.
func TestSkipUnused_Plan(t *testing.T) {
	t.Parallel()
	x := newInStates(t, 2*states)
	plan, page := filepath.Join(t.TempDir(), "plan.json"), filepath.Join(t.TempDir(), "out.html")
	command(t.Context(), "plan", "--skip-unused", "--out", plan).must(t, statusInStep, "500 lists left alone, never used: ", "500 left alone")
	got := x.sync(t, "plan", "--skip-unused", "--remove", "owned", "--out", plan, "--report", page)
	got.must(t, statusInStep, "4 in step (2 would change, 4 steps), 0 failed, 0 not done, 8 left alone",
		"plans of the 2 mailboxes that would change")
	x.mustList(t, got)
	for _, want := range []string{"<dt>left alone</dt><dd>8</dd>", "--skip-unused", "left alone, emptied: "} {
		if !strings.Contains(readFile(t, page), want) {
			t.Errorf("want %q in the report", want)
		}
	}
	x.sync(t, "--skip-unused", "--remove", "owned").must(t, statusInStep, "(2 changed, 4 steps), 0 failed, 0 not done, 8 left alone")
	for i := range 2 * states {
		want := i%states == stateOther
		if n := x.counts[person(i)]["AddImGroup"]; (n == 1) != want {
			t.Errorf("%s: %d groups were added", person(i), n)
		}
	}
}

// TestSkipUnused_OwnRemoval goes on with a mailbox whose list was emptied by contactsync, and leaves it alone
// once its owner has emptied it.
func TestSkipUnused_OwnRemoval(t *testing.T) {
	t.Parallel()
	w := newTripwire(t, 0)
	flags := w.flags(t, "--skip-unused", "--remove", "owned", "--allow-removals")
	one := write(t, "one.csv", "tony@contoso.com,Team,anna@contoso.com\n")
	none := write(t, "none.json", `[{"mailbox": "tony@contoso.com", "groups": []},
		{"mailbox": "olga@contoso.com", "groups": [{"name": "Team", "contacts": [{"address": "anna@contoso.com"}]}]}]`)
	w.person(t, "tony@contoso.com", "Friends", "olga@contoso.com")
	command(t.Context(), append(flags, one)...).must(t, statusInStep, "1 in step (1 changed")
	client, err := ews.NewClient(ewstest.Endpoint, &ews.Options{HTTPClient: w.Client()})
	if err != nil {
		t.Fatal(err)
	}
	remove := func(group string) {
		t.Helper()
		for _, g := range w.Groups("tony@contoso.com") {
			if g.DisplayName == group {
				if err := client.Impersonate(ews.PrimarySMTP("tony@contoso.com")).RemoveImGroup(t.Context(), g.ExchangeStoreID); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	remove("Friends")
	command(t.Context(), append(flags, none)...).must(t, statusInStep, "1 in step (1 changed", "1 left alone")
	command(t.Context(), append(flags, one)...).must(t, statusInStep, "1 in step (1 changed", "0 left alone")
	w.mustHave(t, "tony@contoso.com", map[string][]string{"Team": {"anna@contoso.com"}})
	remove("Team")
	command(t.Context(), append(flags, one)...).must(t, statusInStep, "1 lists left alone, emptied: ", "0 in step", "1 left alone")
	command(t.Context(), append(w.flags(t)[:4:4], "--database", flags[5], one)...).must(t, statusInStep, "1 lists emptied: ", "1 in step (1 changed")
	command(t.Context(), "runs", "--database", flags[5]).must(t, statusInStep, ": 1 in step or left alone, 0 failed, 0 not done")
}

// TestSkipUnused_Refused writes nothing where the folders cannot be read, and without the flag goes on.
func TestSkipUnused_Refused(t *testing.T) {
	t.Parallel()
	w := newTripwire(t, 0)
	file := write(t, "in.csv", "tony@contoso.com,Team,anna@contoso.com\n")
	w.Fail("GetFolder", ews.ErrorAccessDenied)
	command(t.Context(), w.flags(t, "--skip-unused", "--attempts", "1", file)...).must(t, statusFailed, "0 in step", "1 failed",
		"finding out whether the list is in use: ", "ErrorAccessDenied")
	if n := w.writes(); len(n) != 0 {
		t.Errorf("%v was written", n)
	}
	w.Fail("GetFolder", ews.ErrorAccessDenied)
	command(t.Context(), w.flags(t, file)...).must(t, statusInStep, "1 in step (1 changed", "1 lists not known: ")
}

// TestUnused_BusyServer asks once more for the use of a list after the server was busy.
func TestUnused_BusyServer(t *testing.T) {
	t.Parallel()
	w := newTripwire(t, 0)
	file := write(t, "in.csv", "tony@contoso.com,Team,anna@contoso.com\n")
	w.Fail("GetFolder", &ews.Error{Code: ews.ErrorServerBusy, Details: map[string]string{"BackOffMilliseconds": "1500"}})
	command(t.Context(), w.flags(t, file)...).must(t, statusInStep, "1 in step (1 changed", "1 lists never used: ")
}
