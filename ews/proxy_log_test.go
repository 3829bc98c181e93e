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
// when the request has ended, which may be after the client has its response.
//
// Now and then Apache and HAProxy leave an HTTP/2 request out of their logs (one way is
// github.com/haproxy/haproxy/issues/3414). Two calls of the whole matrix may lack such lines, if
// the backend has counted the requests: check has compared that count. One line too many, or too
// few for a request that the backend has not seen, is an error everywhere.
func checkProxyLogs(t *testing.T, calls []*proxyCall) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		differ, missing := compareWithLogs(calls, proxyLogs(t))
		if len(differ)+len(missing) == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			if len(differ) > 0 || len(missing) > 2 {
				t.Errorf("attempts and the proxies' logs differ:\n%s\nlines missing:\n%s",
					strings.Join(differ, "\n"), strings.Join(missing, "\n"))
			} else {
				t.Logf("the proxies' logs leave out:\n%s", strings.Join(missing, "\n"))
			}
			return
		}
	}
}

// compareWithLogs lists the calls whose attempts are not the logged requests, and, apart from them,
// those where HTTP/2 requests are missing in the log that the backend has counted.
func compareWithLogs(calls []*proxyCall, logged map[string]int) (differ, missing []string) {
	for _, c := range calls {
		n := logged[c.id]
		if n == c.attempts || c.logsOtherwise(n) {
			continue
		}
		text := fmt.Sprintf("%s: %d attempts, %d requests logged, %d at the backend: %v",
			c.id, c.attempts, n, c.requests, c.err)
		if c.overHTTP2() && n < c.attempts && c.attempts-n <= c.requests {
			missing = append(missing, text)
		} else {
			differ = append(differ, text)
		}
	}
	return differ, missing
}

// A log that leaves a line out is told from a request that was sent once too often.
func TestCompareWithLogs(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		call            proxyCall
		logged          int
		differ, missing int
	}{
		"each in the log":             {proxyCall{front: "HAPROXY_H2", attempts: 2, requests: 2}, 2, 0, 0},
		"one more than attempts":      {proxyCall{front: "HAPROXY_H2", attempts: 1, requests: 1}, 2, 1, 0},
		"one less, seen behind it":    {proxyCall{front: "APACHE_H2", attempts: 2, requests: 2}, 1, 0, 1},
		"none, one seen behind it":    {proxyCall{front: "HAPROXY_H2", attempts: 1, requests: 1}, 0, 0, 1},
		"none, over HTTP/1.1":         {proxyCall{front: "HAPROXY", attempts: 1, requests: 1}, 0, 1, 0},
		"none, none behind it":        {proxyCall{front: "HAPROXY_H2", attempts: 1}, 0, 1, 0},
		"two less, one seen":          {proxyCall{front: "HAPROXY_H2", attempts: 2, requests: 1}, 0, 1, 0},
		"Varnish has no log":          {proxyCall{front: "VARNISH", attempts: 2, requests: 2}, 0, 0, 0},
		"HAProxy's connection ended":  {proxyCall{front: "HAPROXY", trouble: dies, attempts: 1, requests: 1}, 0, 0, 0},
		"Apache writes one too many":  {proxyCall{front: "APACHE_H2", trouble: dies, attempts: 1, requests: 1}, 2, 0, 0},
		"Apache writes two too many":  {proxyCall{front: "APACHE_H2", trouble: dies, attempts: 1, requests: 1}, 3, 1, 0},
		"HAProxy writes one too many": {proxyCall{front: "HAPROXY", trouble: dies, attempts: 1, requests: 1}, 2, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.call.id = "call"
			differ, missing := compareWithLogs([]*proxyCall{&tc.call}, map[string]int{"call": tc.logged})
			if len(differ) != tc.differ || len(missing) != tc.missing {
				t.Errorf("differ %q, missing %q; want %d and %d", differ, missing, tc.differ, tc.missing)
			}
		})
	}
}

// logsOtherwise reports whether the front has a reason to write n lines for the attempts of the
// call. Varnish has no log. Where the connection behind it ended, HAProxy closes its own without a
// line, and Apache writes two lines over HTTP/2: there the backend's count is the only one.
func (c *proxyCall) logsOtherwise(n int) bool {
	switch {
	case c.front == "VARNISH":
		return n == 0
	case c.trouble == dies && strings.HasPrefix(c.front, "HAPROXY"):
		return n < c.attempts
	case c.trouble == dies && strings.HasPrefix(c.front, "APACHE") && c.overHTTP2():
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
