package ewstest

import (
	"strconv"
	"unicode/utf8"
)

// writer appends XML. Attributes are given as pairs of name and value.
type writer struct{ buf []byte }

// raw appends what is XML already.
func (w *writer) raw(s string) { w.buf = append(w.buf, s...) }

// open writes a start tag, name spaces included: a prefix is declared like any attribute.
func (w *writer) open(name string, attrs ...string) {
	w.tag(name, attrs)
	w.raw(">")
}

func (w *writer) close(name string) {
	w.raw("</")
	w.raw(name)
	w.raw(">")
}

// empty writes an element without content, as in <t:ItemId Id="…"/>.
func (w *writer) empty(name string, attrs ...string) {
	w.tag(name, attrs)
	w.raw("/>")
}

// text writes an element that holds nothing but text.
func (w *writer) text(name, text string, attrs ...string) {
	if text == "" {
		w.empty(name, attrs...)
		return
	}
	w.open(name, attrs...)
	w.escape(text)
	w.close(name)
}

// optional is text for an element that is left out without a value.
func (w *writer) optional(name, text string) {
	if text != "" {
		w.text(name, text)
	}
}

// flag writes an xs:boolean.
func (w *writer) flag(name string, value bool) { w.text(name, strconv.FormatBool(value)) }

func (w *writer) tag(name string, attrs []string) {
	w.raw("<")
	w.raw(name)
	for i := 0; i+1 < len(attrs); i += 2 {
		w.raw(" ")
		w.raw(attrs[i])
		w.raw(`="`)
		w.escape(attrs[i+1])
		w.raw(`"`)
	}
}

// escape writes character data that is right in an element and in an attribute. What XML 1.0
// forbids is written as a reference, &#xB;, as Exchange does in a violation that quotes it: no
// conforming parser takes that, and a client of Exchange has to.
func (w *writer) escape(s string) {
	for _, r := range s { // invalid UTF-8 comes out as U+FFFD
		switch {
		case r == '&':
			w.raw("&amp;")
		case r == '<':
			w.raw("&lt;")
		case r == '>':
			w.raw("&gt;")
		case r == '"':
			w.raw("&quot;")
		case r < ' ' && r != '\n' && r != '\t', r == 0xFFFE, r == 0xFFFF:
			w.reference(r)
		default:
			w.buf = utf8.AppendRune(w.buf, r)
		}
	}
}

// reference writes a character by its number, as Exchange does: in hexadecimal, without leading
// zeros, in capitals.
func (w *writer) reference(r rune) {
	const hex = "0123456789ABCDEF"
	w.raw("&#x")
	for shift := 12; shift >= 0; shift -= 4 {
		if digit := r >> shift; digit != 0 {
			w.buf = append(w.buf, hex[digit&0xF])
		} else if shift == 0 {
			w.raw("0")
		}
	}
	w.raw(";")
}
