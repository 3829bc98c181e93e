package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"os"
	"slices"
	"strings"
)

// chartStyle has the colors on light pages and on dark ones. Those of the bars differ for the
// colour-blind too. The chart has a background, because a page may be dark where the system is
// light.
const chartStyle = `<style>
svg { color: #1f2328; fill: currentColor; font: 13px system-ui, "DejaVu Sans", sans-serif }
.https { fill: #0072b2 } .http { fill: #d55e00 } .grid { stroke: currentColor; stroke-opacity: .2 }
.title { font-size: 15px; font-weight: 600 } .small { font-size: 11px } .ours { font-weight: 600 }
.page { fill: #ffffff }
@media (prefers-color-scheme: dark) { svg { color: #e6edf3 } .page { fill: #0d1117 }
  .https { fill: #56b4e9 } .http { fill: #e69f00 } }
</style>
`

// The measures of the chart, in pixels.
const (
	chartWidth = 800
	plotLeft   = 235 // where the bars begin, right of the names
	plotTop    = 58
	rowHeight  = 40
	barHeight  = 13
)

// ourName is the name of this module among the clients.
const ourName = "this module"

// bar is the client CPU of one client per call, as ratios to the floor.
type bar struct {
	client      string
	https, http float64
}

// bars returns the clients from the cheapest on, with the most workers.
func (r *report) bars() []bar {
	var all []bar
	for _, x := range r.Rows {
		if x.Workers != mostWorkers || x.Server != "https" && x.Server != "http" {
			continue
		}
		i := slices.IndexFunc(all, func(b bar) bool { return b.client == x.Client })
		if i < 0 {
			i = len(all)
			all = append(all, bar{client: x.Client})
		}
		if x.Server == "https" {
			all[i].https = x.CPU.Median
		} else {
			all[i].http = x.CPU.Median
		}
	}
	slices.SortStableFunc(all, func(a, b bar) int {
		return int(1000 * (max(a.https, a.http) - max(b.https, b.http)))
	})
	return all
}

// chart is an SVG of client CPU per call that is being written.
type chart struct {
	bytes.Buffer

	bars   []bar
	most   float64 // the greatest ratio
	scale  float64 // pixels for a ratio of 1
	bottom int     // of the bars
}

func (c *chart) line(format string, args ...any) { fmt.Fprintf(c, format+"\n", args...) }

// writeChart draws client CPU per call with the most workers, with and without TLS, as SVG.
func (r *report) writeChart(name string) error {
	c := chart{bars: r.bars(), most: 1}
	for _, b := range c.bars {
		c.most = max(c.most, b.https, b.http)
	}
	c.bottom = plotTop + rowHeight*len(c.bars)
	c.scale = (chartWidth - plotLeft - 60) / c.most // 60 for the longest bar's figure
	c.head(strings.Join([]string{r.Machine, r.Go, r.Date}, ", "))
	c.grid()
	for i, b := range c.bars {
		c.draw(b, plotTop+rowHeight*i)
	}
	c.legend()
	c.WriteString("</svg>\n")
	return os.WriteFile(name, c.Bytes(), 0o644)
}

func (c *chart) head(about string) {
	c.line(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%[1]d" height="%[2]d" role="img">`,
		chartWidth, c.bottom+44)
	c.WriteString(chartStyle)
	c.line(`<rect class="page" width="100%%" height="100%%"/>`)
	c.line(`<text class="title" x="12" y="22">Client CPU per AddImGroup call, %d workers; bare net/http POST = 1</text>`,
		mostWorkers)
	c.line(`<text class="small" x="12" y="40">%s</text>`, html.EscapeString(about))
}

func (c *chart) grid() {
	for tick := 0.0; tick <= c.most; tick += tickStep(c.most) {
		x := plotLeft + tick*c.scale
		c.line(`<path class="grid" d="M%.1f,%dV%d"/>`, x, plotTop, c.bottom)
		c.line(`<text class="small" text-anchor="middle" x="%.1f" y="%d">%g</text>`, x, c.bottom+16, tick)
	}
	c.line(`<text class="small" text-anchor="middle" x="%d" y="%d">times the CPU of the bare POST</text>`,
		(plotLeft+chartWidth)/2, c.bottom+34)
}

func (c *chart) legend() {
	for i, server := range []string{"https", "http"} {
		y := plotTop + 10 + 20*i
		c.line(`<rect class="%s" x="%d" y="%d" width="20" height="%d"/>`, server, chartWidth-90, y, barHeight)
		c.line(`<text x="%d" y="%d">%s</text>`, chartWidth-64, y+11, server)
	}
}

func tickStep(most float64) float64 {
	if most > 12 {
		return 5
	}
	return 1
}

// draw draws the two bars of a client, their figures and its name, from y down.
func (c *chart) draw(b bar, y int) {
	class := ""
	if b.client == ourName {
		class = ` class="ours"`
	}
	c.line(`<text%s text-anchor="end" x="%d" y="%d">%s</text>`,
		class, plotLeft-10, y+rowHeight/2+4, html.EscapeString(b.client))
	for i, server := range []string{"https", "http"} {
		value, top := []float64{b.https, b.http}[i], y+6+(barHeight+2)*i
		c.line(`<rect class="%s" x="%d" y="%d" width="%.1f" height="%d"/>`,
			server, plotLeft, top, value*c.scale, barHeight)
		c.line(`<text class="small" x="%.1f" y="%d">%.2f</text>`, plotLeft+value*c.scale+5, top+11, value)
	}
}

// redraw draws the chart of figures that were measured before.
func redraw(figures, chart string) error {
	data, err := os.ReadFile(figures)
	if err != nil {
		return err
	}
	var r report
	if err := json.Unmarshal(data, &r); err != nil {
		return fmt.Errorf("%s: %w", figures, err)
	}
	return r.writeChart(chart)
}
