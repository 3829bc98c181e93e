package dotnet

import (
	"encoding/xml"
	"strings"
	"testing"
)

// A word in schema.txt that is mistyped would make a type that demands nothing.
func TestSchemas_NamesAreDefined(t *testing.T) {
	t.Parallel()
	defined := map[xml.Name]bool{}
	for line := range strings.Lines(schemaText) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == "type" {
			defined[expand(words[1])] = true
		}
	}
	for name, typ := range schemas.types {
		if typ != unseen && !defined[name] {
			t.Errorf("%s is used, and no line defines it", qualified(name))
		}
	}
	for word := range valueChecks {
		if !defined[expand(word)] {
			t.Errorf("%s has a check, and no line defines it", word)
		}
	}
	for name, typ := range schemas.elements {
		if name.Space == "" || typ == nil {
			t.Errorf("element %v has type %v", name, typ)
		}
	}
}

// Names follow the rules of XML 1.0 before its fifth edition, which allows nearly every character.
func TestNames_FourthEdition(t *testing.T) {
	t.Parallel()
	for c, want := range map[rune]struct{ start, rest bool }{
		'é': {true, true}, 'ж': {true, true}, '中': {true, true}, '〇': {true, true}, 'ｱ': {},
		'·': {false, true}, '٣': {false, true}, '\u0300': {false, true}, '\u3031': {false, true},
		'\u0132': {}, '\u01C4': {}, '\u0218': {}, '×': {}, '\u2070': {}, '\u3400': {}, '\U00020000': {}, '😀': {},
	} {
		if got := nameStart(string(c)) > 0; got != want.start {
			t.Errorf("%U may begin a name: %t, want %t", c, got, want.start)
		}
		if got := nameRest(string(c)) > 0; got != want.rest {
			t.Errorf("%U may continue a name: %t, want %t", c, got, want.rest)
		}
	}
}
