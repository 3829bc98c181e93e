package main

import (
	"fmt"
	"strings"
	"time"
)

// The chart, in the units of its viewBox.
const (
	chartWidth  = 720
	chartHeight = 240
	chartBars   = 60
)

// chart shows when mailboxes were over.
type chart struct {
	Peak          int // mailboxes in the highest bar
	Each          time.Duration
	Marks         [5]time.Duration // of the axis of time, from its left end to its right one
	Bars          []chartBar       // none: no mailbox is over
	Line          string           // points of the curve of all mailboxes that are over
	Width, Height int
}

// chartBar is the mailboxes that were over in a slice of time.
type chartBar struct {
	X, Width               float64
	InStepY, InStepHeight  float64
	FailedY, FailedHeight  float64
	From                   time.Duration
	InStepCount, FailCount int
}

// newChart counts the mailboxes by the time at which they were over.
func newChart(finished []finish, begun time.Time, took time.Duration, total int) chart {
	r := chart{Width: chartWidth, Height: chartHeight}
	if len(finished) == 0 {
		return r
	}
	r.Each = (took / chartBars).Truncate(time.Millisecond) + time.Millisecond
	for i := range r.Marks {
		r.Marks[i] = round(chartBars * r.Each * time.Duration(i) / time.Duration(len(r.Marks)-1))
	}
	r.Bars = make([]chartBar, chartBars)
	for _, f := range finished {
		b := &r.Bars[min(max(int(f.at.Sub(begun)/r.Each), 0), chartBars-1)]
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
		y := chartHeight * (1 - float64(over)/float64(total))
		points = append(points, fmt.Sprintf("%.1f,%.1f", float64(i+1)*width, y))
	}
	r.Line = strings.Join(points, " ")
	return r
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
