// Command bench measures this module's client side by side with the alternatives: a
// bare net/http POST of ready-made bytes (the floor), a client on encoding/xml, and the SOAP
// libraries that generate or assemble requests. All talk to the same canned server, a separate
// process, so that the CPU time is that of the client alone; they take turns in rounds, and every
// figure is a ratio to the floor of the same round.
//
//	go run .                  # the table, bench.json and chart.svg
//	go run . -auth-server SH  # and NTLM against the real Apache that this script starts
//	go run . growth           # how cost grows with list size, workers and groups: three plots
//	go run . chart            # chart.svg again, from bench.json
//
// Times are shown and never judged: they do not change the exit status.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop has run
	}
}

// run dispatches to the sub-commands.
func run(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "serve":
			return serve(os.Stdin, os.Stdout)
		case "growth":
			return growth(ctx, args[1:])
		case "chart":
			return redraw("bench.json", "chart.svg")
		}
	}
	return table(ctx, args)
}

// settings of a comparison.
type settings struct {
	rounds, calls int
	json, svg     string
	authServer    string
}

func (s *settings) parse(args []string) error {
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.IntVar(&s.rounds, "rounds", 11, "how often each client has its turn")
	fs.IntVar(&s.calls, "calls", 5000, "calls per turn; a third with one worker")
	fs.StringVar(&s.json, "json", "bench.json", "`file` for the figures; \"\": none")
	fs.StringVar(&s.svg, "svg", "chart.svg", "`file` for the chart; \"\": none")
	fs.StringVar(&s.authServer, "auth-server", "", "`path` of auth-server.sh, which starts Apache with NTLM; \"\": leave it out")
	return fs.Parse(args)
}

// table compares the clients over plain HTTP, over TLS and with NTLM, with 1, 16 and 64 workers.
func table(ctx context.Context, args []string) error {
	var s settings
	if err := s.parse(args); err != nil {
		return err
	}
	srv, err := startServer(ctx)
	if err != nil {
		return err
	}
	defer srv.stop()

	report := newReport()
	for _, secure := range []bool{false, true} {
		in := setting{name: map[bool]string{false: "http", true: "https"}[secure], counts: srv.counts}
		if err := s.compareAll(ctx, contenders(srv, secure), in, report); err != nil {
			return err
		}
	}
	if s.authServer != "" {
		if err := s.compareNTLM(ctx, srv.HTTP, report); err != nil {
			return err
		}
	}
	return s.save(report)
}

// compareNTLM compares the clients that log in, with Apache in front of the canned server.
func (s *settings) compareNTLM(ctx context.Context, upstream string, report *report) error {
	a, err := startApache(ctx, s.authServer, upstream)
	if err != nil {
		return err
	}
	defer a.stop()
	fewer := *s
	fewer.calls /= 5 // Apache responds a tenth as fast
	in := setting{name: "NTLM over https, Apache in between", counts: a.counts}
	return fewer.compareAll(ctx, a.contenders(), in, report)
}

// save writes the files that the settings name.
func (s *settings) save(report *report) error {
	if s.json != "" {
		if err := report.writeJSON(s.json); err != nil {
			return err
		}
	}
	if s.svg == "" {
		return nil
	}
	return report.writeChart(s.svg)
}

// mostWorkers is the number of workers in the chart.
const mostWorkers = 64

// compareAll prints the costs of the contenders with few workers and many, and adds them to the
// report.
func (s *settings) compareAll(ctx context.Context, list []contender, in setting, report *report) error {
	for _, workers := range []int{1, 16, mostWorkers} {
		in.workers, in.rounds, in.calls = workers, s.rounds, s.calls
		if workers == 1 {
			in.calls /= 3
		}
		results, err := compare(ctx, list, in)
		if err != nil {
			return err
		}
		report.add(in, results)
		fmt.Print(report.text(len(report.Rows) - len(results)))
	}
	return nil
}
