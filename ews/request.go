package ews

import (
	"bytes"
	"encoding/xml"
	"errors"
	"strconv"
	"sync"
	"unicode/utf8"

	"github.com/go-ews/exchange/soap"
)

// encode encodes the request into a slice of the right size.
func (x *call) encode(req any) error {
	scratch := newScratch()
	defer scratch.release()
	opening, closing := x.client.opening, x.client.closing
	scratch.bytes = append(scratch.bytes, opening...)
	out, err := appendBody(scratch.bytes, req)
	switch {
	case err != nil:
	case !bytes.HasPrefix(out, opening): // out may belong to another request
		err = errors.New("AppendBody did not return its argument with the body appended")
	case len(out) == len(opening):
		err = errors.New("AppendBody appended nothing")
	}
	if err != nil {
		if input, ok := errors.AsType[*InputError](err); ok {
			return input.of(x.op.Name)
		}
		return &InputError{Op: x.op.Name, Field: "request", Reason: err.Error()}
	}
	scratch.fit(out)
	request := append(make([]byte, 0, len(out)+1+len(closing)), out...)
	if out[len(out)-1] != '\n' {
		request = append(request, '\n') // as soap.AppendEnvelope does
	}
	request = append(request, closing...)
	x.request = request
	return nil
}

// appendBody appends the body's child, encoded by its own AppendBody or by encoding/xml.
func appendBody(dst []byte, req any) ([]byte, error) {
	if a, ok := req.(soap.BodyAppender); ok {
		return a.AppendBody(dst)
	}
	body, err := xml.Marshal(req)
	if err != nil {
		return dst, err
	}
	if len(body) == 0 {
		return dst, errors.New("encoding/xml writes nothing for this value")
	}
	for i, r := range string(body) {
		if r == utf8.RuneError {
			return dst, &InputError{Field: "request", Reason: "holds U+FFFD, which encoding/xml writes " +
				"for characters that XML 1.0 cannot carry, at byte " + strconv.Itoa(i) + " of the encoded body"}
		}
	}
	return append(dst, body...), nil
}

// scratch is where requests are encoded before they are copied to their size. net/http does not say
// when it is done with a body, so requests themselves are not pooled.
type scratch struct{ bytes []byte }

// maxScratchBytes keeps one huge request from staying in memory for good.
const maxScratchBytes = 64 << 10

var scratches sync.Pool

func newScratch() *scratch {
	s, ok := scratches.Get().(*scratch)
	if !ok {
		s = new(scratch)
	}
	s.bytes = s.bytes[:0]
	return s
}

// fit makes room for a request as long as out, if out had no room in the buffer. Memory that an
// AppendBody allocated is not kept: it may still belong to the caller.
func (s *scratch) fit(out []byte) {
	if len(out) > cap(s.bytes) {
		s.bytes = make([]byte, 0, len(out)+len(out)/4)
	}
}

// release clears the buffer, so that no AppendBody finds another request in its spare capacity.
func (s *scratch) release() {
	if cap(s.bytes) <= maxScratchBytes {
		clear(s.bytes[:cap(s.bytes)])
		scratches.Put(s)
	}
}
