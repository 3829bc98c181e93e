package main

import (
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"strings"
	"time"
)

//go:embed report.html
var reportPage string

// The chart, in the units of its viewBox.
const (
	chartWidth  = 720
	chartHeight = 240
	chartBars   = 60
)

// report is the content of the page.
type report struct {
	*summary

	Written        time.Time
	InStep, NotYet int
	Failed, Total  int
	Begun          time.Time
	Took           time.Duration
	Median         time.Duration // for a mailbox
	Slowest        time.Duration
	Peak           int // mailboxes in the highest bar
	Each           time.Duration
	Marks          [5]time.Duration // of the axis of time, from its left end to its right one
	Bars           []chartBar
	Line           string // points of the curve of all mailboxes that are over
	Width, Height  int
}

// chartBar is the mailboxes that were over in a slice of time.
type chartBar struct {
	X, Width               float64
	InStepY, InStepHeight  float64
	FailedY, FailedHeight  float64
	From                   time.Duration
	InStepCount, FailCount int
}

func newReport(s *summary) *report {
	r := &report{
		summary: s, Written: time.Now().Round(time.Second), Width: chartWidth, Height: chartHeight,
		InStep: s.inStep, Failed: s.failed, NotYet: s.waiting + s.running, Total: s.total(),
	}
	r.Begun = s.Begun.Local()
	if !s.Ended.IsZero() {
		r.Took = s.Ended.Sub(s.Begun).Round(time.Millisecond)
	}
	if n := len(s.took); n > 0 {
		r.Median = s.took[n/2].Round(time.Millisecond)
		r.Slowest = s.took[n-1].Round(time.Millisecond)
	}
	r.draw()
	return r
}

// draw counts the mailboxes by the time at which they were over.
func (r *report) draw() {
	if len(r.finished) == 0 {
		return
	}
	r.Each = (r.Took / chartBars).Truncate(time.Millisecond) + time.Millisecond
	for i := range r.Marks {
		r.Marks[i] = round(chartBars * r.Each * time.Duration(i) / time.Duration(len(r.Marks)-1))
	}
	r.Bars = make([]chartBar, chartBars)
	for _, f := range r.finished {
		b := &r.Bars[min(max(int(f.at.Sub(r.Begun)/r.Each), 0), chartBars-1)]
		if f.failed {
			b.FailCount++
		} else {
			b.InStepCount++
		}
		r.Peak = max(r.Peak, b.FailCount+b.InStepCount)
	}
	const width = float64(chartWidth) / chartBars
	points := []string{fmt.Sprintf("0,%d", chartHeight)}
	over := 0
	for i := range r.Bars {
		b := &r.Bars[i]
		b.X, b.Width = float64(i)*width, width-1
		b.From = time.Duration(i) * r.Each
		unit := float64(chartHeight) / float64(r.Peak)
		b.FailedHeight, b.InStepHeight = float64(b.FailCount)*unit, float64(b.InStepCount)*unit
		b.InStepY = chartHeight - b.InStepHeight
		b.FailedY = b.InStepY - b.FailedHeight
		over += b.FailCount + b.InStepCount
		y := chartHeight * (1 - float64(over)/float64(r.Total))
		points = append(points, fmt.Sprintf("%.1f,%.1f", float64(i+1)*width, y))
	}
	r.Line = strings.Join(points, " ")
}

// round leaves no more digits than a mark has room for.
func round(d time.Duration) time.Duration {
	switch {
	case d >= time.Minute:
		return d.Round(time.Second)
	case d >= time.Second:
		return d.Round(100 * time.Millisecond)
	}
	return d.Round(time.Millisecond)
}

// writeReport writes the page, whole or not at all.
func writeReport(name string, s *summary) (err error) {
	page, err := template.New("report").Parse(reportPage)
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
