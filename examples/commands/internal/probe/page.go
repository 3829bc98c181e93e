package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/examples/commands/internal/cli"
)

// result returns the finding, in a word.
func (f finding) result() string {
	switch {
	case f.err != nil:
		return "open: " + reason(f.err)
	case f.verdict == yes:
		return "yes"
	case f.verdict == no:
		return "no"
	case f.yes == nil:
		return "noted"
	case f.no == nil:
		return "otherwise"
	}
	return "open: " + f.seen.what
}

// reason returns an error without the names of mailboxes and hosts that its text may have.
func reason(err error) string {
	if e, ok := errors.AsType[*ews.HTTPError](err); ok {
		return fmt.Sprintf("HTTP %d", e.StatusCode)
	}
	if e, ok := errors.AsType[ews.ResponseCode](err); ok {
		return string(e)
	}
	if _, ok := errors.AsType[*ews.TransportError](err); ok {
		if errors.Is(err, context.Canceled) {
			return "interrupted"
		}
		return "no readable response"
	}
	if errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	return cli.Line(err.Error())
}

// page writes the report as Markdown.
func (r *report) page(w io.Writer) {
	fmt.Fprintf(w, "# How a server's instant-messaging list behaves\n\nServer: %s. ", r.version)
	fmt.Fprint(w, "No address or id of the mailbox is on this page. Read it before you send it.\n")
	if r.clean == nil {
		fmt.Fprint(w, "\nThe list is as it was.\n")
	} else {
		fmt.Fprintf(w, "\n**Something is left in the list** (%s): imlist probe --clean tries again.\n", reason(r.clean))
	}
	for _, note := range r.notes {
		fmt.Fprintf(w, "\n%s\n", note)
	}
	r.guesses(w)
	fmt.Fprint(w, "\n## Further questions\n\n| question | asked | as documented or recorded | seen |\n|---|---|---|---|\n")
	for _, f := range r.findings {
		if !isGuess(f.id) {
			row(w, f.id, f.asks, f.result(), f.seen.line())
		}
	}
}

// guesses writes the table of the guesses.
func (r *report) guesses(w io.Writer) {
	rules := ewstest.Rules()
	fmt.Fprint(w, "\n## Guesses\n\n| guess | question | result | seen |\n|---|---|---|---|\n")
	for _, f := range r.findings {
		i := slices.IndexFunc(rules, func(rule ewstest.Rule) bool { return rule.ID == f.id })
		if i < 0 || rules[i].Grade != "guessed" {
			continue
		}
		result := f.result()
		switch f.verdict {
		case yes:
			result = "as guessed. " + rules[i].Text
		case no:
			result = "otherwise. " + rules[i].Otherwise
		}
		row(w, f.id, f.asks, result, f.seen.line())
	}
}

// line returns the observation with the server's text.
func (s seen) line() string {
	if s.text == "" {
		return s.what
	}
	return s.what + ": " + s.text
}

// row writes a row of a table. A word with an @ is left out: a server's text may have addresses.
func row(w io.Writer, cells ...string) {
	for i, cell := range cells {
		words := strings.Fields(cli.Line(cell))
		for j, word := range words {
			if strings.Contains(word, "@") {
				words[j] = "…"
			}
		}
		cells[i] = strings.NewReplacer("|", `\|`, "<", "&lt;").Replace(strings.Join(words, " "))
	}
	fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
}
