package main

import (
	"context"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/go-ews/exchange/ews"
)

// series is one line of a plot: cost per call over a size.
type series struct {
	name string
	cost func(ctx context.Context, size int) (turn, error)
}

// growth measures how the cost of a call grows with what it carries, and draws a plot each.
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
	plots := []struct {
		file, title, axis string
		sizes             []int
		series            []series
	}{
		{
			"personas.svg", "Client CPU per GetImItemList", "personas in the list (3 kB each)",
			[]int{10, 30, 100, 300, 1000, 3000, 10000},
			listSeries(srv, func(n int) (int, int) { return 64, n }),
		},
		{
			"groups.svg", "Client CPU per GetImItemList of 1,000 personas", "groups in the list",
			[]int{1, 4, 16, 64, 256},
			listSeries(srv, func(n int) (int, int) { return n, 1000 }),
		},
		{
			"workers.svg", "Client CPU per AddImGroup", "workers",
			[]int{1, 2, 4, 8, 16, 32, 64, 128, 256},
			workerSeries(srv),
		},
	}
	for _, pl := range plots {
		p := plot.New()
		p.Title.Text, p.X.Label.Text, p.Y.Label.Text = pl.title, pl.axis, "µs (logarithmic)"
		p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
		p.Legend.Top, p.Legend.Left = true, true
		fmt.Println(pl.title)
		for i, s := range pl.series {
			points, err := measure(ctx, s, pl.sizes)
			if err != nil {
				return err
			}
			line, err := plotter.NewLine(points)
			if err != nil {
				return err
			}
			line.Color = colors[i]
			p.Add(line)
			p.Legend.Add(s.name, line)
		}
		if err := save(p, *dir+"/"+pl.file); err != nil {
			return err
		}
	}
	return nil
}

func measure(ctx context.Context, s series, sizes []int) (plotter.XYs, error) {
	var points plotter.XYs
	for _, n := range sizes {
		t, err := s.cost(ctx, n)
		if err != nil {
			return nil, fmt.Errorf("%s at %d: %w", s.name, n, err)
		}
		fmt.Printf("  %-14s %6d  %10.0f µs  %8.0f allocs  %10.0f bytes\n", s.name, n, t.CPU, t.Allocs, t.Bytes)
		points = append(points, plotter.XY{X: float64(n), Y: t.CPU})
	}
	return points, nil
}

// listSeries decodes lists of a shape with this module and with encoding/xml.
func listSeries(srv *server, shape func(int) (groups, personas int)) []series {
	hc := &http.Client{Transport: srv.tuned()}
	url := func(n int) string {
		groups, personas := shape(n)
		return fmt.Sprintf("%s/list/%d/%d", srv.HTTP, groups, personas)
	}
	return []series{
		{"this module", func(ctx context.Context, n int) (turn, error) {
			client, err := ews.NewClient(url(n), &ews.Options{HTTPClient: hc, MaxResponseBytes: 1 << 30})
			if err != nil {
				return turn{}, err
			}
			_, want := shape(n)
			return repeat(ctx, srv, n, func(ctx context.Context) error {
				list, err := client.GetImItemList(ctx)
				if err == nil && len(list.Personas) != want {
					return fmt.Errorf("%d personas", len(list.Personas))
				}
				return err
			})
		}},
		{"encoding/xml", func(ctx context.Context, n int) (turn, error) {
			return repeat(ctx, srv, n, func(ctx context.Context) error { return readList(ctx, hc, url(n)) })
		}},
	}
}

// repeat makes as many calls as keep the measurement short.
func repeat(ctx context.Context, srv *server, size int, call func(context.Context) error) (turn, error) {
	calls := max(3, 1000/(size/10+1))
	if _, err := takeTurn(ctx, srv, call, 1, 1); err != nil {
		return turn{}, err
	}
	return takeTurn(ctx, srv, call, 1, calls)
}

// workerSeries makes AddImGroup calls with the floor and with this module.
func workerSeries(srv *server) []series {
	var list []series
	for _, c := range contenders()[:2] {
		list = append(list, series{c.name, func(ctx context.Context, workers int) (turn, error) {
			call, closeIdle, err := c.make(srv, false)
			if err != nil {
				return turn{}, err
			}
			defer closeIdle()
			if _, err := takeTurn(ctx, srv, call, workers, 2*workers); err != nil {
				return turn{}, err
			}
			return takeTurn(ctx, srv, call, workers, 5000)
		}})
	}
	return list
}

// What one writes by hand for a list: the fields that the module's types have.

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
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(addImGroupRequest))
	if err != nil {
		return err
	}
	res, err := hc.Do(req)
	if err != nil {
		return err
	}
	data, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
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
