package soap

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

const (
	nameSlots  = 1024 // a power of two, twice the entries: probing stays short
	maxNames   = nameSlots / 2
	nameBytes  = 128 // of a name or namespace that is kept
	valueSlots = 256 // a power of two
	valueBytes = 40  // of a value that is kept
)

// qname is a qualified name as written, with its parts.
type qname struct {
	full, prefix, local string

	kept bool      // in names
	tag  *knownTag // nil: none
}

// names keeps names and namespaces, at most maxNames, so that meeting one again costs neither an
// allocation nor a check. Later ones are allocated each time. Without it, decoding a response to
// AddImGroup takes 79 further allocations.
//
// Invariant: but for its start tag, which is set once, an entry never changes; one with a local name
// was checked to be a qualified name.
type names struct {
	slots    [nameSlots]*qname
	used     int
	tagBytes int  // of known start tags
	overflow bool // the document has names that are not kept
}

// name returns b split at its colon, or false if it is not a qualified name.
func (t *names) name(b []byte) (*qname, bool) {
	slot, q := t.find(b)
	if q != nil {
		return q, q.local != ""
	}
	q = &qname{full: string(b)}
	if !isQName(b) {
		return q, false
	}
	q.local = q.full
	if colon := bytes.IndexByte(b, ':'); colon >= 0 {
		q.prefix, q.local = q.full[:colon], q.full[colon+1:]
	}
	t.keep(slot, q)
	return q, true
}

// space returns b, the name of a namespace, as a string. One that has the form of a qualified name,
// as hardly any namespace has, is not kept: name would take its entry, which has no parts, for a
// bad name.
func (t *names) space(b []byte) string {
	slot, q := t.find(b)
	if q != nil {
		return q.full
	}
	s := string(b)
	if isQName(b) {
		t.overflow = true
	} else {
		t.keep(slot, &qname{full: s})
	}
	return s
}

// find returns the entry of b, or nil and the free slot for it.
func (t *names) find(b []byte) (slot uint32, q *qname) {
	slot = hash(b) & (nameSlots - 1)
	for {
		q = t.slots[slot]
		if q == nil || q.full == string(b) {
			return slot, q
		}
		slot = (slot + 1) & (nameSlots - 1)
	}
}

// keep puts q into its free slot, if there is room and q is not too long.
func (t *names) keep(slot uint32, q *qname) {
	if t.used < maxNames && len(q.full) <= nameBytes {
		t.slots[slot] = q
		t.used++
		q.kept = true
		return
	}
	t.overflow = true
}

// reset forgets everything when there is hardly any room left, which means that a document with
// made-up names has taken it.
func (t *names) reset() {
	t.overflow = false
	if t.used == maxNames || t.tagBytes > knownTagsBytes-knownTagBytes {
		*t = names{}
	}
}

// values keeps short values, the last one of each slot: most texts in a response are "true", "SMTP"
// or "0" over and over. Without it, a response to AddImGroup takes four further allocations, and
// its call a fifth more instructions.
type values [valueSlots]string

// get returns b as a string, without an allocation if it is the last value of its slot.
func (v *values) get(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if len(b) > valueBytes {
		return string(b)
	}
	slot := &v[hash(b)&(valueSlots-1)]
	if *slot != string(b) {
		*slot = string(b)
	}
	return *slot
}

// hash depends on the length and on eight bytes each of the start, the middle and the end. Strings
// that collide, by chance or on purpose, cost at most a walk through a bounded table.
func hash(b []byte) uint32 {
	const prime = 0x9E3779B97F4A7C15
	h := uint64(len(b)) * prime
	switch n := len(b); {
	case n >= 8:
		h = (h ^ binary.LittleEndian.Uint64(b)) * prime
		h = (h>>32 ^ h ^ binary.LittleEndian.Uint64(b[n/2-4:])) * prime
		h = (h>>32 ^ h ^ binary.LittleEndian.Uint64(b[n-8:])) * prime
	case n >= 4:
		x := uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint32(b[n-4:]))<<32
		h = (h ^ x) * prime
	case n > 0:
		h = (h ^ uint64(b[0]) ^ uint64(b[n/2])<<8 ^ uint64(b[n-1])<<16) * prime
	}
	return uint32(h >> 40)
}

// isQName reports whether b is a qualified name: a name, or two separated by a colon ("Namespaces
// in XML 1.0", section 4).
func isQName(b []byte) bool {
	prefix, local, prefixed := bytes.Cut(b, []byte{':'})
	if !prefixed {
		return isNCName(prefix)
	}
	return isNCName(prefix) && isNCName(local)
}

// isNCName reports whether b is a name without a colon.
func isNCName(b []byte) bool {
	first, size := utf8.DecodeRune(b)
	if !isNameStart(first) || bytes.IndexByte(b, ':') >= 0 || first == utf8.RuneError && size <= 1 {
		return false
	}
	for b = b[size:]; len(b) > 0; b = b[size:] {
		var c rune
		if c, size = utf8.DecodeRune(b); !isNameChar(c) || c == utf8.RuneError && size == 1 {
			return false
		}
	}
	return true
}
