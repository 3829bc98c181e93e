package excerpt_test

import (
	"testing"

	"github.com/go-ews/exchange/internal/excerpt"
)

func TestAt(t *testing.T) {
	t.Parallel()
	const document = "<a>\r\n\t<b😀c/>\n</a>"
	for _, tt := range []struct {
		line, position int
		want           string
	}{
		{1, 1, "<a>\n^"},
		{1, 4, "<a>\n   ^"},
		{2, 4, " <b😀c/>\n   ^"},
		{2, 5, " <b😀c/>\n   ^"},
		{2, 6, " <b😀c/>\n    ^"},
		{1, 5, ""},
		{0, 1, ""},
		{1, 0, ""},
		{4, 1, ""},
	} {
		got := ""
		if e := excerpt.At([]byte(document), tt.line, tt.position); e != nil {
			got = e.String()
		}
		if got != tt.want {
			t.Errorf("line %d, position %d:\n%s\nwant\n%s", tt.line, tt.position, got, tt.want)
		}
	}
}
