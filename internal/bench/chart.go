package main

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"os"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// colors of the series, readable for the colour-blind.
var colors = []color.Color{
	color.RGBA{0x00, 0x72, 0xb2, 0xff}, color.RGBA{0xd5, 0x5e, 0x00, 0xff}, color.RGBA{0x00, 0x9e, 0x73, 0xff},
}

// writeChart draws client CPU per call as ratios to the floor, at the most workers, with and
// without TLS. The axis is logarithmic: the ratios go from 1 to over 20.
func (r *report) writeChart(name string) error {
	p := plot.New()
	p.Title.Text = fmt.Sprintf("Client CPU per AddImGroup call, 64 workers; bare net/http POST = 1\n%s, %s, %s",
		r.Machine, r.Go, r.Date)
	p.X.Label.Text = "times the CPU of the floor (logarithmic)"
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.ConstantTicks(ratioTicks())
	p.X.Min = 0.8
	p.Legend.Top = false
	p.Legend.Left = false

	var names []string
	for i, server := range []string{"https", "http"} {
		var bars plotter.XYs
		names = names[:0]
		for _, x := range r.Rows {
			if x.Server == server && x.Workers == mostWorkers {
				names = append(names, x.Client)
				bars = append(bars, plotter.XY{X: x.CPU.Median, Y: float64(len(names))})
			}
		}
		if err := addBars(p, bars, float64(i)*0.3-0.15, colors[i], server); err != nil {
			return err
		}
	}
	ticks := make([]plot.Tick, len(names))
	for i, n := range names {
		ticks[i] = plot.Tick{Value: float64(i + 1), Label: n}
	}
	p.Y.Tick.Marker = plot.ConstantTicks(ticks)
	p.Y.Padding = vg.Points(25) // the names may come out in a wider font
	p.Y.Min, p.Y.Max = 0.5, float64(len(names))+0.6
	p.X.Max *= 1.3 // room for the longest bar's value
	return save(p, name)
}

func ratioTicks() []plot.Tick {
	var ticks []plot.Tick
	for _, v := range []float64{1, 1.5, 2, 3, 5, 10, 20, 40} {
		ticks = append(ticks, plot.Tick{Value: v, Label: fmt.Sprint(v)})
	}
	return ticks
}

// addBars draws thick horizontal lines from 0.8 to each value and writes the value at their end.
func addBars(p *plot.Plot, bars plotter.XYs, offset float64, c color.Color, label string) error {
	labels := plotter.XYLabels{}
	for i, b := range bars {
		y := b.Y + offset
		line, err := plotter.NewLine(plotter.XYs{{X: 0.8, Y: y}, {X: math.Max(b.X, 0.81), Y: y}})
		if err != nil {
			return err
		}
		line.Color, line.Width = c, vg.Points(9)
		p.Add(line)
		if i == 0 {
			p.Legend.Add(label, line)
		}
		labels.XYs = append(labels.XYs, plotter.XY{X: b.X * 1.03, Y: y - 0.08})
		labels.Labels = append(labels.Labels, fmt.Sprintf("%.2f", b.X))
	}
	text, err := plotter.NewLabels(labels)
	if err != nil {
		return err
	}
	p.Add(text)
	return nil
}

// save writes a plot as SVG. The font that it names is replaced by any of the same widths.
func save(p *plot.Plot, name string) error {
	canvas := vgsvg.New(vg.Points(640), vg.Points(320))
	p.Draw(draw.New(canvas))
	var svg bytes.Buffer
	if _, err := canvas.WriteTo(&svg); err != nil {
		return err
	}
	data := bytes.ReplaceAll(svg.Bytes(), []byte("font-family:Liberation Serif"),
		[]byte("font-family:Liberation Serif,Times New Roman,Times,serif"))
	return os.WriteFile(name, data, 0o644)
}
