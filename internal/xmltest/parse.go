package xmltest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

const xmlNamespace = "http://www.w3.org/XML/1998/namespace"

// node is an element or, with isText, the character data between two tags.
type node struct {
	at       position
	name     xml.Name
	attrs    []attr
	children []*node
	isText   bool
	text     string
}

type attr struct {
	name  xml.Name
	value string
}

// position is the place after a start tag or a text, counted from 1, the column in bytes.
type position struct{ line, column int }

func (p position) String() string { return fmt.Sprintf("%d:%d", p.line, p.column) }

func (n *node) describe() string {
	if n.isText {
		return fmt.Sprintf("%q", n.text)
	}
	return "<" + label(n.name) + ">"
}

func label(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return "{" + n.Space + "}" + n.Local
}

// builder builds the tree. It resolves prefixes itself, from raw tokens, because
// [xml.Decoder.Token] takes an unbound prefix for a namespace and accepts an attribute that occurs
// twice.
type builder struct {
	dec   *xml.Decoder
	root  *node
	open  []*node
	raw   []xml.Name          // the open elements as written, to match end tags
	scope []map[string]string // prefix to namespace, one map for each open element
}

func parse(doc []byte) (*node, error) {
	b := &builder{dec: xml.NewDecoder(bytes.NewReader(doc))}
	for {
		tok, err := b.dec.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := b.take(tok); err != nil {
			return nil, fmt.Errorf("%s: %w", b.at(), err)
		}
	}
	if len(b.open) > 0 {
		return nil, fmt.Errorf("<%s> is never closed", label(b.open[len(b.open)-1].name))
	}
	if b.root == nil {
		return nil, errors.New("no element")
	}
	return b.root, nil
}

func (b *builder) at() position {
	line, column := b.dec.InputPos()
	return position{line, column}
}

func (b *builder) take(tok xml.Token) error {
	switch tok := tok.(type) {
	case xml.StartElement:
		return b.start(tok)
	case xml.EndElement:
		return b.end(tok)
	case xml.CharData:
		return b.characters(string(tok))
	}
	return nil
}

func (b *builder) start(tok xml.StartElement) error {
	bound := map[string]string{}
	for _, a := range tok.Attr {
		switch {
		case a.Name.Space == "xmlns":
			bound[a.Name.Local] = a.Value
		case a.Name.Space == "" && a.Name.Local == "xmlns":
			bound[""] = a.Value
		}
	}
	b.scope = append(b.scope, bound)
	n := &node{at: b.at()}
	var err error
	if n.name, err = b.resolve(tok.Name, true); err != nil {
		return err
	}
	if n.attrs, err = b.attributes(tok.Attr); err != nil {
		return err
	}
	switch {
	case len(b.open) > 0:
		parent := b.open[len(b.open)-1]
		parent.children = append(parent.children, n)
	case b.root != nil:
		return fmt.Errorf("a second root, <%s>", label(n.name))
	default:
		b.root = n
	}
	b.open, b.raw = append(b.open, n), append(b.raw, tok.Name)
	return nil
}

func (b *builder) attributes(raw []xml.Attr) ([]attr, error) {
	var list []attr
	seen := map[xml.Name]bool{}
	for _, a := range raw {
		if a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" {
			continue
		}
		name, err := b.resolve(a.Name, false)
		if err != nil {
			return nil, err
		}
		if seen[name] {
			return nil, fmt.Errorf("attribute %s occurs twice", label(name))
		}
		seen[name] = true
		list = append(list, attr{name, a.Value})
	}
	return list, nil
}

// resolve turns a name as written into an expanded one. The default namespace is for elements only.
func (b *builder) resolve(raw xml.Name, element bool) (xml.Name, error) {
	if raw.Space == "xml" {
		return xml.Name{Space: xmlNamespace, Local: raw.Local}, nil
	}
	if raw.Space == "" && !element {
		return raw, nil
	}
	for _, bound := range slices.Backward(b.scope) {
		if space, ok := bound[raw.Space]; ok {
			return xml.Name{Space: space, Local: raw.Local}, nil
		}
	}
	if raw.Space != "" {
		return raw, fmt.Errorf("prefix %q is not bound", raw.Space)
	}
	return raw, nil
}

func (b *builder) end(tok xml.EndElement) error {
	last := len(b.open) - 1
	if last < 0 || b.raw[last] != tok.Name {
		return fmt.Errorf("end tag of %q closes nothing", tok.Name.Local)
	}
	b.open[last].tidy()
	b.open, b.raw, b.scope = b.open[:last], b.raw[:last], b.scope[:last]
	return nil
}

func (b *builder) characters(text string) error {
	if len(b.open) == 0 {
		if strings.Trim(text, "\ufeff \t\r\n") != "" {
			return fmt.Errorf("text outside the root, %q", text)
		}
		return nil
	}
	parent := b.open[len(b.open)-1]
	// A comment or a CDATA section splits text into tokens; it is one text all the same.
	if last := len(parent.children) - 1; last >= 0 && parent.children[last].isText {
		parent.children[last].text += text
		return nil
	}
	parent.children = append(parent.children, &node{at: b.at(), isText: true, text: text})
	return nil
}

// tidy drops text that only lays the child elements out, and text that is empty.
func (n *node) tidy() {
	elements := false
	for _, c := range n.children {
		elements = elements || !c.isText
	}
	kept := n.children[:0]
	for _, c := range n.children {
		blank := c.isText && strings.Trim(c.text, " \t\r\n") == ""
		if blank && (elements || c.text == "") {
			continue
		}
		kept = append(kept, c)
	}
	n.children = kept
}
