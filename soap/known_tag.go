package soap

const (
	knownTagBytes  = 512      // of one start tag that is kept
	knownTagsBytes = 32 << 10 // of all of them
)

// knownTag is a start tag with attributes, as written, and its content. The responses of a server
// repeat such tags: in those to AddImGroup all but the one with the new id. To parse them all anew
// takes 2 to 3 µs more per call, 0.05 of the CPU of a bare POST.
//
// Invariant: every tag that is written in this way has this name, these attributes and these
// bindings. What the prefix of its name stands for depends on the elements around it and is not
// part of the knownTag. A tag with a prefixed attribute is therefore not kept, nor one with
// replaced characters, which are counted each time.
type knownTag struct {
	raw      string
	attrs    []attr
	bindings []binding
}

// matches reports whether b begins with the tag, and whether that is within the limits.
func (r *Reader) matches(b []byte, t *knownTag) bool {
	n := len(t.raw)
	return n <= len(b) && string(b[:n]) == t.raw && n <= r.limits.TagBytes &&
		len(t.attrs)+len(t.bindings) <= r.limits.Attrs && len(r.bindings)+len(t.bindings) <= maxBindings
}

// openKnown reads a start tag that matches t.
func (r *Reader) openKnown(name *qname, t *knownTag) error {
	outer := len(r.bindings)
	r.bindings = append(r.bindings, t.bindings...)
	r.attrs = append(r.attrs, t.attrs...)
	return r.open(name, outer, len(t.raw))
}

// keepTag keeps the first start tag of a name, if there is room. If that holds an id, later tags of
// the name are parsed each time.
func (t *names) keepTag(name *qname, raw []byte, attrs []attr, bindings []binding) {
	if !name.kept || name.tag != nil ||
		len(raw) > knownTagBytes || t.tagBytes+len(raw) > knownTagsBytes {
		return
	}
	known := &knownTag{raw: string(raw), bindings: append([]binding(nil), bindings...)}
	for _, a := range attrs {
		if a.name.prefix != "" && a.name.prefix != "xml" {
			return
		}
		known.attrs = append(known.attrs, attr{name: a.name, space: a.space, text: string(a.value)})
	}
	name.tag = known
	t.tagBytes += len(raw)
}
