package main

import (
	"cmp"
	_ "embed"
	"errors"
	"html/template"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"time"

	"github.com/go-ews/exchange/ews/imsync"
)

//go:embed report.html
var reportPage string

// maxListed bounds the mailboxes, or rows, that a list of the page has, so that a browser can show it. The
// database has all of them.
const maxListed = 5000

// report is the content of the page.
type report struct {
	*summary
	chart

	Written        time.Time
	InStep, NotYet int
	LeftAlone      int
	Failed, Total  int
	Begun          time.Time
	Took           time.Duration
	Median         time.Duration // for a mailbox
	Slowest        time.Duration
	Options        []string // as flags
	Halted         bool     // more would have been removed than is allowed
	Causes         []causeGroup
	Listed         []plan
	LeftOut        []problem
}

// causeGroup is the mailboxes that failed for the same reason, by which they are counted.
type causeGroup struct {
	Reason string // of the first
	Count  int
	Failed []failure // maxListed at most
}

func newReport(s *summary) *report {
	r := &report{
		summary: s, Written: time.Now().Round(time.Second),
		InStep: s.inStep, LeftAlone: s.leftAlone, Failed: s.failed, NotYet: s.total() - s.over(), Total: s.total(),
		Options: s.Run.Options.flags(), Halted: s.Run.Phase == phaseHalted, Causes: byCause(s.Failures),
		Listed: s.Plans[:min(len(s.Plans), maxListed)], LeftOut: s.Skipped[:min(len(s.Skipped), maxListed)],
	}
	r.Begun = s.Begun.Local()
	if !s.Ended.IsZero() {
		r.Took = s.Ended.Sub(s.Begun).Round(time.Millisecond)
	}
	if n := len(s.took); n > 0 {
		r.Median = s.took[n/2].Round(time.Millisecond)
		r.Slowest = s.took[n-1].Round(time.Millisecond)
	}
	r.chart = newChart(s.finished, s.Begun, r.Took, r.Total)
	return r
}

// Verb says what the changes are.
func (r *report) Verb() string {
	switch {
	case r.DryRun:
		return "would change"
	case r.Halted:
		return "would have changed"
	}
	return "changed"
}

// flags returns the options as they stand on the command line.
func (o runOptions) flags() []string {
	flags := []string{"--remove " + cmp.Or(string(o.Remove), "none")}
	if o.Remove != imsync.RemoveNothing {
		flags = append(flags, "--max-removals "+o.MaxRemovals.String())
	}
	for flag, on := range map[string]bool{
		"--adopt": o.Adopt, "--allow-removals": o.AllowRemovals, "--dry-run": o.DryRun, "--skip-unused": o.SkipUnused,
	} {
		if on {
			flags = append(flags, flag)
		}
	}
	slices.Sort(flags)
	return flags
}

// byCause groups failures, the largest group first.
func byCause(failures []failure) []causeGroup {
	var groups []causeGroup
	index := map[string]int{}
	listed := 0
	for _, f := range failures {
		key := cause(f.Mailbox, f.Reason)
		i, ok := index[key]
		if !ok {
			i = len(groups)
			index[key] = i
			groups = append(groups, causeGroup{Reason: f.Reason})
		}
		groups[i].Count++
		if listed < maxListed {
			groups[i].Failed = append(groups[i].Failed, f)
			listed++
		}
	}
	slices.SortStableFunc(groups, func(a, b causeGroup) int { return b.Count - a.Count })
	return groups
}

// less returns how many of count a list lacks.
func less(count int, listed any) int { return count - reflect.ValueOf(listed).Len() }

// writeReport writes the page, whole or not at all.
func writeReport(name string, s *summary) (err error) {
	page, err := template.New("report").Funcs(template.FuncMap{"less": less, "round": round}).Parse(reportPage)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name())) //nolint:gosec // in the folder that the command line names
		}
	}()
	err = errors.Join(page.Execute(f, newReport(s)), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), name) //nolint:gosec // likewise
}
