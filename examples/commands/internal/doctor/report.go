package doctor

import (
	"fmt"
	"io"

	"github.com/go-ews/exchange/examples/commands/internal/cli"
)

// report writes a line per check.
type report struct {
	w      io.Writer
	failed bool
}

func (r *report) line(verdict, check, finding, advice string) {
	text := cli.Line(finding)
	if advice != "" {
		text += "  -> " + advice
	}
	fmt.Fprintf(r.w, "%-4s  %-19s  %s\n", verdict, check, text)
}

// ok is a check that found nothing wrong.
func (r *report) ok(check, finding string) { r.line("ok", check, finding, "") }

// skip is a check that does not apply.
func (r *report) skip(check, why string) { r.line("-", check, why, "") }

// warn is something that works, for now or for some.
func (r *report) warn(check, finding, advice string) { r.line("WARN", check, finding, advice) }

// fail is something that does not work.
func (r *report) fail(check, finding, advice string) {
	r.failed = true
	r.line("FAIL", check, finding, advice)
}
