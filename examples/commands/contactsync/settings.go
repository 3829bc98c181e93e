package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// settings are what the command line and the environment ask for.
type settings struct {
	input    string // file; "": generate
	generate int    // mailboxes to make up
	help     bool   // the work command: no run of its own

	server   server
	delay    time.Duration // of the in-process Exchange
	database string        // file or postgres:// URL; "": a temporary file

	workers, attempts int
	timeout           time.Duration // for one attempt at one mailbox
	prune, dryRun     bool
	report            string
	verbose           bool
}

const (
	defaultMailboxes = 500
	defaultDatabase  = "contactsync.db"
	maxWorkers       = 1000
)

// parse reads the command line. An error is one that the usage text would not help with.
func parse(args []string, stderr io.Writer) (*settings, error) {
	s := &settings{}
	if len(args) > 0 && args[0] == "work" {
		s.help, args = true, args[1:]
	}
	fs := s.flags(stderr)
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if fs.NArg() > 1 {
		return nil, fmt.Errorf("one input file, not %d: flags come before it", fs.NArg())
	}
	s.input = fs.Arg(0)
	s.database = cmp.Or(s.database, os.Getenv("CONTACTSYNC_DATABASE"))
	return s, s.check()
}

func (s *settings) flags(stderr io.Writer) *flag.FlagSet {
	fs := flag.NewFlagSet("contactsync", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		fmt.Fprintln(stderr, `usage: contactsync [flags] [INPUT.csv|INPUT.json]
       contactsync work [flags]
       contactsync exchange [flags]`)
		fs.PrintDefaults()
	}
	s.server.register(fs)
	fs.StringVar(&s.database, "database", "", "queue: a SQLite `file`, or postgres://… to share the work among machines;\n"+
		"$CONTACTSYNC_DATABASE keeps a password off the command line (default contactsync.db;\n"+
		"without -endpoint a temporary file)")
	fs.IntVar(&s.generate, "generate", 0,
		"sync `N` mailboxes of a made-up directory (default 500 without INPUT and -endpoint)")
	fs.DurationVar(&s.delay, "delay", 2*time.Millisecond, "how long the in-process Exchange takes for each request")
	fs.IntVar(&s.workers, "workers", 10,
		"mailboxes side by side in this process; Microsoft advises 10 for one account")
	fs.IntVar(&s.attempts, "attempts", 5,
		"tries for a mailbox before it counts as failed; waits for a busy server do not count")
	fs.DurationVar(&s.timeout, "timeout", 30*time.Minute, "for one try at one mailbox")
	fs.BoolVar(&s.prune, "prune", false, "remove groups and contacts that the input does not name")
	fs.BoolVar(&s.dryRun, "dry-run", false, "show what would be done and do nothing")
	fs.StringVar(&s.report, "report", "", "write a page about the run to this HTML `file`")
	fs.BoolVar(&s.verbose, "v", false, "log what the queue and the client do")
	return fs
}

// check refuses what cannot be meant, and fills in what depends on other flags.
func (s *settings) check() error {
	switch {
	case s.workers < 1 || s.workers > maxWorkers:
		return fmt.Errorf("-workers %d: want 1 to %d", s.workers, maxWorkers)
	case s.attempts < 1 || s.attempts > 100:
		return fmt.Errorf("-attempts %d: want 1 to 100", s.attempts)
	case s.timeout <= 0:
		return fmt.Errorf("-timeout %v: want more than 0", s.timeout)
	case s.delay < 0:
		return fmt.Errorf("-delay %v: want 0 or more", s.delay)
	case s.generate < 0:
		return fmt.Errorf("-generate %d: want 1 or more", s.generate)
	case strings.Contains(s.database, "://") && !isPostgres(s.database):
		return errors.New("-database: want a file or postgres://…")
	case s.report != "" && !isFolder(filepath.Dir(s.report)):
		return fmt.Errorf("-report %s: there is no such folder", s.report)
	case s.input != "" && s.generate > 0:
		return errors.New("INPUT and -generate exclude each other")
	case s.help && (s.input != "" || s.generate > 0 || s.dryRun || s.prune):
		return errors.New("work takes what is queued: " +
			"INPUT, -generate, -dry-run and -prune belong to the command that queues it")
	case s.help && (s.database == "" || s.server.endpoint == ""):
		return errors.New("work needs -database and -endpoint: the queue that others filled, and the server")
	}
	if s.server.endpoint == "" {
		if s.input == "" && s.generate == 0 {
			s.generate = defaultMailboxes
		}
		return nil
	}
	if s.input == "" && s.generate == 0 && !s.help {
		return errors.New("-endpoint without INPUT: which mailboxes? (-generate N makes them up, for a test server)")
	}
	s.database = cmp.Or(s.database, defaultDatabase)
	return s.server.check()
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

func isPostgres(database string) bool {
	return strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://")
}
