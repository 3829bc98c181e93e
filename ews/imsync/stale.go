package imsync

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/internal/oneline"
)

// ErrStale is the error of a step of an old plan: the list has changed, and the step no longer fits. A
// *[StaleError] is one too.
var ErrStale = errors.New("imsync: the list has changed since the plan was made")

// StaleError reports how a list differs from the one that a plan was made for, as far as the plan has
// to do with it.
type StaleError struct {
	Changes []string // one line each, at least one, in the order of the plan

	misfit bool // some step can no longer be done
}

// Error returns one line with the first changes.
func (e *StaleError) Error() string {
	const most = 3
	text := ErrStale.Error() + ": " + strings.Join(e.Changes[:min(len(e.Changes), most)], "; ")
	if more := len(e.Changes) - most; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text + ": make a new plan"
}

// Is reports whether target is ErrStale.
func (e *StaleError) Is(target error) bool { return target == ErrStale }

// Stale returns a *[StaleError] if the list has changed since the plan was made for it: a step no
// longer fits, or is done already. Changes that the plan does not touch do not count. [Apply] may
// still be called: it skips steps that are done, withholds those that do not fit, and applies the
// rest.
func (p Plan) Stale(current *imgroup.ItemList) error {
	if _, e := p.stale(newList(current)); e != nil {
		return e
	}
	return nil
}

// stale applies the plan to the list, which cannot be used afterwards, and returns how many
// memberships that removes.
func (p Plan) stale(l *list) (removals int, e *StaleError) {
	e = &StaleError{}
	for _, s := range p.Steps {
		before := l.memberships()
		changed, err := s.rehearse(l, nil)
		if changed && s.Kind.Removes() {
			removals += max(1, before-l.memberships())
		}
		switch {
		case err != nil:
			e.misfit = true
			e.Changes = append(e.Changes, s.String()+": "+reason(err))
		case !changed:
			e.Changes = append(e.Changes, s.String()+": done already")
		}
	}
	if len(e.Changes) == 0 {
		return removals, nil
	}
	return removals, e
}

// reason returns the text of an error of a step without what every such text has.
func reason(err error) string {
	if conflict, ok := errors.AsType[*ConflictError](err); ok {
		return conflict.Reason
	}
	text := oneline.Text(err.Error())
	for _, prefix := range []string{ErrWithheld.Error() + ": ", ErrStale.Error() + ": "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return strings.TrimSuffix(text, ": make a new plan")
}
