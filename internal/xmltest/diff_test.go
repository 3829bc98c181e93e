package xmltest_test

import (
	"strings"
	"testing"

	"github.com/go-ews/exchange/internal/xmltest"
)

func TestDiff_Same(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, want, got string }{
		{"prefixes", `<a:x xmlns:a="u"><a:y/></a:x>`, `<x xmlns="u"><b:y xmlns:b="u"></b:y></x>`},
		{"prefix bound anew", `<a:x xmlns:a="u"><a:y xmlns:a="v"/></a:x>`, `<x xmlns="u"><y xmlns="v"/></x>`},
		{"default taken back", `<x xmlns="u"><y xmlns=""/></x>`, `<a:x xmlns:a="u"><y/></a:x>`},
		{"attribute order", `<x a="1" b="2"/>`, `<x b='2' a='1'/>`},
		{"attribute prefixes", `<x a:k="1" xmlns:a="u"/>`, `<x xmlns:b="u" b:k="1"/>`},
		{"layout", "<x>\n  <y>1</y>\n</x>", `<x><y>1</y></x>`},
		{"references", `<x>a&#x26;b&lt;</x>`, `<x><![CDATA[a&b<]]></x>`},
		{"comments", `<x>a<!-- c -->b</x>`, `<?xml version="1.0"?><!-- d --><x>ab</x><?p?>`},
		{"xml:lang", `<x xml:lang="en"/>`, `<x xmlns:y="u" xml:lang="en"/>`},
		{"line ends", "<x>a\r\nb</x>", "<x>a\nb</x>"},
		{"byte order mark", "\ufeff<x/>", "<x/>"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := xmltest.Diff([]byte(tc.want), []byte(tc.got)); diff != "" {
				t.Errorf("Diff reports (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDiff_Different(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, want, got, report string }{
		{"root", `<x/>`, `<y/>`, `/: -<x> (1:5) +<y> (1:5)`},
		{"namespace", `<x xmlns="u"/>`, `<x xmlns="v"/>`, `/: -<{u}x> (1:15) +<{v}x> (1:15)`},
		{"no default for attributes", `<x xmlns="u" a="1"/>`, `<x xmlns="u" xmlns:p="u" p:a="1"/>`, `-@a="1"`},
		{"text", `<x><y>1</y></x>`, "<x>\n<y>2</y></x>", `/x/y: -"1" (1:8) +"2" (2:5)`},
		{"blanks in a leaf", `<x> </x>`, `<x/>`, `/x: -" " (1:5), missing`},
		{"blanks round text", `<x>a</x>`, `<x>a </x>`, `/x: -"a" (1:5) +"a " (1:6)`},
		{"order", `<x><a/><b/></x>`, `<x><b/><a/></x>`, `/x: -<a> (1:8) +<b> (1:8)`},
		{"missing element", `<x><a/></x>`, `<x/>`, `/x: -<a> (1:8), missing`},
		{"further element", `<x/>`, `<x><a/></x>`, `/x: +<a> (1:8), not wanted`},
		{"element for text", `<x>a</x>`, `<x><a/></x>`, `/x: -"a" (1:5) +<a> (1:8)`},
		{"attribute value", `<x a="1"/>`, `<x a="2"/>`, `/x: @a -"1" (1:11) +"2" (1:11)`},
		{"missing attribute", `<x a="1"/>`, `<x/>`, `/x: -@a="1" (1:11), missing at 1:5`},
		{"further attribute", `<x/>`, `<x a="1"/>`, `/x: +@a="1" (1:11), not wanted`},
		{"unclosed", `<x/>`, `<x>`, `+ not well-formed: <x> is never closed`},
		{"mismatched", `<x></y>`, `<x/>`, `- not well-formed: 1:8: end tag of "y" closes nothing`},
		{"prefix for prefix", `<a:x xmlns:a="u" xmlns:b="u"></b:x>`, `<x xmlns="u"/>`, `closes nothing`},
		{"unbound prefix", `<x/>`, `<p:x/>`, `+ not well-formed: 1:7: prefix "p" is not bound`},
		{"attribute twice", `<x/>`, `<x p:a="1" q:a="1" xmlns:p="u" xmlns:q="u"/>`, `attribute {u}a occurs twice`},
		{"second root", `<x/>`, `<x/><x/>`, `a second root, <x>`},
		{"text behind", `<x/>`, `<x/>y`, `text outside the root, "y"`},
		{"nothing", ``, `<x/>`, `- not well-formed: no element`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			diff := xmltest.Diff([]byte(tc.want), []byte(tc.got))
			if !strings.Contains(diff, tc.report) {
				t.Errorf("Diff reports\n%s\nwhich does not contain\n%s", diff, tc.report)
			}
		})
	}
}

func TestDiff_Bounded(t *testing.T) {
	t.Parallel()
	diff := xmltest.Diff([]byte("<x/>"), []byte("<x>"+strings.Repeat("<y/>", 1000)+"</x>"))
	if got := strings.Count(diff, "\n"); got != 11 || !strings.HasSuffix(diff, "and 990 more\n") {
		t.Errorf("Diff reports %d lines, want 10 and one that counts the rest:\n%s", got, diff)
	}
}
