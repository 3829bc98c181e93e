package main

import (
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestReport_TimeAxis(t *testing.T) {
	t.Parallel()
	begun := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	ended := begun.Add(time.Hour)
	s := &summary{counts: counts{inStep: 1}, Begun: begun, Ended: ended, finished: []finish{{at: ended}}}
	r := newReport(s)
	want := [5]time.Duration{0, 15 * time.Minute, 30 * time.Minute, 45 * time.Minute, time.Hour}
	if diff := cmp.Diff(want, r.Marks); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if r.Bars[chartBars-1].InStepCount != 1 {
		t.Error("the last bar lacks the mailbox that was over last")
	}
	if r.Begun.Location() != r.Written.Location() {
		t.Errorf("begun and written are told in two time zones, %v and %v", r.Begun, r.Written)
	}
}
