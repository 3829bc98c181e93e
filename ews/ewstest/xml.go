package ewstest

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// The namespaces of requests and responses.
const (
	envelopeSpace = "http://schemas.xmlsoap.org/soap/envelope/"
	messagesSpace = "http://schemas.microsoft.com/exchange/services/2006/messages"
	typesSpace    = "http://schemas.microsoft.com/exchange/services/2006/types"
	errorsSpace   = "http://schemas.microsoft.com/exchange/services/2006/errors"
)

const prolog = `<?xml version="1.0" encoding="utf-8"?>`

// node is a piece of XML: an element, or without a name its text and children as they stand. The
// zero value writes nothing. Prefixes are declared like any attribute.
type node struct {
	name     string
	attrs    []string // names and values in turn
	text     string
	children []node
}

// el returns an element with children; without any it has a start tag and an end tag still.
func el(name string, children ...node) node {
	if children == nil {
		children = []node{}
	}
	return node{name: name, children: children}
}

// leaf returns an element that holds nothing but text: <t:ItemId Id="…"/> if it is empty.
func leaf(name, text string, attrs ...string) node {
	return node{name: name, text: text, attrs: attrs}
}

// optional returns a leaf, or nothing for an empty text.
func optional(name, text string) node {
	if text == "" {
		return node{}
	}
	return leaf(name, text)
}

// list returns an element with a child for each value, or nothing if there are none.
func list[T any](name string, values []T, child func(T) node) node {
	if len(values) == 0 {
		return node{}
	}
	return el(name, each(values, child)...)
}

// each returns a node for each value.
func each[T any](values []T, child func(T) node) []node {
	nodes := make([]node, len(values))
	for i, v := range values {
		nodes[i] = child(v)
	}
	return nodes
}

// with returns the element with attributes.
func (n node) with(attrs ...string) node {
	n.attrs = attrs
	return n
}

// document returns the XML document with that root.
func (n node) document() []byte { return n.append([]byte(prolog)) }

func (n node) append(b []byte) []byte {
	if n.name == "" {
		return appendAll(append(b, n.text...), n.children)
	}
	b = append(append(b, '<'), n.name...)
	for i := 0; i+1 < len(n.attrs); i += 2 {
		b = append(append(append(b, ' '), n.attrs[i]...), `="`...)
		b = append(appendEscaped(b, n.attrs[i+1]), '"')
	}
	if n.text == "" && n.children == nil {
		return append(b, "/>"...)
	}
	b = appendAll(appendEscaped(append(b, '>'), n.text), n.children)
	return append(append(append(b, "</"...), n.name...), '>')
}

func appendAll(b []byte, nodes []node) []byte {
	for _, n := range nodes {
		b = n.append(b)
	}
	return b
}

// appendEscaped appends character data for an element or an attribute. A character that XML 1.0
// forbids becomes a reference, &#xB;, as Exchange writes it in a violation that quotes one: no
// conforming parser accepts that, and a client of Exchange has to.
func appendEscaped(b []byte, s string) []byte {
	for _, r := range s { // invalid UTF-8 comes out as U+FFFD
		switch {
		case r == '&':
			b = append(b, "&amp;"...)
		case r == '<':
			b = append(b, "&lt;"...)
		case r == '>':
			b = append(b, "&gt;"...)
		case r == '"':
			b = append(b, "&quot;"...)
		case r < ' ' && r != '\n' && r != '\t', r == 0xFFFE, r == 0xFFFF:
			b = append(b, "&#x"...)
			b = append(append(b, strings.ToUpper(strconv.FormatInt(int64(r), 16))...), ';')
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return b
}
