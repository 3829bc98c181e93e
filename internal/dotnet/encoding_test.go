package dotnet

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// otherEncodings are names of encodings that .NET reads, besides those of UTF-8 and of UTF-16 in
// either byte order.
var otherEncodings = strings.Fields("utf-16le unicode utf-16be unicodefffe utf-32 utf-32le utf-32be " +
	"iso-8859-1 iso_8859-1 iso8859-1 iso_8859-1:1987 iso-ir-100 latin1 l1 cp819 ibm819 csisolatin1 utf-7 " +
	"us-ascii ascii us ansi_x3.4-1968 ansi_x3.4-1986 cp367 ibm367 csascii iso-ir-6 iso646-us iso_646.irv:1991")

var encodingName = regexp.MustCompile(`^\x{FEFF}?<\?xml[^>]*?\sencoding\s*=\s*["']([^"'<>&]*)`)

// inUTF8 reports whether a request is in UTF-8, and does not say that it is in something else.
func inUTF8(request string) bool {
	for _, mark := range []string{"<\x00", "\x00<", "\x00\x00\x00<"} {
		if strings.HasPrefix(request, mark) {
			return false
		}
	}
	if n := strings.IndexFunc(request, func(c rune) bool { return c == utf8.RuneError }); n >= 0 &&
		!utf8.ValidString(request) && utf8.FullRuneInString(request[validPrefix(request):]) {
		return false
	}
	m := encodingName.FindStringSubmatch(request)
	return m == nil || !slices.Contains(otherEncodings, strings.ToLower(m[1]))
}

func TestCheck_OtherEncodings(t *testing.T) {
	t.Parallel()
	request := baseRequests()[3]
	latin1 := strings.NewReplacer("ä", "\xE4", "ü", "\xFC", "ö", "\xF6").Replace(request)
	const utf16, utf32 = "System does not support 'utf-16' encoding.", "System does not support 'utf-32' encoding."
	for name, c := range map[string]struct {
		request string
		want    Violation
	}{
		"UTF-16":                     {toUTF16(request, false, true), Violation{Text: utf16}},
		"UTF-16, big":                {toUTF16(request, true, true), Violation{Text: utf16}},
		"UTF-16, unmarked":           {toUTF16(request, false, false), Violation{Text: utf16}},
		"UTF-16, big, unmarked":      {toUTF16(request, true, false), Violation{Text: utf16}},
		"UTF-32":                     {"\xFF\xFE\x00\x00<\x00\x00\x00", Violation{Text: utf32}},
		"UTF-32, big, unmarked":      {"\x00\x00\x00<\x00\x00\x00a", Violation{Text: utf32}},
		"Latin-1 without a word":     {"<a>\r\n\rb\xE4</a>", Violation{3, 2, "Invalid character in the given encoding. Line 3, position 2."}},
		"Latin-1 by name":            {strings.Replace(latin1, "utf-8", "ISO-8859-1", 1), Violation{1, 31, "System does not support 'ISO-8859-1' encoding. Line 1, position 31."}},
		"ASCII by name":              {"<?xml version='1.0' encoding='us-ascii'?><a/>", Violation{1, 31, "System does not support 'us-ascii' encoding. Line 1, position 31."}},
		"UTF-8 that says UTF-16":     {strings.Replace(request, "utf-8", "utf-16", 1), Violation{Text: "There is no Unicode byte order mark. Cannot switch to Unicode."}},
		"a half pair as a character": {"<a>\xED\xA0\x80</a>", Violation{1, 4, "Invalid character in the given encoding. Line 1, position 4."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, v := Check([]byte(c.request), nil)
			if diff := cmp.Diff(&c.want, v); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
		})
	}
}
