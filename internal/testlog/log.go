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

type status string

const (
	unfinished status = ""
	passed     status = "pass"
	failed     status = "fail"
	skipped    status = "skip"
)

// test is one test or subtest, named package.Test.
type test struct {
	name   string
	status status
	output strings.Builder
}

type testLog struct {
	tests    []*test // in the order of their start
	byName   map[string]*test
	packages map[string]status
	seeds    map[string]string // the line of -shuffle for a package
}

// read reads the log and writes to out the line of each package, the output of failed tests, the
// reasons of skips, and build errors.
func read(in io.Reader, out io.Writer) (*testLog, error) {
	l := &testLog{byName: map[string]*test{}, packages: map[string]status{}, seeds: map[string]string{}}
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if err := json.Unmarshal(line, &e); err != nil {
				return nil, fmt.Errorf("not a line of go test -json: %.200q", line)
			}
			l.add(e, out)
		}
		if err == io.EOF {
			return l, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (l *testLog) add(e event, out io.Writer) {
	switch {
	case e.Test != "":
		l.addTest(e, out)
	case e.Action == "output" && strings.HasPrefix(e.Output, "-test.shuffle"):
		l.seeds[e.Package] = e.Output
	case e.Action == "output":
		// The status follows again, with the time, on a separate line.
		if e.Output != "PASS\n" {
			fmt.Fprint(out, e.Output)
		}
	case e.Action == "build-output":
		fmt.Fprint(out, e.Output)
	case e.Action == "pass" || e.Action == "fail" || e.Action == "skip":
		l.packages[e.Package] = status(e.Action)
		if e.Action == "fail" {
			fmt.Fprint(out, l.seeds[e.Package])
		}
	}
}

func (l *testLog) addTest(e event, out io.Writer) {
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
		t.status = status(e.Action)
		if t.status != passed {
			fmt.Fprint(out, t.output.String())
		}
	}
}

func (l *testLog) count(o status) int {
	n := 0
	for _, t := range l.tests {
		if t.status == o {
			n++
		}
	}
	return n
}

// failedPackages returns the packages that failed as a whole, because they did not compile or not
// end.
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

// passes reports whether a test passed whose name and output match, so that a caller can ask for a
// test with a certain line in its log.
func (l *testLog) passes(re *regexp.Regexp) bool {
	return slices.ContainsFunc(l.tests, func(t *test) bool {
		return t.status == passed && re.MatchString(t.name+"\n"+t.output.String())
	})
}
