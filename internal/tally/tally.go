// Package tally counts the calls that tests make to real servers, for the table of .ci/auth-peers.
package tally

import (
	"fmt"
	"strings"
	"sync/atomic"
)

// A Count is of calls to one peer with one scheme. The zero value is ready, and safe for concurrent use.
type Count struct {
	calls, failures, confused atomic.Int64
}

// Add counts a call whose response must name the user. It reports whether it does.
func (c *Count) Add(user, response string, err error) bool {
	c.calls.Add(1)
	switch {
	case err == nil && strings.Contains(response, "<User>"+user+"</User>"):
		return true
	case err == nil && strings.Contains(response, "<User>"):
		c.confused.Add(1)
	}
	c.failures.Add(1)
	return false
}

// Line is what .ci/auth-peers looks for in the output of tests: peer and scheme, without blanks, then
// calls, failures, requests on the wire and identities confused.
func (c *Count) Line(peer, scheme string, requests int) string {
	return fmt.Sprintf("tally %s %s %d %d %d %d", strings.ReplaceAll(peer, " ", "_"), scheme,
		c.calls.Load(), c.failures.Load(), requests, c.confused.Load())
}
