// Package retryafter reads how long a server asks its clients to wait.
package retryafter

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// longest is the longest wait that is taken at its word.
const longest = 24 * time.Hour

// Header reads Retry-After (RFC 9110 section 10.2.3), a number of seconds or a date, which is taken
// relative to the server's own clock if it has one. The wait is between 0 and a day. It reports
// false if the header says nothing.
func Header(h http.Header) (time.Duration, bool) {
	value := h.Get("Retry-After")
	if wait, ok := Number(value, time.Second); ok {
		return wait, true
	}
	if value == "" {
		return 0, false
	}
	at, err := http.ParseTime(strings.TrimSpace(value))
	if err != nil {
		return 0, false
	}
	now := time.Now()
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return Bound(at.Sub(now)), true
}

// Number reads a whole number of units. The wait is between 0 and a day for any number.
func Number(text string, unit time.Duration) (time.Duration, bool) {
	if text = strings.TrimSpace(text); text == "" {
		return 0, false // most often, and ParseInt would allocate the error
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, false
	}
	return time.Duration(min(max(n, 0), int64(longest/unit))) * unit, true
}

// Bound returns a wait of 0 to a day.
func Bound(wait time.Duration) time.Duration { return min(max(wait, 0), longest) }
