package main

import (
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain lets the test's program be the server process, as the command is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		if err := serve(os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// Every client works and is reported, however fast.
func TestTable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	figures, chart := filepath.Join(dir, "bench.json"), filepath.Join(dir, "chart.svg")
	if err := run(t.Context(), []string{"-rounds", "1", "-calls", "100", "-json", figures, "-svg", chart}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(figures)
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	if want := 2 * 3 * len(contenders(new(server), false)); len(r.Rows) != want {
		t.Errorf("%d rows, want %d", len(r.Rows), want)
	}
	for _, x := range r.Rows {
		if x.Failures != 0 || x.Requests != 1 || x.CPU.Median <= 0 || x.Allocs <= 0 {
			t.Errorf("unlikely figures: %+v", x)
		}
	}
	svg, err := os.ReadFile(chart)
	if err != nil || !strings.Contains(string(svg), ">this module<") {
		t.Errorf("the chart does not name this module: %v", err)
	}
	if err := xml.Unmarshal(svg, new(any)); err != nil {
		t.Errorf("the chart is no XML: %v", err)
	}
}
