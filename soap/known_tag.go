package soap

import "encoding/binary"

const (
	knownPerName = 4        // start tags kept of one name
	knownLength  = 512      // longer ones are not worth keeping
	knownMost    = 32 << 10 // bytes of start tags kept of all names together
)

// tag is a start tag as it was written before, and what it says. Documents
// repeat themselves, and answers repeat one another: nearly every start tag but
// those with an id in them is one that was met before, and comparing is
// much faster than reading it anew. What its prefixes stand for is not
// part of it: that depends on where it stands.
type tag struct {
	raw      string // "" in qname.other, which is like no other
	name     *qname
	attrs    []attr // of no prefix that had to be declared, and no two the same
	bindings []binding
	next     *tag // the start tag that came after it the last time
}

// repeats reports whether b begins with t, written in the same way, and t is
// within the limits.
func (r *Reader) repeats(b []byte, t *tag) bool {
	n := len(t.raw)
	return n > 0 && n <= len(b) && string(b[:n]) == t.raw && n <= r.limits.TagBytes &&
		len(t.attrs)+len(t.bindings) <= r.limits.Attrs && len(r.bindings)+len(t.bindings) <= mostBindings
}

// take reads the start tag that repeats has seen.
func (r *Reader) take(t *tag) error {
	outer := len(r.bindings)
	if len(t.bindings)+len(t.attrs) > 0 {
		r.bindings = append(r.bindings, t.bindings...)
		r.attrs = append(r.attrs, t.attrs...)
	}
	if err := r.open(t, outer); err != nil {
		return err
	}
	size := len(t.raw)
	r.empty = t.raw[size-2] == '/'
	r.pos += size
	r.tagSize = size
	return nil
}

// keepShort returns the start tag of that name and nothing else, for the next
// time if there is room for it.
func (t *names) keepShort(name *qname) *tag {
	if !t.roomFor(name, len(name.full)+2) {
		return &name.other
	}
	return t.know(&tag{raw: "<" + name.full + ">", name: name})
}

// keepLong keeps a start tag with attributes that came twice in a row: the
// ids in a list, each another, would only fill the room.
func (t *names) keepLong(name *qname, raw []byte, attrs []attr, bindings []binding) {
	if !t.roomFor(name, len(raw)) {
		return
	}
	for i := range attrs {
		if p := attrs[i].name.prefix; p != "" && p != "xml" {
			return // what it means depends on where the tag stands
		}
	}
	if sum := checksum(raw); name.unknown != sum {
		name.unknown = sum
		return
	}
	known := &tag{raw: string(raw), name: name, bindings: append([]binding(nil), bindings...)}
	for _, a := range attrs {
		known.attrs = append(known.attrs, attr{name: a.name, space: a.space, text: string(a.value)})
	}
	t.know(known)
}

func (t *names) roomFor(name *qname, size int) bool {
	return name.kept && len(name.known) < knownPerName && size <= knownLength && t.known+size <= knownMost
}

func (t *names) know(known *tag) *tag {
	known.name.known = append(known.name.known, known)
	t.known += len(known.raw)
	return known
}

// checksum tells start tags apart. If two have the same, one is kept that does not come again.
func checksum(b []byte) uint64 {
	const odd = 0x9E3779B97F4A7C15
	h := uint64(len(b)) + 1
	for ; len(b) >= 8; b = b[8:] {
		h = (h>>32 ^ h ^ binary.LittleEndian.Uint64(b)) * odd
	}
	for _, c := range b {
		h = (h>>32 ^ h ^ uint64(c)) * odd
	}
	return h
}
