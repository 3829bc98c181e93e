package soap

import (
	"encoding/xml"
	"errors"
	"io"
)

// Tokens returns the element that the reader stands on, its start tag
// included, as tokens for [xml.NewTokenDecoder]; io.EOF follows the end tag.
// So a type that encoding/xml knows is decoded with all the checks of this package:
//
//	err := xml.NewTokenDecoder(r.Tokens()).Decode(&v)
//
// Names come with their namespace instead of a prefix, and xmlns attributes,
// comments and processing instructions do not come at all. That leaves
// fields tagged ",innerxml" and ",comment" empty. In a tag like "ns A>B" the
// namespace holds for both steps. Long text comes in several pieces,
// each valid until the next call.
func (r *Reader) Tokens() xml.TokenReader {
	if r.err == nil && len(r.stack) == 0 {
		r.err = errors.New("soap: Tokens was called outside of the root element: call Next first")
	}
	return &tokens{r: r, depth: len(r.stack)}
}

// tokens is an element as a TokenReader. It holds no state of the document: the
// reader may be asked for other things in between, which then are missing here.
type tokens struct {
	r       *Reader
	depth   int  // of the element
	started bool // its start tag was handed out
}

func (t *tokens) Token() (xml.Token, error) {
	r := t.r
	switch {
	case r.err != nil:
		return nil, r.err
	case !t.started:
		t.started = true
		return r.startElement(), nil
	case len(r.stack) < t.depth:
		return nil, io.EOF
	case r.empty:
		end := r.endElement()
		r.leave()
		return end, nil
	}
	r.attrs = r.attrs[:0]
	piece, err := r.nextText()
	switch {
	case err != nil:
		return nil, err
	case piece != nil:
		return xml.CharData(piece), nil
	case r.buf[r.pos+1] == '/':
		end := r.endElement()
		if err := r.endTag(); err != nil {
			return nil, err
		}
		return end, nil
	}
	if err := r.startTag(); err != nil {
		return nil, err
	}
	return r.startElement(), nil
}

// startElement returns the start tag last reached. Its attributes are the
// caller's to keep, as those of an xml.Decoder are.
func (r *Reader) startElement() xml.StartElement {
	start := xml.StartElement{Name: r.name}
	if len(r.attrs) > 0 {
		start.Attr = make([]xml.Attr, len(r.attrs))
	}
	for i := range r.attrs {
		a := &r.attrs[i]
		start.Attr[i] = xml.Attr{Name: xml.Name{Space: a.space, Local: a.name.local}, Value: r.textOf(a)}
	}
	return start
}

// endElement returns the end tag that is due.
func (r *Reader) endElement() xml.EndElement {
	e := &r.stack[len(r.stack)-1]
	return xml.EndElement{Name: xml.Name{Space: e.space, Local: e.name.local}}
}
