package dotnet

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// A scanner takes a value apart from the left.
type scanner struct{ rest string }

// number takes exactly n digits and returns their number if it is within bounds.
func (s *scanner) number(n, low, high int) (int, bool) {
	if len(s.rest) < n {
		return 0, false
	}
	number := 0
	for _, c := range []byte(s.rest[:n]) {
		if c < '0' || c > '9' {
			return 0, false
		}
		number = number*10 + int(c-'0')
	}
	s.rest = s.rest[n:]
	return number, number >= low && number <= high
}

// digits takes as many digits as there are.
func (s *scanner) digits() string {
	n := len(s.rest) - len(strings.TrimLeft(s.rest, "0123456789"))
	digits := s.rest[:n]
	s.rest = s.rest[n:]
	return digits
}

// literal takes a given text.
func (s *scanner) literal(text string) bool {
	rest, ok := strings.CutPrefix(s.rest, text)
	s.rest = rest
	return ok
}

// checkDateTime checks a date and time of the years 1 to 9999. XML Schema's other years, its hour 24 and its
// limits of the offset are unknown to .NET.
func checkDateTime(value string) string {
	value = collapse(value)
	s := &scanner{value}
	if s.date() && s.literal("T") && s.clock() && s.zone() && s.rest == "" {
		return ""
	}
	return "The string '" + value + "' is not a valid DateTime value."
}

// date takes a day of the calendar.
func (s *scanner) date() bool {
	year, ok := s.number(4, 1, 9999)
	if !ok || !s.literal("-") {
		return false
	}
	month, ok := s.number(2, 1, 12)
	if !ok || !s.literal("-") {
		return false
	}
	day, ok := s.number(2, 1, 31)
	return ok && time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() == day
}

// clock takes a time of day, with any number of decimals.
func (s *scanner) clock() bool {
	for i, high := range []int{23, 59, 59} {
		if i > 0 && !s.literal(":") {
			return false
		}
		if _, ok := s.number(2, 0, high); !ok {
			return false
		}
	}
	return !s.literal(".") || s.digits() != ""
}

// zone takes an offset, of which .NET only wants that it is two numbers.
func (s *scanner) zone() bool {
	if s.literal("Z") || s.literal("z") || !s.literal("+") && !s.literal("-") {
		return true
	}
	_, ok := s.number(2, 0, 99)
	if !ok || !s.literal(":") {
		return false
	}
	_, ok = s.number(2, 0, 99)
	return ok
}

// checkDuration checks that a duration is well-formed and no longer than .NET's time span can be.
func checkDuration(value string) string {
	if value == "" {
		return "The attribute value cannot be empty."
	}
	value = strings.TrimSpace(collapse(value))
	s := &scanner{value}
	s.literal("-")
	var d duration
	switch {
	case !s.literal("P") || !d.parse(s):
		return "The string '" + value + "' is not a valid Duration value."
	case d.overflow:
		return "Value '" + value + "' was either too large or too small for Duration."
	case d.seconds > math.MaxInt64/int64(1e7):
		return "Value 'Duration' was either too large or too small for TimeSpan."
	}
	return ""
}

// A duration is what its parts add up to. A year has 365 days to .NET and a month 30.
type duration struct {
	seconds  int64
	overflow bool // a part is no 32-bit number
}

// parse takes what follows the P of a duration: parts in a fixed order, each at most once, one at least, and
// one at least after the T.
func (d *duration) parse(s *scanner) bool {
	const day = 24 * 60 * 60
	dates := d.parts(s, "YMD", 365*day, 30*day, day)
	if s.literal("T") {
		return d.parts(s, "HMS", 60*60, 60, 1) > 0 && s.rest == ""
	}
	return dates > 0 && s.rest == ""
}

// parts takes the parts with the given designators and counts them. Only seconds may have a fraction.
func (d *duration) parts(s *scanner, designators string, seconds ...int64) int {
	count := 0
	for i := range len(designators) {
		before := s.rest
		digits := s.digits()
		fraction := designators[i] == 'S' && s.literal(".")
		if fraction {
			s.digits()
		}
		if digits == "" && !fraction || !s.literal(designators[i:i+1]) {
			s.rest = before
			continue
		}
		n, err := strconv.ParseInt("0"+digits, 10, 32)
		d.overflow = d.overflow || err != nil
		d.seconds += n * seconds[i]
		count++
	}
	return count
}
