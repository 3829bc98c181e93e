package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// event is a line of go test -json, as go doc test2json describes it.
type event struct {
	Action  string `json:"Action"`
	Package string `json:"Package"`
	Test    string `json:"Test"`
	Output  string `json:"Output"`
}

type outcome string

const (
	unfinished outcome = ""
	passed     outcome = "pass"
	failed     outcome = "fail"
	skipped    outcome = "skip"
)

// test is one test or subtest, named package.Test.
type test struct {
	name    string
	outcome outcome
	output  strings.Builder
}

type testLog struct {
	tests    []*test // in the order of their start
	byName   map[string]*test
	packages map[string]outcome
	seeds    map[string]string // what -shuffle says of a package
}

// read takes the log and writes to out what a reader wants of it: the line of each package, the output
// of what failed, the reasons of skips, and build errors.
func read(in io.Reader, out io.Writer) (*testLog, error) {
	l := &testLog{byName: map[string]*test{}, packages: map[string]outcome{}, seeds: map[string]string{}}
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if err := json.Unmarshal(line, &e); err != nil {
				return nil, fmt.Errorf("not a line of go test -json: %.200q", line)
			}
			l.take(e, out)
		}
		if err == io.EOF {
			return l, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (l *testLog) take(e event, out io.Writer) {
	switch {
	case e.Test != "":
		l.takeTest(e, out)
	case e.Action == "output" && strings.HasPrefix(e.Output, "-test.shuffle"):
		l.seeds[e.Package] = e.Output
	case e.Action == "output":
		// The verdict comes again, with the time, on a line of its own.
		if e.Output != "PASS\n" {
			fmt.Fprint(out, e.Output)
		}
	case e.Action == "build-output":
		fmt.Fprint(out, e.Output)
	case e.Action == "pass" || e.Action == "fail" || e.Action == "skip":
		l.packages[e.Package] = outcome(e.Action)
		if e.Action == "fail" {
			fmt.Fprint(out, l.seeds[e.Package])
		}
	}
}

func (l *testLog) takeTest(e event, out io.Writer) {
	name := e.Package + "." + e.Test
	t := l.byName[name]
	if t == nil {
		t = &test{name: name}
		l.tests, l.byName[name] = append(l.tests, t), t
	}
	switch e.Action {
	case "output":
		if !strings.HasPrefix(e.Output, "=== ") { // RUN, PAUSE, CONT, NAME
			t.output.WriteString(e.Output)
		}
	case "pass", "fail", "skip":
		t.outcome = outcome(e.Action)
		if t.outcome != passed {
			fmt.Fprint(out, t.output.String())
		}
	}
}

func (l *testLog) count(o outcome) int {
	n := 0
	for _, t := range l.tests {
		if t.outcome == o {
			n++
		}
	}
	return n
}

// failedPackages lists what failed as a whole, for instance to compile or to come to its end.
func (l *testLog) failedPackages() []string {
	var list []string
	for p, o := range l.packages {
		if o == failed {
			list = append(list, p)
		}
	}
	slices.Sort(list)
	return list
}

// passes looks at names and outputs, so that a caller can ask for a test that says what it has done.
func (l *testLog) passes(re *regexp.Regexp) bool {
	return slices.ContainsFunc(l.tests, func(t *test) bool {
		return t.outcome == passed && re.MatchString(t.name+"\n"+t.output.String())
	})
}
