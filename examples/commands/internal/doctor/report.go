package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/go-ews/exchange/examples/commands/internal/cli"
)

// Verdicts of a check.
const (
	passed  = "ok"
	skipped = "-"
	warned  = "WARN"
	failed  = "FAIL"
)

// Finding is the result of a check: a line of the report, and of --json.
type Finding struct {
	Check   string   `json:"check"`
	Verdict string   `json:"verdict"` // "ok", "-" for a check that does not apply, "WARN", "FAIL"
	Text    string   `json:"finding"`
	Remedy  string   `json:"remedy,omitempty"`
	Steps   []string `json:"steps,omitempty"` // of Autodiscover
}

// report collects findings.
type report struct{ findings []Finding }

func (r *report) add(verdict, check, finding, remedy string) {
	r.findings = append(r.findings, Finding{Check: check, Verdict: verdict, Text: cli.Line(finding), Remedy: cli.Line(remedy)})
}

// ok is a check that found nothing wrong.
func (r *report) ok(check, finding string) { r.add(passed, check, finding, "") }

// skip is a check that does not apply.
func (r *report) skip(check, why string) { r.add(skipped, check, why, "") }

// warn is something that works, for now or for some.
func (r *report) warn(check, finding, remedy string) { r.add(warned, check, finding, remedy) }

// fail is something that does not work.
func (r *report) fail(check, finding, remedy string) { r.add(failed, check, finding, remedy) }

// failed reports whether something does not work.
func (r *report) failed() bool { return r.first(failed) != nil }

func (r *report) first(verdict string) *Finding {
	for i := range r.findings {
		if r.findings[i].Verdict == verdict {
			return &r.findings[i]
		}
	}
	return nil
}

// cause is the closing sentence. The checks stand in the order in which a call passes what they look
// at, so the first that failed is the most likely cause of the others.
func (r *report) cause() string {
	f := r.first(failed)
	switch {
	case f != nil && f.Remedy != "":
		return "Most likely cause: " + f.Check + ". What to do: " + strings.TrimRight(f.Remedy, ".?") + "."
	case f != nil:
		return "Most likely cause: " + f.Check + ": " + f.Text
	case r.first(warned) != nil:
		return "Calls work. What to look at: " + r.first(warned).Check + "."
	}
	return "All is well."
}

// write prints the findings as a table, a line each.
func (r *report) write(w io.Writer) {
	for _, f := range r.findings {
		for _, step := range f.Steps {
			fmt.Fprintf(w, "      %s\n", step)
		}
		text := f.Text
		if f.Remedy != "" {
			text += "  -> " + f.Remedy
		}
		fmt.Fprintf(w, "%-4s  %-19s  %s\n", f.Verdict, f.Check, text)
	}
	fmt.Fprintf(w, "\n%s\n", r.cause())
}

// format is the version of the JSON form. It changes when a field is renamed or removed, or means
// something else.
const format = 1

// writeJSON prints the findings for a ticket.
func (r *report) writeJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(struct {
		Format   int       `json:"format"`
		OK       bool      `json:"ok"`
		Cause    string    `json:"cause"`
		Findings []Finding `json:"findings"`
	}{format, !r.failed(), r.cause(), append([]Finding{}, r.findings...)})
}
