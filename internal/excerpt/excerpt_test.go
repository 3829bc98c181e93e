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
		for _, end := range []string{"", "\n", "\r\n"} { // behind the last line end there is no line
			got := ""
			if e := excerpt.At([]byte(document+end), tt.line, tt.position); e != nil {
				got = e.String()
			}
			if got != tt.want {
				t.Errorf("line %d, position %d, end %q:\n%s\nwant\n%s", tt.line, tt.position, end, got, tt.want)
			}
		}
	}
}
