package requestid_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/go-ews/exchange/internal/requestid"
)

// RFC 9562, section 5.4.
var version4 = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestAppend(t *testing.T) {
	t.Parallel()
	first := string(requestid.Append(nil))
	seen := map[string]bool{}
	for range 1000 {
		id := string(requestid.Append(nil))
		if len(id) != requestid.Size || !version4.MatchString(id) || id[:18] != first[:18] || seen[id] {
			t.Fatalf("%q after %q", id, first)
		}
		seen[id] = true
	}
}

func TestForeign(t *testing.T) {
	t.Parallel()
	own, other := string(requestid.Append(nil)), string(requestid.Append(nil))
	for name, tt := range map[string]struct {
		echoed []string
		want   bool
	}{
		"none":                   {nil, false},
		"its own":                {[]string{strings.ToUpper(own)}, false},
		"another's":              {[]string{strings.ToUpper(other)}, true},
		"both":                   {[]string{other, own}, false},
		"made up":                {[]string{"b7a3c1f0-5d2e-4c7b-9f00-1234567890ab"}, false},
		"of no form":             {[]string{"", own[:18], own + "x"}, false},
		"and a third":            {[]string{"", other}, true},
		"plain":                  {[]string{strings.ReplaceAll(other, "-", "")}, true},
		"own, plain":             {[]string{strings.ToUpper(strings.ReplaceAll(own, "-", ""))}, false},
		"other forms":            {[]string{"{" + strings.ToUpper(strings.ReplaceAll(other, "-", "")) + "}"}, true},
		"own, hyphens elsewhere": {[]string{other, strings.ReplaceAll(own, "-4", "4-")}, false},
		"plain, half":            {[]string{strings.ReplaceAll(other, "-", "")[:31]}, false},
		"in braces":              {[]string{"{" + other + "}"}, true},
		"in quotes":              {[]string{`"` + other + `"`}, true},
		"after blank":            {[]string{" " + other}, true},
		"a list":                 {[]string{other + ", " + other}, true},
		"own in list":            {[]string{other + ", {" + own + "}"}, false},
		"made up, it":            {[]string{"b7a3c1f0-5d2e-4c7b-9f00-1234567890ab," + other}, true},
	} {
		if got := requestid.Foreign(http.Header{"Client-Request-Id": tt.echoed}, own); got != tt.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if requestid.Foreign(http.Header{"Client-Request-Id": {""}}, "") {
		t.Error("no id at all is another's")
	}
}
