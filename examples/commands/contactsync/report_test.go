package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews/imsync"
)

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestReport_TimeAxis(t *testing.T) {
	t.Parallel()
	begun := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	ended := begun.Add(time.Hour)
	s := &summary{
		Run: &runRecord{}, counts: counts{inStep: 1}, Begun: begun, Ended: ended, finished: []finish{{at: ended}},
	}
	r := newReport(s)
	want := [5]time.Duration{0, 15 * time.Minute, 30 * time.Minute, 45 * time.Minute, time.Hour}
	if diff := cmp.Diff(want, r.Marks); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if r.Bars[chartBars-1].InStepCount != 1 {
		t.Error("the last bar lacks the mailbox that was over last")
	}
	if r.Begun.Location() != r.Written.Location() {
		t.Errorf("begun and written are in two time zones, %v and %v", r.Begun, r.Written)
	}
}

// madeUpSummary is that of a run with all that a page can show: failures of a few causes, rows left out,
// changes, and names that are long, or written from right to left.
func madeUpSummary() *summary {
	begun := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	s := &summary{
		Run: &runRecord{
			ID: "20261127120000123-4f1c2a9b", Command: commandSync, Server: "https://mail.contoso.com/ews/exchange.asmx",
			Account: `CONTOSO\svc-im`, Input: `\\files.contoso.com\exports\directory-of-the-whole-company-2026-11-27.csv`,
			Contacts: 123456, Phase: phaseWrite,
			Options: runOptions{Remove: imsync.RemoveOwned, Adopt: true, MaxRemovals: defaultLimit},
		},
		Changed: 900, Changes: 12345, Begun: begun, Ended: begun.Add(47 * time.Minute),
	}
	for i := range 1000 {
		failed := i%20 == 0
		s.finished = append(s.finished, finish{begun.Add(time.Duration(i*i) * 2700 * time.Microsecond), failed})
		s.took = append(s.took, time.Duration(i)*time.Millisecond)
		if !failed {
			s.inStep++
			continue
		}
		s.failed++
		mailbox := fmt.Sprintf("person%05d@contoso.com", i)
		reason := fmt.Sprintf("imsync: reading the list: ews: GetImItemList: ErrorNonExistentMailbox: The SMTP address %s has no "+
			"mailbox associated with it (https://mail.contoso.com/EWS/Exchange.asmx)", mailbox)
		if i%100 == 0 {
			reason = fmt.Sprintf("ews: AddImGroup: HTTP 502 Bad Gateway after %d ms: %s", i, strings.Repeat("x", 300))
		}
		s.Failures = append(s.Failures, failure{mailbox, reason, 1 + i%5})
	}
	for i := range 40 {
		s.Skipped = append(s.Skipped, problem{Line: i * 17, Reason: `mailbox "tony at contoso" is no SMTP address`})
	}
	names := []string{"Sales", "مجموعة المبيعات", strings.Repeat("Longname", 30), "<b>Bold</b> & \"quoted\""}
	for i := range 60 {
		name := names[i%len(names)]
		text := fmt.Sprintf("+ %s\n+   person%05d@contoso.com \"Person %d\"\n-   old%d@contoso.com from %s\n", name, i, i, i, name)
		s.Plans = append(s.Plans, plan{fmt.Sprintf("person%05d@%s.contoso.com", i, strings.Repeat("sub", i)), text})
	}
	return s
}

func TestReport(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "out.html")
	if err := writeReport(name, madeUpSummary()); err != nil {
		t.Fatal(err)
	}
	page := readFile(t, name)
	for _, want := range []string{
		"<dd>https://mail.contoso.com/ews/exchange.asmx</dd>", `<dd>CONTOSO\svc-im</dd>`, "2026-11-27.csv, 123456 contacts",
		`<span class="flag">--adopt</span> <span class="flag">--max-removals 10%</span> <span class="flag">--remove owned</span>`, "50 mailboxes, 2 causes", "<b>40 ×</b>imsync:", "<b>10 ×</b>ews:",
		"<li>person00020@contoso.com, after 1 attempt</li>", "40 rows of the input could not be used", "line 17: mailbox &#34;tony",
		"<summary>person00000@.contoso.com</summary>", "&lt;b&gt;Bold&lt;/b&gt;", "What changed", `id="found">60</span> of 60`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("want %q in the page", want)
		}
	}
}

// TestReport_Large lists the first ones, and says how many are left out of the page.
func TestReport_Large(t *testing.T) {
	t.Parallel()
	s := &summary{Run: &runRecord{Phase: phaseHalted}}
	for i := range maxListed + 7 {
		mailbox := fmt.Sprintf("p%d@contoso.com", i)
		s.failed++
		s.Failures = append(s.Failures, failure{mailbox, "no", 1})
		s.Skipped = append(s.Skipped, problem{Line: i + 1, Reason: "no"})
		s.Plans = append(s.Plans, plan{mailbox, "+ X\n"})
	}
	name := filepath.Join(t.TempDir(), "out.html")
	if err := writeReport(name, s); err != nil {
		t.Fatal(err)
	}
	page := readFile(t, name)
	if n := strings.Count(page, "and 7 more</p>"); n != 2 {
		t.Errorf("%d lists say what they lack, want those of the failures and of the rows", n)
	}
	for _, want := range []string{"and 7 more are left out", "<b>5007 ×</b>no", "Nothing was written", "What would have changed"} {
		if !strings.Contains(page, want) {
			t.Errorf("want %q in the page", want)
		}
	}
}
