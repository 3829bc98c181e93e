package ews_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// checkProxyLogs holds the attempts against the requests that the proxies logged. A line is written
// when the request has ended, which may be after the client has its response. Varnish has no log.
// Where the connection behind it ended, HAProxy closes its own without a line, and Apache writes
// two lines over HTTP/2: there the backend's count, which check has compared, is the only one. Apache
// now and then leaves an HTTP/2 request out of its log: two lines of the whole matrix may be missing if
// the backend has counted the request. One line too many is an error everywhere.
func checkProxyLogs(t *testing.T, calls []*proxyCall) {
	t.Helper()
	logged := func() (differ, missing []string) {
		counts := proxyLogs(t)
		for _, c := range calls {
			n := counts[c.id]
			switch {
			case n == c.attempts || c.logsOtherwise(n):
			case n == c.attempts-1 && c.passes() && strings.HasPrefix(c.front, "APACHE") && c.http2:
				missing = append(missing, c.id)
			default:
				differ = append(differ, fmt.Sprintf("%s: %d attempts, %d requests logged: %v",
					c.id, c.attempts, n, c.err))
			}
		}
		return differ, missing
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		differ, missing := logged()
		if len(differ)+len(missing) == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			if len(differ) > 0 || len(missing) > 2 {
				t.Errorf("attempts and the proxies' logs differ:\n%s\nlines missing: %q", strings.Join(differ, "\n"), missing)
			}
			return
		}
	}
}

// logsOtherwise reports whether the front has a reason to write n lines for the attempts of the
// call.
func (c *proxyCall) logsOtherwise(n int) bool {
	switch {
	case c.front == "VARNISH":
		return n == 0
	case c.trouble == dies && strings.HasPrefix(c.front, "HAPROXY"):
		return n < c.attempts
	case c.trouble == dies && strings.HasPrefix(c.front, "APACHE") && strings.HasSuffix(c.front, "_H2"):
		return n == c.attempts+1
	}
	return false
}

// loggedRequest is the part of a proxy's log line that names the call. Logs of errors have no such
// part.
var loggedRequest = regexp.MustCompile(` uri=(?:http://[^/]+)?/([^/ ]+)/EWS/Exchange\.asmx`)

// proxyLogs counts the requests that the proxies logged, by the id of the call.
func proxyLogs(t *testing.T) map[string]int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(os.Getenv("EWS_PROXY_LOG"), "*.log"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no logs in EWS_PROXY_LOG: %v", err)
	}
	counts := make(map[string]int)
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // the environment names the folder
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range loggedRequest.FindAllSubmatch(text, -1) {
			counts[string(match[1])]++
		}
	}
	return counts
}
