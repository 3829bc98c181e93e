// Command ewsserve is a server for .ci/real-suite: the Exchange of package ewstest on a port of the
// loopback interface, behind a front end that has authenticated the caller and names the user in
// X-Remote-User.
//
// It prints the URL to which the front end adds /EWS/Exchange.asmx, serves until its standard input
// ends, and then prints for each mailbox how many requests it got.
package main

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/go-ews/exchange/ews/ewstest"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "ewsserve:", err)
		os.Exit(1)
	}
}

// run is main without its process.
func run(until io.Reader, out io.Writer) error {
	var count counter
	server := ewstest.NewServer(&ewstest.Options{User: remoteUser, Intercept: count.add})
	endpoint, stop := server.Start()
	defer stop()
	if _, err := fmt.Fprintln(out, strings.TrimSuffix(endpoint, "/EWS/Exchange.asmx")); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, until); err != nil {
		return err
	}
	return count.print(out)
}

func remoteUser(r *http.Request) string { return r.Header.Get("X-Remote-User") }

// counter counts requests by mailbox.
type counter struct {
	mu       sync.Mutex
	requests map[string]int
}

func (c *counter) add(r ewstest.Request) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.requests == nil {
		c.requests = make(map[string]int)
	}
	c.requests[r.Mailbox]++
	return nil
}

func (c *counter) print(out io.Writer) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, mailbox := range slices.Sorted(maps.Keys(c.requests)) {
		if _, err := fmt.Fprintf(out, "%d requests of %s\n", c.requests[mailbox], mailbox); err != nil {
			return err
		}
	}
	return nil
}
