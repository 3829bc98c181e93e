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

	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/examples/commands/internal/cli"
	"github.com/go-ews/exchange/examples/commands/internal/connect"
	"github.com/go-ews/exchange/examples/commands/internal/listuse"
)

// settings hold the flags and the environment.
type settings struct {
	command   string // as commandSync, or commandWork, commandPlan
	input     string // file; "": directory, or generate
	directory string // configuration of a directory to read in place of a file
	generate  int    // mailboxes to make up

	process *cli.Process

	server    connect.Flags
	connected *connect.Server // nil: not yet
	delay     time.Duration   // of the in-process Exchange
	database  string          // file or postgres:// URL; "": a temporary file

	workers, attempts int
	timeout           time.Duration // for one attempt at one mailbox
	remove            string
	maxRemovals       removalLimit
	allowRemovals     bool
	adopt, dryRun     bool
	skipUnused        bool
	out               string   // of plan
	from              string   // of restore: the run
	only              []string // of restore: the mailboxes
	audit, report     string
	verbose           bool
}

// The commands that begin no run that writes, besides commandSync and its like.
const (
	commandWork = "work"
	commandPlan = "plan"
)

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
	fs.StringVar(&s.audit, "audit", "", "append every write of this process to this `file`, a line of JSON each")
	fs.StringVar(&s.report, "report", "", "write a page about the run to this HTML `file`")
	fs.BoolVarP(&s.verbose, "verbose", "v", false, "log what the queue and the client do")
}

// registerQueueing defines the flags of the commands that queue mailboxes.
func (s *settings) registerQueueing(fs *pflag.FlagSet) {
	fs.IntVar(&s.attempts, "attempts", 5,
		"attempts at a mailbox before it counts as failed; waits for a busy server do not count")
}

// registerInput defines the flags of the commands that read a directory.
func (s *settings) registerInput(fs *pflag.FlagSet) {
	fs.StringVar(&s.directory, "directory", "", "in place of INPUT: read groups of a directory, by LDAP or Exchange, as this JSON `file` says")
	fs.IntVar(&s.generate, "generate", 0,
		"sync `N` mailboxes of a made-up directory (default 500 without INPUT and server)")
	fs.DurationVar(&s.delay, "delay", 2*time.Millisecond, "how long the in-process Exchange takes for each request")
	fs.StringVar(&s.remove, "remove", "none", "`what` to remove of that which the input does not name: none; owned, what\n"+
		"contactsync gave by earlier runs; all, also what the owners of the mailboxes made")
	fs.BoolVar(&s.adopt, "adopt", false, "treat what the input names and a list has already as given by contactsync")
	listuse.Flag(fs, &s.skipUnused)
	s.registerLimit(fs)
}

// registerLimit defines the flags that limit removals.
func (s *settings) registerLimit(fs *pflag.FlagSet) {
	s.maxRemovals = defaultLimit
	fs.Var(&s.maxRemovals, "max-removals", "how much may be removed, of each list and of all together: a share such as 10%,\n"+
		"but at least 5 contacts, or a number; beyond it nothing is written, and the status is 4")
	fs.BoolVar(&s.allowRemovals, "allow-removals", false, "let this run remove more than --max-removals, and empty lists")
}

// check refuses flags that contradict each other, and derives the others.
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
	case s.directory != "" && (s.input != "" || s.generate > 0):
		return errors.New("--directory excludes INPUT and --generate")
	case s.command == commandWork && (s.database == "" || s.server.InProcess()):
		return errors.New("work needs --database and --endpoint or --email: the queue that others filled, and the server")
	case (s.command == commandApply || s.command == commandRestore) && s.server.InProcess():
		return fmt.Errorf("%s needs --endpoint or --email: the server", s.command)
	case s.out != "" && !isFolder(filepath.Dir(s.out)):
		return fmt.Errorf("--out %s: there is no such folder", s.out)
	}
	if f := fs.Lookup("allow-removals"); s.allowRemovals && cli.Source(f) != "--"+f.Name {
		return fmt.Errorf("%s: it is for one run, so it counts on the command line only", cli.Source(f))
	}
	if _, err := s.policy(); err != nil {
		return err
	}
	if err := s.server.Check(fs); err != nil {
		return err
	}
	if s.server.InProcess() {
		if s.input == "" && s.directory == "" && s.generate == 0 {
			s.generate = defaultMailboxes
		}
		return nil
	}
	if s.input == "" && s.directory == "" && s.generate == 0 && (s.command == commandSync || s.command == commandPlan) {
		return errors.New("a server without INPUT or --directory: which mailboxes? (--generate N makes them up, for a test server)")
	}
	s.database = cmp.Or(s.database, defaultDatabase)
	return nil
}

// policy returns the policy of --remove.
func (s *settings) policy() (imsync.RemovePolicy, error) {
	switch s.remove {
	case "", "none":
		return imsync.RemoveNothing, nil
	case "owned":
		return imsync.RemoveOwned, nil
	case "all":
		return imsync.RemoveAll, nil
	}
	return "", fmt.Errorf("--remove %q: want none, owned or all", s.remove)
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

func isPostgres(database string) bool {
	return strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://")
}
