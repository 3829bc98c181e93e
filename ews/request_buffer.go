package ews

import "sync"

// scratch is where requests are encoded before they are copied to their size. net/http does not say
// when it is done with a body, so requests themselves are not pooled.
type scratch struct{ bytes []byte }

// maxScratchBytes keeps one huge request from staying in memory for good.
const maxScratchBytes = 64 << 10

var scratches = sync.Pool{New: func() any { return new(scratch) }}

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
