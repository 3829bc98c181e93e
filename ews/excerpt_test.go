package ews_test

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
)

// rawRequest is a body that writes itself, valid or not.
type rawRequest string

func (r rawRequest) AppendBody(dst []byte) ([]byte, error) { return append(dst, r...), nil }

// excerptOf sends a body, which begins in line 4, to a server that complains about a place in it.
func excerptOf(t testing.TB, body string, line, position int) *ews.SchemaValidationError {
	t.Helper()
	fault := fixture(t, "faults", "message_xml.xml")
	fault = strings.Replace(fault, "Number>4<", "Number>"+strconv.Itoa(line)+"<", 1)
	fault = strings.Replace(fault, "Position>17<", "Position>"+strconv.Itoa(position)+"<", 1)
	client := connect(t, once(always(http.StatusInternalServerError, fault, "Content-Type: text/xml")))
	client = client.WithHeader(ews.Header{RequestServerVersion: ews.OmitVersion})
	err := client.Call(t.Context(), ews.Operation{Name: "AddImGroup"}, rawRequest(body), new(plain))
	var got *ews.SchemaValidationError
	if !errors.As(err, &got) {
		t.Fatalf("%T %v, want an *ews.SchemaValidationError", err, err)
	}
	return got
}

// plain is the response of an operation of the user's own.
type plain struct{ ews.ResponseMessage }

func TestExcerpt(t *testing.T) {
	t.Parallel()
	const smile = "\U0001F600"
	for _, tc := range []struct {
		name, body     string
		line, position int
		want           string
	}{
		{"first character", "<a x='1'/>\n", 4, 1, "<a x='1'/>\n^"},
		{"in the middle", "<a x='1'/>\n", 4, 4, "<a x='1'/>\n   ^"},
		{"last character", "<a/>\n", 4, 4, "<a/>\n   ^"},
		{"just past the end", "<a/>\n", 4, 5, "<a/>\n    ^"},
		{"past the end", "<a/>\n", 4, 6, ""},
		{"past the end in UTF-16 units", "<a>\u00e9</a>\n", 4, 10, ""},
		{"far past the end", "<a/>\n", 4, 500, ""},
		{"largest position", "<a/>\n", 4, math.MaxInt32, ""},
		{"behind the last line", "<a/>\n", 7, 1, ""},
		{"second line", "<a>\n<b/>\n</a>\n", 5, 2, "<b/>\n ^"},
		{"empty line", "<a>\n\n</a>\n", 5, 1, "\n^"},
		{"no such line", "<a/>\n", 40, 1, ""},
		{"no line", "<a/>\n", 0, 0, ""},
		{"a letter of two bytes", "<a>\u00e9x</a>\n", 4, 6, "<a>\u00e9x</a>\n     ^"},
		{"behind an astral character", "<a>" + smile + "x</a>\n", 4, 6, "<a>" + smile + "x</a>\n    ^"},
		{"an astral character", "<a>" + smile + "x</a>\n", 4, 4, "<a>" + smile + "x</a>\n   ^"},
		{"within an astral character", "<a>" + smile + "x</a>\n", 4, 5, "<a>" + smile + "x</a>\n   ^"},
		{
			"behind three", "<a>" + smile + smile + smile + "x</a>\n", 4, 10,
			"<a>" + smile + smile + smile + "x</a>\n      ^",
		},
		{"carriage returns", "<a>\r<b>x</b>\r\n<c/>\n</a>\n", 5, 4, "<b>x</b>\n   ^"},
		{"behind both line ends", "<a>\r<b>x</b>\r\n<c/>\n</a>\n", 6, 1, "<c/>\n^"},
		{"tab", "<a>\tx</a>\n", 4, 5, "<a> x</a>\n    ^"},
		{"combining mark", "<a>e\u0301x</a>\n", 4, 6, "<a>e\u0301x</a>\n     ^"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := excerptOf(t, tc.body, tc.line, tc.position).Excerpt()
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("excerpt (-want +got):\n%s", diff)
			}
		})
	}
}

// TestExcerpt_LongLine holds that of a long line 160 characters at most are shown, and the one that
// is meant among them.
func TestExcerpt_LongLine(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"x", "\u00e9", "\u4e2d", "\U0001F600"} {
		text := []rune("<a>" + strings.Repeat(unit, 1000) + "!" + strings.Repeat(unit, 1000) + "</a>")
		units := 0 // in front of the mark: 3 of a tag and those of the repeated character
		for _, r := range text[:1003] {
			units += len(utf16Units(r))
		}
		for name, position := range map[string]int{"begin": 1, "mark": units + 1, "end": 2*units + 3} {
			t.Run(fmt.Sprintf("%q %s", unit, name), func(t *testing.T) {
				t.Parallel()
				line, caret, ok := strings.Cut(excerptOf(t, string(text)+"\n", 4, position).Excerpt(), "\n")
				if n := utf8.RuneCountInString(line); !ok || n != 160 || len(caret) > 161 {
					t.Fatalf("%d characters in the line, caret at %d: %q", n, len(caret), line)
				}
				switch shown := []rune(line); name {
				case "begin":
					if line != string(text[:160]) || caret != "^" {
						t.Errorf("%q\n%q", line, caret)
					}
				case "mark":
					if at := len(caret) - 1; shown[at] != '!' {
						t.Errorf("the caret is under %q", shown[at])
					}
				case "end":
					if !strings.HasSuffix(line, "</a>") || len(caret) != 161 {
						t.Errorf("%q, caret at %d", line, len(caret))
					}
				}
			})
		}
	}
}

// utf16Units returns as many elements as the character has UTF-16 units.
func utf16Units(r rune) []struct{} {
	if r >= 0x10000 {
		return make([]struct{}, 2)
	}
	return make([]struct{}, 1)
}

// TestExcerpt_AddImGroup shows the excerpt of the module's own request, as a developer sees it.
func TestExcerpt_AddImGroup(t *testing.T) {
	t.Parallel()
	fault := strings.Replace(fixture(t, "faults", "message_xml.xml"), "Number>4<", "Number>8<", 1)
	w := always(http.StatusInternalServerError, fault, "Content-Type: text/xml")
	_, err := connect(t, once(w)).AddImGroup(t.Context(), "R&D")
	var got *ews.SchemaValidationError
	if !errors.As(err, &got) {
		t.Fatalf("%T %v", err, err)
	}
	want := "<m:DisplayName>R&amp;D</m:DisplayName>\n                ^"
	if diff := cmp.Diff(want, got.Excerpt()); diff != "" {
		t.Errorf("excerpt (-want +got):\n%s", diff)
	}
	if line := strings.Split(w.requests()[0].body, "\n")[7]; !strings.HasPrefix(want, line) {
		t.Errorf("line 8 of the request is %q", line)
	}
}

// TestExcerpt_Kept holds that the excerpt outlives the request's buffer.
func TestExcerpt_Kept(t *testing.T) {
	t.Parallel()
	got := excerptOf(t, "<first/>\n", 4, 1)
	for range 10 {
		_ = excerptOf(t, "<other/>\n", 4, 1)
	}
	if want := "<first/>\n^"; got.Excerpt() != want {
		t.Errorf("the excerpt became %q", got.Excerpt())
	}
}

// TestExcerpt_Control holds that characters which would move the caret, or a terminal, do not
// appear.
func TestExcerpt_Control(t *testing.T) {
	t.Parallel()
	got := excerptOf(t, "<a>\x1b[31m\x7f\x00</a>\n", 4, 4).Excerpt()
	if want := "<a> [31m  </a>\n   ^"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestExcerpt_None(t *testing.T) {
	t.Parallel()
	if got := new(ews.SchemaValidationError).Excerpt(); got != "" {
		t.Errorf("an excerpt of nothing: %q", got)
	}
}
