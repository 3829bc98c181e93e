package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/go-ews/exchange/examples/commands/internal/cli"
)

// notices prints the first error of each cause, a line a second at most. The others are in the report.
type notices struct {
	to io.Writer // nil: nowhere

	mu    sync.Mutex
	seen  map[string]time.Time // when a cause was printed
	last  time.Time
	waits time.Time // end of the last wait that was printed
}

const (
	maxCauses   = 100 // that are printed
	noticeEvery = time.Second
	waitEvery   = time.Minute // for waits with the same cause
)

// failed prints a failure of a mailbox if it is the first with its cause.
func (n *notices) failed(mailbox string, err error, what string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	key := cause(mailbox, err.Error())
	if _, ok := n.seen[key]; !ok && time.Since(n.last) >= noticeEvery {
		n.print(key, fmt.Sprintf("%s: %s: %v", mailbox, what, err))
	}
}

// waiting prints a wait once for all mailboxes, and again after a minute if it has not ended by
// then.
func (n *notices) waiting(mailbox string, wait time.Duration, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	key := "waiting " + cause(mailbox, err.Error())
	if now.Before(n.waits) || now.Sub(n.seen[key]) < waitEvery {
		return
	}
	n.waits = now.Add(wait)
	n.print(key, fmt.Sprintf("waiting %v: %v", wait.Round(time.Millisecond), err))
}

// queue prints an error of the queue, and again after a minute.
func (n *notices) queue(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	key := "queue " + cause("", text)
	if time.Since(n.seen[key]) >= waitEvery {
		n.print(key, "the queue: "+text)
	}
}

func (n *notices) print(key, line string) {
	if n.seen == nil {
		n.seen = map[string]time.Time{}
	}
	if n.to == nil || len(n.seen) >= maxCauses {
		return
	}
	n.last = time.Now()
	n.seen[key] = n.last
	fmt.Fprintln(n.to, cli.Line(line))
}

// Parts of an error that differ from mailbox to mailbox: quoted text, addresses, ids, numbers and times.
// Codes and words remain.
var differing = regexp.MustCompile(`"[^"]*"|[^\s"'<>(),;:]+@[^\s"'<>(),;:]+|\b[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}\b|\d+([.:]\d+)*(ms|µs|s|m|h)?`)

// statusCode is a number that distinguishes errors.
var statusCode = regexp.MustCompile(`\b(HTTP|status)( code)? [1-5]\d\d\b|\b[1-5]\d\d [A-Z][a-z]+`)

// cause returns the common part of the errors of several mailboxes, to group them by.
func cause(mailbox, text string) string {
	if mailbox != "" {
		text = strings.ReplaceAll(text, mailbox, "…")
	}
	codes := strings.Join(statusCode.FindAllString(text, -1), " ")
	return codes + "\n" + differing.ReplaceAllString(text, "…")
}
