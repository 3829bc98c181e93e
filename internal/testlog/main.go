// Command testlog reads the output of go test -json, prints it as go test does without -json, and
// fails where go test does not: for a skipped test, and for a run without tests.
//
//	go test -json ./... | go run ./internal/testlog -allow EWS_TEST_URL -must 'ews.TestConformance'
//
// The script .ci/run uses it. The exit status is 1 for a fault, and 2 for an input that is not a
// test log.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(args []string, in io.Reader, out, errs io.Writer) int {
	var r rules
	flags := flag.NewFlagSet("testlog", flag.ContinueOnError)
	flags.SetOutput(errs)
	flags.Func("allow", "a skip is in order if its output matches this `expression` (repeatable)", r.addAllow)
	flags.Func("must", "some test whose name, as package.Test, with its output on the lines below matches "+
		"this `expression` must pass (repeatable)", r.addMust)
	if err := flags.Parse(args); err != nil {
		return 2
	}
	l, err := read(in, out)
	if err != nil {
		fmt.Fprintf(errs, "testlog: %v\n", err)
		return 2
	}
	faults := r.judge(l)
	fmt.Fprintf(out, "%d tests passed, %d skipped, %d failed, in %d packages\n",
		l.count(passed), l.count(skipped), l.count(failed), len(l.packages))
	for _, f := range faults {
		fmt.Fprintf(errs, "testlog: %s\n", f)
	}
	if len(faults) > 0 {
		return 1
	}
	return 0
}

// rules are the conditions for a run to pass.
type rules struct{ allow, must []*regexp.Regexp }

func (r *rules) addAllow(s string) (err error) {
	r.allow, err = compiled(r.allow, s)
	return err
}

func (r *rules) addMust(s string) (err error) {
	r.must, err = compiled(r.must, s)
	return err
}

func compiled(list []*regexp.Regexp, s string) ([]*regexp.Regexp, error) {
	re, err := regexp.Compile(s)
	return append(list, re), err
}

// judge returns a line for each fault.
func (r *rules) judge(l *testLog) []string {
	var faults []string
	for _, t := range l.tests {
		switch {
		case t.status == unfinished:
			faults = append(faults, t.name+" never ended")
		case t.status == failed:
			faults = append(faults, t.name+" failed")
		case t.status == skipped && !anyMatches(r.allow, t.output.String()):
			faults = append(faults, t.name+" was skipped")
		}
	}
	for _, p := range l.failedPackages() {
		faults = append(faults, p+" failed")
	}
	for _, re := range r.must {
		if !l.passes(re) {
			faults = append(faults, fmt.Sprintf("no test matching %s has passed", re))
		}
	}
	if l.count(passed) == 0 {
		faults = append(faults, "no test has passed")
	}
	return faults
}

func anyMatches(list []*regexp.Regexp, s string) bool {
	for _, re := range list {
		if re.MatchString(s) {
			return true
		}
	}
	return false
}
