// Package xmltest helps tests to judge XML documents: it compares them as an XML parser reads them,
// validates them with xmllint against Microsoft's schema, and finds the reference data for both. It
// imports testing, so only tests may import it.
package xmltest

import (
	"fmt"
	"slices"
	"strings"
)

// maxDifferences bounds the report of [Diff]: after one misplaced element everything differs.
const maxDifferences = 10

// Diff compares two documents and returns "" if they are equal, otherwise one line for each of the
// first ten differences, each with its line and column in either document. The layout is that of
// cmp.Diff: print it under (-want +got).
//
// Compared are element and attribute names with their namespaces, attribute values, the order of
// elements, and text. Ignored are prefixes and where they are bound, the order of attributes, how a
// character is written (reference, CDATA section), comments, processing instructions, and white
// space between elements. White space in an element without children is compared. A value that is
// itself a prefixed name (faultcode, xsi:type) is compared as it is written.
//
// A document that is not well-formed differs from every document, itself included.
func Diff(want, got []byte) string {
	w, wantErr := parse(want)
	g, gotErr := parse(got)
	var d differences
	if wantErr != nil {
		d.add("- not well-formed: %v", wantErr)
	}
	if gotErr != nil {
		d.add("+ not well-formed: %v", gotErr)
	}
	if wantErr == nil && gotErr == nil {
		d.elements(w, g, "")
	}
	return d.String()
}

// differences collects lines up to [maxDifferences].
type differences struct {
	lines []string
	more  int
}

func (d *differences) add(format string, args ...any) {
	if len(d.lines) == maxDifferences {
		d.more++
		return
	}
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

func (d *differences) String() string {
	if len(d.lines) == 0 {
		return ""
	}
	s := strings.Join(d.lines, "\n") + "\n"
	if d.more > 0 {
		s += fmt.Sprintf("and %d more\n", d.more)
	}
	return s
}

// elements compares two elements and, where their names agree, everything in them.
func (d *differences) elements(want, got *node, parent string) {
	if want.name != got.name {
		d.add("%s: -<%s> (%s) +<%s> (%s)",
			orRoot(parent), label(want.name), want.at, label(got.name), got.at)
		return
	}
	path := parent + "/" + want.name.Local
	d.attributes(want, got, path)
	for i := range max(len(want.children), len(got.children)) {
		switch {
		case i >= len(got.children):
			d.add("%s: -%s (%s), missing", path, want.children[i].describe(), want.children[i].at)
		case i >= len(want.children):
			d.add("%s: +%s (%s), not wanted", path, got.children[i].describe(), got.children[i].at)
		default:
			d.children(want.children[i], got.children[i], path)
		}
	}
}

// children compares two nodes at one place: text with text, an element with an element.
func (d *differences) children(want, got *node, path string) {
	switch {
	case want.isText && got.isText:
		if want.text != got.text {
			d.add("%s: -%q (%s) +%q (%s)", path, want.text, want.at, got.text, got.at)
		}
	case want.isText || got.isText:
		d.add("%s: -%s (%s) +%s (%s)", path, want.describe(), want.at, got.describe(), got.at)
	default:
		d.elements(want, got, path)
	}
}

func (d *differences) attributes(want, got *node, path string) {
	for _, w := range want.attrs {
		i := slices.IndexFunc(got.attrs, func(g attr) bool { return g.name == w.name })
		switch {
		case i < 0:
			d.add("%s: -@%s=%q (%s), missing at %s", path, label(w.name), w.value, want.at, got.at)
		case got.attrs[i].value != w.value:
			d.add("%s: @%s -%q (%s) +%q (%s)",
				path, label(w.name), w.value, want.at, got.attrs[i].value, got.at)
		}
	}
	for _, g := range got.attrs {
		if !slices.ContainsFunc(want.attrs, func(w attr) bool { return w.name == g.name }) {
			d.add("%s: +@%s=%q (%s), not wanted", path, label(g.name), g.value, got.at)
		}
	}
}

func orRoot(path string) string {
	if path == "" {
		return "/"
	}
	return path
}
