package oneline_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/go-ews/exchange/internal/oneline"
)

func TestText(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"letters", "Größe 大 \U0001F600", "Größe 大 \U0001F600"},
		{"lines", "a\r\nb\n\tc\v\fd", "a b c d"},
		{"line ends of Unicode", "a\u0085b\u2028c\u2029d", "a b c d"},
		{"around", "  a  ", "a"},
		{"unusual blanks", "a\u00a0b\u3000c", "a b c"},
		{"escape sequence", "\x1b[31mred\x1b[0m", "\ufffd[31mred\ufffd[0m"},
		{"delete, backspace, bell", "a\x7fb\bc\ad\x00", "a\ufffdb\ufffdc\ufffdd\ufffd"},
		{"C1", "a\u0080b\u009b2Jc\u009fd", "a\ufffdb\ufffd2Jc\ufffdd"},
		{"embeddings and overrides", "a\u202ab\u202bc\u202cd\u202de\u202ef", "a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf"},
		{"isolates", "a\u2066b\u2067c\u2068d\u2069e", "a\ufffdb\ufffdc\ufffdd\ufffde"},
		{"direction marks", "a\u200eb\u200fc\u061cd", "a\ufffdb\ufffdc\ufffdd"},
		{"invisible", "a\u200bb\u2060c\ufeffd\u00ade", "a\ufffdb\ufffdc\ufffdd\ufffde"},
		{"tags", "a\U000E0041b", "a\ufffdb"},
		{"not UTF-8", "a\xffb\xc3", "a\ufffdb\ufffd"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := oneline.Text(tc.in); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

func TestClip(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, in string
		n        int
		want     string
	}{
		{"short", "abc", 3, "abc"},
		{"long", "abcd", 3, "abc…"},
		{"within a character", "aé", 2, "a…"},
		{"grows while it is cleaned", "a\x00b", 3, "a…"},
		{"huge", strings.Repeat("x", 1<<20), 4, "xxxx…"},
		{"huge and blank", strings.Repeat(" ", 1<<20), 4, "…"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := oneline.Clip(tc.in, tc.n); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

func TestQuote(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": `""`, "Größe": `"Größe"`, "Größen": `"Größe…"`, "a\u202eb\x1b": `"a\u202eb\x1b"`,
		`a"b`: `"a\"b"`, "a\xffb": `"a\xffb"`,
	} {
		if got := oneline.Quote(in, 5); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"a b", "\u202e\x9b\r\n", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := oneline.Text(s)
		bad := func(r rune) bool {
			return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.IsSpace(r) && r != ' '
		}
		if !utf8.ValidString(got) || strings.ContainsFunc(got, bad) || oneline.Text(got) != got {
			t.Errorf("%q became %q", s, got)
		}
	})
}
