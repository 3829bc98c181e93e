package main

import (
	"strings"
	"testing"
)

// event lines as go test -json writes them, shortened to what counts.
const (
	passes = `{"Action":"run","Package":"m/p","Test":"TestA"}
{"Action":"output","Package":"m/p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"m/p","Test":"TestA","Output":"    a_test.go:1: 3 documents\n"}
{"Action":"pass","Package":"m/p","Test":"TestA"}
`
	skips = `{"Action":"run","Package":"m/p","Test":"TestB/sub"}
{"Action":"output","Package":"m/p","Test":"TestB/sub","Output":"    b_test.go:1: set EWS_TEST_URL\n"}
{"Action":"skip","Package":"m/p","Test":"TestB/sub"}
`
	fails = `{"Action":"run","Package":"m/p","Test":"TestC"}
{"Action":"output","Package":"m/p","Test":"TestC","Output":"    c_test.go:1: want 1\n"}
{"Action":"fail","Package":"m/p","Test":"TestC"}
`
	hangs = `{"Action":"run","Package":"m/p","Test":"TestD"}
`
	ends = `{"Action":"output","Package":"m/p","Output":"PASS\n"}
{"Action":"output","Package":"m/p","Output":"ok  \tm/p\t0.1s\n"}
{"Action":"pass","Package":"m/p"}
`
	empty = `{"Action":"output","Package":"m/q","Output":"?   \tm/q\t[no test files]\n"}
{"Action":"skip","Package":"m/q"}
`
	shuffled = `{"Action":"output","Package":"m/p","Output":"-test.shuffle 7\n"}
`
	sinks = `{"Action":"output","Package":"m/p","Output":"FAIL\tm/p\t0.1s\n"}
{"Action":"fail","Package":"m/p"}
`
	broken = `{"ImportPath":"m/r","Action":"build-output","Output":"r.go:1: undefined: x\n"}
{"Action":"fail","Package":"m/r","FailedBuild":"m/r"}
`
)

func TestRun(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, args, log string
		status          int
		says            string // on either stream
	}{
		{"passes", "", passes + ends, 0, "ok  \tm/p\t0.1s\n1 tests passed, 0 skipped, 0 failed, in 1 packages"},
		{"package without tests", "", passes + ends + empty, 0, "[no test files]"},
		{"skip", "", passes + skips + ends, 1, "m/p.TestB/sub was skipped"},
		{"skip shows its reason", "", passes + skips + ends, 1, "set EWS_TEST_URL"},
		{"skip in order", "-allow=EWS_TEST_", passes + skips + ends, 0, "1 skipped"},
		{"skip for another reason", "-allow=EWS_AUTH_", passes + skips + ends, 1, "m/p.TestB/sub was skipped"},
		{"fails", "", passes + fails + ends, 1, "c_test.go:1: want 1"},
		{"fails, shuffled", "", shuffled + passes + fails + sinks, 1, "FAIL\tm/p\t0.1s\n-test.shuffle 7\n"},
		{"passes, shuffled", "", shuffled + passes + ends, 0, "ok  \tm/p\t0.1s\n1 tests passed"},
		{"never ends", "", passes + hangs, 1, "m/p.TestD never ended"},
		{"does not compile", "", passes + broken, 1, "r.go:1: undefined: x"},
		{"package failed", "", passes + broken, 1, "m/r failed"},
		{"nothing", "", "", 1, "no test has passed"},
		{"nothing but skips", "-allow=.", skips + ends, 1, "no test has passed"},
		{"must", "-must=p.TestA\\n", passes + ends, 0, "1 tests passed"},
		{"must is missing", "-must=p.TestZ", passes + ends, 1, "no test matching p.TestZ has passed"},
		{"must say", "-must=(?s)^m/p\\.TestA\\n.*3.documents", passes + ends, 0, "1 tests passed"},
		{"must say, but does not", "-must=(?s)^m/p\\.TestA\\n.*4.documents", passes + ends, 1, "has passed"},
		{"must is skipped", "-allow=. -must=TestB", passes + skips + ends, 1, "no test matching TestB has passed"},
		{"no log", "", "ok m/p 0.1s\n", 2, "not a line of go test -json"},
		{"bad expression", "-must=(", "", 2, "error parsing regexp"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var out, errs strings.Builder
			status := run(strings.Fields(tc.args), strings.NewReader(tc.log), &out, &errs)
			if said := out.String() + errs.String(); status != tc.status || !strings.Contains(said, tc.says) {
				t.Errorf("status %d and\n%s\nwant %d and\n%s", status, said, tc.status, tc.says)
			}
		})
	}
}
