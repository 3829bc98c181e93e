package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/go-ews/exchange/examples/commands/internal/cli"
	"github.com/go-ews/exchange/examples/commands/internal/connect"
)

// settings are what the command line and the environment ask for.
type settings struct {
	input    string // file; "": generate
	generate int    // mailboxes to make up
	help     bool   // the work command: no run of its own

	process *cli.Process

	server   connect.Flags
	delay    time.Duration // of the in-process Exchange
	database string        // file or postgres:// URL; "": a temporary file

	workers, attempts int
	timeout           time.Duration // for one attempt at one mailbox
	prune, dryRun     bool
	maxRemovals       int
	report            string
	verbose           bool
}

const (
	defaultMailboxes = 500
	defaultDatabase  = "contactsync.db"
	maxWorkers       = 1000
)

// register defines the flags of every command that syncs.
func (s *settings) register(fs *pflag.FlagSet) {
	s.server.Register(fs)
	fs.StringVar(&s.database, "database", "", "queue: a SQLite `file`, or postgres://… to share the work among machines\n"+
		"(default contactsync.db; without a server a temporary file)")
	fs.IntVar(&s.workers, "workers", 10,
		"mailboxes side by side in this process; Microsoft advises 10 for one account")
	fs.DurationVar(&s.timeout, "timeout", 30*time.Minute, "for one attempt at one mailbox")
	fs.StringVar(&s.report, "report", "", "write a page about the run to this HTML `file`")
	fs.BoolVarP(&s.verbose, "verbose", "v", false, "log what the queue and the client do")
}

// registerQueueing defines the flags of the command that queues mailboxes.
func (s *settings) registerQueueing(fs *pflag.FlagSet) {
	fs.IntVar(&s.generate, "generate", 0,
		"sync `N` mailboxes of a made-up directory (default 500 without INPUT and server)")
	fs.DurationVar(&s.delay, "delay", 2*time.Millisecond, "how long the in-process Exchange takes for each request")
	fs.IntVar(&s.attempts, "attempts", 5,
		"attempts at a mailbox before it counts as failed; waits for a busy server do not count")
	fs.IntVar(&s.maxRemovals, "max-removals", 0,
		"percent of a mailbox's list that --prune may remove; 0: 10, but at least 5 contacts")
	fs.BoolVar(&s.prune, "prune", false, "remove groups and contacts that the input does not name")
	fs.BoolVar(&s.dryRun, "dry-run", false, "show what would be done and do nothing")
}

// check refuses what cannot be meant, and fills in what depends on other flags.
func (s *settings) check(fs *pflag.FlagSet) error {
	switch {
	case s.workers < 1 || s.workers > maxWorkers:
		return fmt.Errorf("--workers %d: want 1 to %d", s.workers, maxWorkers)
	case s.attempts < 1 || s.attempts > 100:
		return fmt.Errorf("--attempts %d: want 1 to 100", s.attempts)
	case s.timeout <= 0:
		return fmt.Errorf("--timeout %v: want more than 0", s.timeout)
	case s.delay < 0:
		return fmt.Errorf("--delay %v: want 0 or more", s.delay)
	case s.generate < 0:
		return fmt.Errorf("--generate %d: want 1 or more", s.generate)
	case strings.Contains(s.database, "://") && !isPostgres(s.database):
		return errors.New("--database: want a file or postgres://…")
	case s.report != "" && !isFolder(filepath.Dir(s.report)):
		return fmt.Errorf("--report %s: there is no such folder", s.report)
	case s.input != "" && s.generate > 0:
		return errors.New("INPUT and --generate exclude each other")
	case s.help && (s.database == "" || s.server.InProcess()):
		return errors.New("work needs --database and --endpoint or --email: the queue that others filled, and the server")
	}
	if err := s.server.Check(fs); err != nil {
		return err
	}
	if s.server.InProcess() {
		if s.input == "" && s.generate == 0 {
			s.generate = defaultMailboxes
		}
		return nil
	}
	if s.input == "" && s.generate == 0 && !s.help {
		return errors.New("a server without INPUT: which mailboxes? (--generate N makes them up, for a test server)")
	}
	s.database = cmp.Or(s.database, defaultDatabase)
	return nil
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

func isPostgres(database string) bool {
	return strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://")
}
