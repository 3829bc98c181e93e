package soap

import (
	"encoding/xml"
	"errors"
	"io"
)

// Tokens returns the element that the reader stands on, its start tag included, as tokens for
// [xml.NewTokenDecoder]; io.EOF follows the end tag. It decodes a type with tags of encoding/xml
// under all the checks of this package:
//
//	err := xml.NewTokenDecoder(r.Tokens()).Decode(&v)
//
// Names have their namespace in place of a prefix; xmlns attributes, comments and processing
// instructions are left out. Fields tagged ",innerxml" and ",comment" therefore stay empty, and the
// namespace of a tag like "ns A>B" holds for both steps. A text may come as several tokens, each
// valid until the next call.
func (r *Reader) Tokens() xml.TokenReader {
	if r.err == nil && len(r.stack) == 0 {
		r.err = errors.New("soap: Tokens was called outside of the root element: call Next first")
	}
	return &tokens{r: r, depth: len(r.stack)}
}

// tokens is the TokenReader of an element. It skips over anything that the Reader itself reads
// between two tokens.
type tokens struct {
	r       *Reader
	depth   int  // of the element
	started bool // its start tag was returned
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

// startElement returns the last start tag. The caller may keep its attributes, as those of an
// xml.Decoder.
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

// endElement returns the end tag that must come next.
func (r *Reader) endElement() xml.EndElement {
	e := &r.stack[len(r.stack)-1]
	return xml.EndElement{Name: xml.Name{Space: e.space, Local: e.name.local}}
}
