package main

import (
	"context"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"image/color"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
)

// lineColors differ for the colour-blind too, on light pages and on dark ones.
var lineColors = []color.Color{
	color.RGBA{0x00, 0x72, 0xb2, 0xff}, color.RGBA{0xd5, 0x5e, 0x00, 0xff}, color.RGBA{0x00, 0x9e, 0x73, 0xff},
}

// growing is a plot: the cost of a call over a size.
type growing struct {
	file, title, axis string
	sizes             []int
	workers           bool // the size is the number of workers
	contenders        func(size int) []contender
}

// growth measures how the cost of a call grows with its size and with the workers, and draws the
// plots.
func growth(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("growth", flag.ContinueOnError)
	dir := fs.String("dir", ".", "`folder` for the plots")
	if err := fs.Parse(args); err != nil {
		return err
	}
	srv, err := startServer(ctx)
	if err != nil {
		return err
	}
	defer srv.stop()
	for _, g := range plots(srv) {
		lines, err := g.measure(ctx, srv)
		if err != nil {
			return err
		}
		if err := g.draw(lines, *dir); err != nil {
			return err
		}
	}
	return nil
}

func plots(srv *server) []growing {
	return []growing{
		{
			"personas.svg", "Client CPU per GetImItemList", "personas in the list (3 kB each)",
			[]int{10, 30, 100, 300, 1000, 3000, 10000},
			false,
			func(n int) []contender { return listContenders(srv, 64, n) },
		},
		{
			"groups.svg", "Client CPU per GetImItemList of 1,000 personas", "groups in the list",
			[]int{1, 4, 16, 64, 256},
			false,
			func(n int) []contender { return listContenders(srv, n, 1000) },
		},
		{
			"workers.svg", "Client CPU per AddImGroup", "workers",
			[]int{1, 2, 4, 8, 16, 32, 64, 128, 256},
			true,
			func(int) []contender { return contenders(srv, false)[:3] },
		},
	}
}

// line is the median CPU time of one contender at each size.
type line struct {
	name   string
	points plotter.XYs
}

// measure measures and prints each size.
func (g *growing) measure(ctx context.Context, srv *server) ([]line, error) {
	fmt.Println(g.title)
	var lines []line
	for _, n := range g.sizes {
		in := setting{name: "http", workers: 1, rounds: 5, calls: max(2, 300/(n/10+1)), counts: srv.counts}
		if g.workers {
			in.workers, in.calls = n, 3000
		}
		results, err := compare(ctx, g.contenders(n), in)
		if err != nil {
			return nil, fmt.Errorf("%s, %d: %w", g.title, n, err)
		}
		if lines == nil {
			lines = make([]line, len(results))
		}
		for i, r := range results {
			cpu := median(values(r.Turns, func(t turn) float64 { return t.CPU }))
			fmt.Printf("  %6d  %-32s %10.0f µs\n", n, r.Name, cpu)
			lines[i] = line{r.Name, append(lines[i].points, plotter.XY{X: float64(n), Y: cpu})}
		}
	}
	return lines, nil
}

// draw draws the lines on two logarithmic axes.
func (g *growing) draw(lines []line, dir string) error {
	p := plot.New()
	report := newReport()
	p.Title.Text = fmt.Sprintf("%s\n%s, %s, %s", g.title, report.Machine, report.Go, report.Date)
	p.X.Label.Text, p.Y.Label.Text = g.axis, "µs (logarithmic)"
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	p.Legend.Top, p.Legend.Left = true, !g.workers // where the lines are not
	for i, l := range lines {
		drawn, err := plotter.NewLine(l.points)
		if err != nil {
			return err
		}
		drawn.Color = lineColors[i]
		p.Add(drawn)
		p.Legend.Add(l.name, drawn)
	}
	p.Y.Max *= 3 // room for the legend
	return save(p, filepath.Join(dir, g.file))
}

// save writes a plot as SVG.
func save(p *plot.Plot, name string) error {
	canvas := vgsvg.New(vg.Points(640), vg.Points(320))
	p.Draw(draw.New(canvas))
	var svg strings.Builder
	if _, err := canvas.WriteTo(&svg); err != nil {
		return err
	}
	return os.WriteFile(name, []byte(themed.Replace(svg.String())), 0o644)
}

// themed replaces the colors of a plot by those of a light system or of a dark one. The font is
// replaced by any of the same widths.
var themed = strings.NewReplacer(
	`<path d="M0,0L640,0L640,320L0,320Z" style="fill:#FFFFFF" />`,
	`<style>svg { color: #1f2328 } .page { fill: #ffffff }
@media (prefers-color-scheme: dark) { svg { color: #e6edf3 } .page { fill: #0d1117 } }</style>
<path class="page" d="M0,0L640,0L640,320L0,320Z" />`,
	"stroke:#000000", "stroke:currentColor",
	"font-family:Liberation Serif", "fill:currentColor;font-family:Liberation Serif,Times New Roman,Times,serif",
)

// listContenders decode a list of that shape.
func listContenders(srv *server, groups, personas int) []contender {
	url := fmt.Sprintf("%s/list/%d/%d", srv.HTTP, groups, personas)
	return []contender{
		{name: ourName, make: func() (func(context.Context) error, func(), error) {
			return makeListClient(srv.tuned(), url, personas)
		}},
		{name: "encoding/xml", make: func() (func(context.Context) error, func(), error) {
			hc := &http.Client{Transport: srv.tuned()}
			return func(ctx context.Context) error { return readList(ctx, hc, url) }, hc.CloseIdleConnections, nil
		}},
	}
}

func makeListClient(t *http.Transport, url string, personas int) (func(context.Context) error, func(), error) {
	client, err := ews.NewClient(url, &ews.Options{
		HTTPClient: &http.Client{Transport: t}, MaxResponseBytes: 1 << 30,
	})
	if err != nil {
		return nil, nil, err
	}
	return func(ctx context.Context) error {
		list, err := client.GetImItemList(ctx, imgroup.ListQuery{})
		if err == nil && len(list.Personas) != personas {
			return fmt.Errorf("%d personas", len(list.Personas))
		}
		return err
	}, client.CloseIdleConnections, nil
}

// Types written by hand for a list: the fields that the module's types have.

type xmlID struct {
	ID        string `xml:"Id,attr"`
	ChangeKey string `xml:"ChangeKey,attr"`
}

type xmlStrings struct {
	Values []struct {
		Value        string   `xml:"Value"`
		Attributions []string `xml:"Attributions>Attribution"`
	} `xml:"StringAttributedValue"`
}

type xmlEmail struct {
	Name         string `xml:"Name"`
	EmailAddress string `xml:"EmailAddress"`
	RoutingType  string `xml:"RoutingType"`
}

type xmlPersona struct {
	PersonaID            xmlID      `xml:"PersonaId"`
	PersonaType          string     `xml:"PersonaType"`
	CreationTime         string     `xml:"CreationTime"`
	DisplayName          string     `xml:"DisplayName"`
	DisplayNameFirstLast string     `xml:"DisplayNameFirstLast"`
	DisplayNameLastFirst string     `xml:"DisplayNameLastFirst"`
	FileAs               string     `xml:"FileAs"`
	FileAsID             string     `xml:"FileAsId"`
	GivenName            string     `xml:"GivenName"`
	Surname              string     `xml:"Surname"`
	EmailAddress         xmlEmail   `xml:"EmailAddress"`
	EmailAddresses       []xmlEmail `xml:"EmailAddresses>Address"`
	ImAddress            string     `xml:"ImAddress"`
	RelevanceScore       int        `xml:"RelevanceScore"`
	Attributions         []struct {
		ID             string `xml:"Id"`
		SourceID       xmlID  `xml:"SourceId"`
		DisplayName    string `xml:"DisplayName"`
		IsWritable     bool   `xml:"IsWritable"`
		IsQuickContact bool   `xml:"IsQuickContact"`
		IsHidden       bool   `xml:"IsHidden"`
		FolderID       xmlID  `xml:"FolderId"`
	} `xml:"Attributions>Attribution"`
	DisplayNames xmlStrings `xml:"DisplayNames"`
	FileAses     xmlStrings `xml:"FileAses"`
	FileAsIDs    xmlStrings `xml:"FileAsIds"`
	GivenNames   xmlStrings `xml:"GivenNames"`
	Surnames     xmlStrings `xml:"Surnames"`
	HomePhones   []struct {
		Number       string   `xml:"Value>Number"`
		Type         string   `xml:"Value>Type"`
		Attributions []string `xml:"Attributions>Attribution"`
	} `xml:"HomePhones>PhoneNumberAttributedValue"`
	Emails1 []struct {
		Value        xmlEmail `xml:"Value"`
		Attributions []string `xml:"Attributions>Attribution"`
	} `xml:"Emails1>EmailAddressAttributedValue"`
	ImAddresses xmlStrings `xml:"ImAddresses"`
}

type xmlList struct {
	Groups []struct {
		DisplayName     string  `xml:"DisplayName"`
		GroupType       string  `xml:"GroupType"`
		ExchangeStoreID xmlID   `xml:"ExchangeStoreId"`
		Members         []xmlID `xml:"MemberCorrelationKey>ItemId"`
	} `xml:"Body>GetImItemListResponse>ImItemList>Groups>ImGroup"`
	Personas []xmlPersona `xml:"Body>GetImItemListResponse>ImItemList>Personas>Persona"`
}

func readList(ctx context.Context, hc *http.Client, url string) error {
	data, err := post(ctx, hc, url, []byte(addImGroupRequest))
	if err != nil {
		return err
	}
	var list xmlList
	if err := xml.Unmarshal(data, &list); err != nil {
		return err
	}
	if len(list.Personas) == 0 {
		return errors.New("no personas")
	}
	return nil
}
