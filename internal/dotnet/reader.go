package dotnet

import (
	"encoding/xml"
	"strings"
	"unicode/utf8"

	"github.com/go-ews/exchange/internal/xmlinput"
)

// maxDepth bounds how deep elements may nest. .NET's reader has no bound, the services that use it
// have: the sentence is that of WCF's reader quotas.
const maxDepth = 256

const tooDeep = "The maximum read depth (256) has been exceeded because XML data being read has " +
	"more levels of nesting than is allowed by the quotas."

// A reader reads and validates a document in one pass. Its methods report whether to go on; one
// that reports false has recorded the violation, or reached the end.
type reader struct {
	text    string
	xmlDecl bool                // the text begins with an XML declaration
	accept  func(xml.Name) bool // what else the body may hold
	service bool                // see CheckService

	pos       int // how far the document has been read
	line      int
	lineStart int // the offset at which the line begins

	violation *Violation
	root      *Element
	stack     []frame // the open elements
	bindings  []binding
	attrs     []attribute     // of the start tag being read
	ids       map[string]bool // the values of xml:id so far
}

// A frame is an open element.
type frame struct {
	element  *Element
	name     string // as written
	place    place  // of its name
	text     []byte // the character data so far, once there are two pieces of it
	bindings int    // how many namespaces were bound outside
	state    state  // of its validation
}

// run reads the document: XML declaration, prolog, root element, epilog (XML 1.0, section 2.1).
func (r *reader) run() {
	if r.xmlDecl && !r.readXMLDecl() {
		return
	}
	for more := true; more; {
		if len(r.stack) > 0 {
			more = r.inside()
		} else {
			more = r.outside()
		}
	}
}

// top returns the innermost open element.
func (r *reader) top() *frame { return &r.stack[len(r.stack)-1] }

// at returns the byte at an offset, 0 beyond the end.
func (r *reader) at(off int) byte {
	if off < len(r.text) {
		return r.text[off]
	}
	return 0
}

// fewer reports whether there are fewer than n UTF-16 units from off on.
func (r *reader) fewer(off, n int) bool {
	return units(r.text[off:min(off+utf8.UTFMax*n, len(r.text))]) < n
}

// lineEnd reads the line end at off and returns the offset after it: a line feed, a carriage
// return, or the two of them (XML 1.0, section 2.11).
func (r *reader) lineEnd(off int) int {
	if r.text[off] == '\r' && r.at(off+1) == '\n' {
		off++
	}
	r.line++
	r.lineStart = off + 1
	return off + 1
}

// skipBlanks reads white space and reports whether there was any.
func (r *reader) skipBlanks() bool {
	from := r.pos
	for r.pos < len(r.text) && classes[r.text[r.pos]]&classBlank != 0 {
		if c := r.text[r.pos]; c == '\n' || c == '\r' {
			r.pos = r.lineEnd(r.pos)
		} else {
			r.pos++
		}
	}
	return r.pos > from
}

// outside reads the next piece before or after the root element.
func (r *reader) outside() bool {
	switch at := r.pos; {
	case at == len(r.text):
		if r.root == nil {
			return r.failNowhere("Root element is missing.")
		}
		return false
	case r.text[at] == '<':
		return r.outsideTag(at)
	case r.text[at] == '&':
		return r.fail(at, badRoot)
	}
	r.skipBlanks()
	rest := r.text[r.pos:]
	if rest == "" || rest[0] == '<' {
		return true
	}
	// To .NET a character beyond the basic plane is two, of which neither is a character.
	if c, _ := utf8.DecodeRuneInString(rest); !xmlinput.IsChar(c) || c > 0xFFFF {
		return r.failChar(r.pos)
	}
	return r.fail(r.pos, badRoot)
}

// outsideTag reads markup outside the root element. .NET wants to see as many characters as the
// shortest element has before it looks at any of them.
func (r *reader) outsideTag(at int) bool {
	if r.fewer(at, len("<a/>")) {
		return r.fail(at, badRoot)
	}
	switch r.text[at+1] {
	case '?':
		r.pos = at + 2
		return r.instruction()
	case '/':
		return r.fail(at+2, "Unexpected end tag.")
	case '!':
		return r.outsideBang(at + 2)
	}
	if r.root != nil {
		return r.fail(at+1, "There are multiple root elements.")
	}
	r.pos = at + 1
	return r.startTag()
}

// outsideBang reads what follows "<!" outside the root element. Everything but a comment and a
// CDATA section counts as a DOCTYPE, which is not allowed.
func (r *reader) outsideBang(at int) bool {
	switch {
	case r.text[at] == '[':
		return r.fail(r.pos, badRoot)
	case r.text[at] != '-':
		return r.failNowhere("For security reasons DTD is prohibited in this XML document. " +
			"To enable DTD processing set the DtdProcessing property on XmlReaderSettings to " +
			"Parse and pass the settings into XmlReader.Create method.")
	case r.text[at+1] != '-':
		return r.failToken(at+1, "-")
	}
	r.pos = at + 2
	return r.comment()
}

// inside reads the next piece of an element's content.
func (r *reader) inside() bool {
	at := r.pos
	if at == len(r.text) {
		return r.failUnclosed()
	}
	if r.text[at] != '<' {
		return r.characters()
	}
	switch r.at(at + 1) {
	case '?':
		r.pos = at + 2
		return r.instruction()
	case '/':
		r.pos = at + 2
		return r.endTag()
	case '!':
		return r.insideBang(at + 2)
	}
	if at+1 == len(r.text) {
		return r.failUnclosed()
	}
	r.pos = at + 1
	return r.startTag()
}

// insideBang reads what follows "<!" in content: a comment or a CDATA section. It is .NET that
// misspells the expected token.
func (r *reader) insideBang(at int) bool {
	rest := r.text[at:]
	switch {
	case len(rest) < len("--"):
		return r.failUnclosed()
	case strings.HasPrefix(rest, "--"):
		r.pos = at + 2
		return r.comment()
	case rest[0] == '-':
		return r.failToken(at+1, "-")
	case rest[0] != '[':
		if r.token(at) == "DOCTYPE" {
			return r.fail(at, "Unexpected DTD declaration.")
		}
		return r.failToken(at, "<!--", "<[CDATA[")
	case len(rest) < len("[CDATA["):
		return r.failUnclosed()
	case !strings.HasPrefix(rest, "[CDATA["):
		return r.failToken(at+1, "CDATA[")
	}
	r.pos = at + len("[CDATA[")
	return r.cdata()
}

// failUnclosed records that the document ended inside elements, naming them from the innermost out.
func (r *reader) failUnclosed() bool {
	names := ""
	for i, f := range r.stack {
		end := "."
		if i > 0 {
			end = ", "
		}
		names = f.name + end + names
	}
	return r.fail(len(r.text), endOfFile+" The following elements are not closed: %s", names)
}

// addText adds character data to the innermost element. The first piece is shared with the
// document; from the second on they are collected in a buffer, so that many pieces cost no more
// than their length.
func (r *reader) addText(s string) {
	f := r.top()
	switch {
	case f.text != nil:
		f.text = append(f.text, s...)
	case f.element.Text == "":
		f.element.Text = s
	default:
		f.text = make([]byte, 0, 2*(len(f.element.Text)+len(s)))
		f.text = append(append(f.text, f.element.Text...), s...)
	}
}

// closeElement ends the innermost element; p is where it ends. An empty element ends where it
// began.
func (r *reader) closeElement(p place) bool {
	f := r.top()
	if f.text != nil {
		f.element.Text = string(f.text)
	}
	ok := r.validateEnd(f, p)
	r.bindings = r.bindings[:f.bindings]
	r.stack = r.stack[:len(r.stack)-1]
	return ok
}
