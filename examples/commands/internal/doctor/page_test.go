package doctor

import (
	"cmp"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

var update = flag.Bool("update", false, "write the table of DOCTOR.md anew")

// pageFile is the administrator's page. Its table stands between these lines.
const (
	pageFile   = "../../DOCTOR.md"
	tableBegin = "<!-- table: go test ./internal/doctor -run TestSymptoms -update -->\n"
	tableEnd   = "<!-- end of table -->\n"
)

// pageRows are the rows of the page's table, by the symptom's name.
type pageRows struct {
	before, after string // the table
	byName        map[string]string

	mu  sync.Mutex
	got map[string]string
}

func readPage(t *testing.T) *pageRows {
	t.Helper()
	text, err := os.ReadFile(pageFile)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(text), tableBegin)
	table, after, ends := strings.Cut(rest, tableEnd)
	if !begins || !ends {
		t.Fatalf("%s has no table", pageFile)
	}
	p := &pageRows{before: before, after: after, byName: map[string]string{}, got: map[string]string{}}
	for line := range strings.Lines(table) {
		if name, _, ok := strings.Cut(strings.TrimPrefix(line, "| "), " | "); ok {
			p.byName[name] = strings.TrimSpace(line)
		}
	}
	return p
}

// check compares the row of a symptom, if the page has one, with its report.
func (p *pageRows) check(t *testing.T, name string, r *report) {
	t.Helper()
	row := pageRow(name, r)
	p.mu.Lock()
	p.got[name] = row
	p.mu.Unlock()
	if want, ok := p.byName[name]; ok && digits.ReplaceAllString(want, "0") != digits.ReplaceAllString(row, "0") && !*update {
		t.Errorf("%s has\n%s\nand doctor says\n%s\n(-update writes it)", pageFile, want, row)
	}
}

// finish holds that the page knows most symptoms and none that is gone, or writes it.
func (p *pageRows) finish(t *testing.T, all []symptom) {
	t.Helper()
	var table strings.Builder
	for _, s := range all {
		table.WriteString(p.got[s.name] + "\n")
	}
	if *update {
		head := "| symptom | check | what to do |\n|---|---|---|\n"
		text := p.before + tableBegin + head + table.String() + tableEnd + p.after
		if err := os.WriteFile(pageFile, []byte(text), 0o644); err != nil { //nolint:gosec // a page of the project
			t.Error(err)
		}
		return
	}
	for name := range p.byName {
		known := slices.ContainsFunc(all, func(s symptom) bool { return s.name == name })
		if !known && name != "symptom" && !strings.HasPrefix(name, "-") {
			t.Errorf("%s has %q, which is no symptom", pageFile, name)
		}
	}
	if len(p.byName) < 100 {
		t.Errorf("%s knows %d symptoms; -update adds the others", pageFile, len(p.byName))
	}
}

// digits differ in times and lengths.
var digits = regexp.MustCompile(`\d+`)

// varying are the parts of a text that differ from run to run.
var varying = regexp.MustCompile(`(127\.0\.0\.1|\[::1\]):\d+|\(request-id [^)]*\)|/[^ ]*/TestSymptoms[^ ]*|\d{4}-\d\d-\d\d( \d\d:\d\d\S*)?`)

// pageRow is the row of a symptom: what failed or, if nothing did, the last warning.
func pageRow(name string, r *report) string {
	f := r.first(failed)
	for i := len(r.findings) - 1; i >= 0 && f == nil; i-- {
		if r.findings[i].Verdict == warned {
			f = &r.findings[i]
		}
	}
	if f == nil {
		return ""
	}
	advice := f.Remedy
	if advice == "" {
		_, advice, _ = strings.Cut(f.Text, " instead of a SOAP response: ")
		advice = cmp.Or(advice, strings.TrimPrefix(f.Text, "ews: GetImItemList: "))
		advice, _, _ = strings.Cut(advice, " [http")
	}
	advice = varying.ReplaceAllString(advice, "…")
	return "| " + name + " | " + f.Check + " | " + strings.NewReplacer("|", `\|`, "<", "&lt;").Replace(advice) + " |"
}
