package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestProgress_Bar(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	b := &bar{out: &out}
	b.show(counts{waiting: 4})
	b.show(counts{waiting: 1, inStep: 2, failed: 1})
	b.end()
	for _, want := range []string{"1 failed", "75%", "(3/4"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("want %q in %q", want, out.String())
		}
	}
}

func TestProgress_Lines(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := newProgress(&out)
	for n := range 5 {
		p.show(counts{waiting: 4 - n, inStep: n})
	}
	p.end()
	if diff := cmp.Diff("4 of 4 mailboxes, 0 failed, 0 waiting\n", out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestProgress_LinesAmongBars holds that a line replaces the bar.
func TestProgress_LinesAmongBars(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	shared := &sharedWriter{to: &out}
	b := &bar{out: &barWriter{shared}}
	fmt.Fprintln(shared, "one")
	b.show(counts{waiting: 4})
	fmt.Fprintln(shared, "two")
	fmt.Fprintln(shared, "three")
	b.show(counts{waiting: 1, inStep: 3})
	b.end()
	fmt.Fprintln(shared, "four")
	for _, want := range []string{"one\n", "\r\x1b[Ktwo\nthree\n", "\nfour\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("want %q in %q", want, out.String())
		}
	}
	if n := strings.Count(out.String(), "\x1b[K"); n != 1 {
		t.Errorf("%d lines are cleared, want that of the first bar: %q", n, out.String())
	}
}
