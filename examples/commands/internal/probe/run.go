package probe

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
)

// Options say what a run may do, and what it can use.
type Options struct {
	OtherMailbox      string // a second mailbox that the caller may impersonate; only read
	DistributionGroup string // address of one that the list does not have; "": one that cannot exist
	HiddenGroup       string // address of a distribution group that is hidden from the address lists
	AllowLimits       bool   // fill the list
}

// verdict is what a response decides about a question.
type verdict int

const (
	open verdict = iota
	yes
	no
)

// finding is a question with its result.
type finding struct {
	question
	seen    seen
	verdict verdict
	err     error // no response, or something that the question needs was missing
}

// report is the result of a run.
type report struct {
	version  ews.ServerVersion
	findings []finding
	notes    []string
	clean    error // nil: the list is as it was
}

// profile returns the guesses that were settled.
func (r *report) profile() ewstest.Profile {
	p := ewstest.Profile{}
	for _, f := range r.findings {
		if f.verdict != open && isGuess(f.id) {
			p[f.id] = f.verdict == yes
		}
	}
	return p
}

func isGuess(id string) bool {
	return slices.ContainsFunc(ewstest.Rules(), func(r ewstest.Rule) bool { return r.ID == id && r.Grade == "guessed" })
}

// newPrefix returns the prefix of a run.
func newPrefix() string {
	letters := make([]byte, 8)
	_, _ = rand.Read(letters) // it never fails
	for i, b := range letters {
		letters[i] = 'a' + b%26
	}
	return marker + string(letters)
}

// cleanTime bounds the cleaning after a run that was interrupted.
const cleanTime = 2 * time.Minute

// errLeftovers is the error of a list in which an earlier run has left something.
var errLeftovers = errors.New("an earlier run has left something in the list: imlist probe --clean removes it")

// run puts the questions, calls progress after each, and leaves the list as it was. Without a report
// nothing was asked.
func run(
	ctx context.Context, client *ews.Client, prefix string, opts Options, progress func(finding),
) (*report, error) {
	s := &session{client: client, opts: opts, prefix: prefix, verdicts: map[string]verdict{}}
	items, err := s.list(ctx)
	if err != nil {
		return nil, err
	}
	if leftoversIn(items).any() {
		return nil, errLeftovers
	}
	r := &report{version: s.version}
	for _, q := range questions() {
		f := s.put(ctx, q)
		r.findings = append(r.findings, f)
		progress(f)
	}
	cleaning, stop := context.WithTimeout(context.WithoutCancel(ctx), cleanTime)
	defer stop()
	if err := clean(cleaning, client); err != nil {
		r.clean = fmt.Errorf("the list is not as it was, and imlist probe --clean tries again: %w", err)
	}
	if ctx.Err() != nil {
		return r, errors.Join(context.Cause(ctx), r.clean)
	}
	return r, r.clean
}

// put puts one question.
func (s *session) put(ctx context.Context, q question) finding {
	f := finding{question: q}
	switch {
	case ctx.Err() != nil:
		f.err = context.Cause(ctx)
	case q.limits && !s.opts.AllowLimits:
		f.err = errors.New("fills the list: needs --allow-limits")
	case s.abandoned:
		f.err = errors.New("something could not be put back, so nothing further was asked")
	default:
		f.seen, f.err = q.how(ctx, s)
	}
	switch {
	case f.err != nil:
	case slices.Contains(q.yes, f.seen.what):
		f.verdict = yes
	case slices.Contains(q.no, f.seen.what):
		f.verdict = no
	}
	s.verdicts[q.id] = f.verdict
	return f
}
