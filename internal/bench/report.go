package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// report is the whole comparison, as it is written to JSON.
type report struct {
	Date    string
	Machine string
	Go      string
	Rows    []row
}

// row is one client in one setting: medians over the rounds, and ratios to the floor of the same
// round with their extremes.
type row struct {
	Server      string
	Workers     int
	Client      string
	CPU         ratio
	Wall        ratio
	CPUMicros   float64 // per call
	Allocs      float64 // per call
	Bytes       float64 // per call
	Requests    float64 // per call, as the server counts them
	Connections float64 // new ones per call
	Failures    float64 // share of the calls
}

type ratio struct{ Median, Min, Max float64 }

func newReport() *report {
	return &report{
		Date: time.Now().Format(time.DateOnly), Machine: machine(),
		Go: runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH,
	}
}

// machine names the processor and how many of it there are.
func machine() string {
	name := "unknown processor"
	if f, err := os.Open("/proc/cpuinfo"); err == nil {
		defer func() { _ = f.Close() }()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if _, model, ok := strings.Cut(lines.Text(), "model name\t: "); ok {
				name = model
				break
			}
		}
	}
	return fmt.Sprintf("%s, %d cores", name, runtime.NumCPU())
}

func (r *report) add(in setting, results []result) {
	floor := results[0].Turns
	for _, res := range results {
		get := func(f func(turn) float64) float64 { return median(values(res.Turns, f)) }
		cpu, wall := func(t turn) float64 { return t.CPU }, func(t turn) float64 { return t.Wall }
		r.Rows = append(r.Rows, row{
			Server: in.name, Workers: in.workers, Client: res.Name,
			CPU: ratios(res.Turns, floor, cpu), Wall: ratios(res.Turns, floor, wall),
			CPUMicros:   get(cpu),
			Allocs:      get(func(t turn) float64 { return t.Allocs }),
			Bytes:       get(func(t turn) float64 { return t.Bytes }),
			Requests:    get(func(t turn) float64 { return t.Requests }),
			Connections: get(func(t turn) float64 { return t.Connections }),
			Failures:    get(func(t turn) float64 { return t.Failures }),
		})
	}
}

func values(turns []turn, f func(turn) float64) []float64 {
	out := make([]float64, len(turns))
	for i, t := range turns {
		out[i] = f(t)
	}
	return out
}

// ratios compares round by round.
func ratios(turns, floor []turn, f func(turn) float64) ratio {
	all := values(turns, f)
	for i, base := range values(floor, f) {
		if base > 0 {
			all[i] /= base
		}
	}
	return ratio{median(all), slices.Min(all), slices.Max(all)}
}

func median(v []float64) float64 {
	sorted := slices.Sorted(slices.Values(v))
	return sorted[len(sorted)/2]
}

// text is the table from row first on.
func (r *report) text(first int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s, %d workers\n", r.Rows[first].Server, r.Rows[first].Workers)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "client\tCPU\tmin-max\ttime\tCPU µs/call\tallocs\tkB\trequests\tnew connections\tfailures\t")
	for _, x := range r.Rows[first:] {
		fmt.Fprintf(w, "%s\t%.2f\t%.2f-%.2f\t%.2f\t%.1f\t%.0f\t%.1f\t%.2f\t%.2f\t%.1f %%\t\n", x.Client, x.CPU.Median,
			x.CPU.Min, x.CPU.Max, x.Wall.Median, x.CPUMicros, x.Allocs, x.Bytes/1000, x.Requests, x.Connections,
			100*x.Failures)
	}
	_ = w.Flush()
	return b.String()
}

func (r *report) writeJSON(name string) error {
	data, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(data, '\n'), 0o644)
}
