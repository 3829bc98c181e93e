package soap

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

const (
	internSlots  = 1024 // a power of two, twice the entries: probing stays short
	internMost   = internSlots / 2
	internLength = 128 // longer names and namespaces are not worth keeping
	valueSlots   = 256 // a power of two
	valueLength  = 40
)

// qname is a name as written. Its parts share the memory of full.
type qname struct {
	full, prefix, local string

	kept    bool   // in names
	known   []*tag // start tags of this name
	other   tag    // stands for every other start tag of this name
	unknown uint64 // checksum of the last of those
}

// names keeps the names and namespaces seen, so that meeting one again costs
// no allocation and no second check. It holds at most internMost of them: what
// comes later is allocated each time.
type names struct {
	slots [internSlots]*qname
	used  int
	known int  // bytes of known start tags
	odd   bool // the document has names that are not kept
	first tag  // stands for what comes before the root
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
	q.local, q.other.name = q.full, q
	if colon := bytes.IndexByte(b, ':'); colon >= 0 {
		q.prefix, q.local = q.full[:colon], q.full[colon+1:]
	}
	t.keep(slot, q)
	return q, true
}

// space returns b, the name of a namespace, as a string. What looks like a
// qualified name, which hardly any namespace does, is not kept: its entry
// would have no parts, and name would take it for a bad one.
func (t *names) space(b []byte) string {
	slot, q := t.find(b)
	if q != nil {
		return q.full
	}
	s := string(b)
	if isQName(b) {
		t.odd = true
	} else {
		t.keep(slot, &qname{full: s})
	}
	return s
}

// find returns the entry of b, or nil and the free slot where it belongs.
func (t *names) find(b []byte) (slot uint32, q *qname) {
	slot = hash(b) & (internSlots - 1)
	for {
		q = t.slots[slot]
		if q == nil || q.full == string(b) {
			return slot, q
		}
		slot = (slot + 1) & (internSlots - 1)
	}
}

// keep puts q into its free slot if there is room, and if it is worth it.
func (t *names) keep(slot uint32, q *qname) {
	if t.used < internMost && len(q.full) <= internLength {
		t.slots[slot] = q
		t.used++
		q.kept = true
		return
	}
	t.odd = true
}

// reset forgets everything when there is hardly any room left: then it is taken
// by what some odd document made up, and the next one shall have it again.
func (t *names) reset() {
	t.odd = false
	if t.used == internMost || t.known > knownMost-knownLength {
		*t = names{}
	}
}

// values remembers short values lately met, one in each slot: most texts in a
// response are "true", "SMTP" or "0" over and over.
type values [valueSlots]string

// get returns b as a string, without an allocation if it was the last one in its slot.
func (v *values) get(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if len(b) > valueLength {
		return string(b)
	}
	slot := &v[hash(b)&(valueSlots-1)]
	if *slot != string(b) {
		*slot = string(b)
	}
	return *slot
}

// hash looks at the length and at eight bytes each of the start, the middle
// and the end. Strings that collide, by chance or on purpose, cost at most a
// walk through a table that is bounded.
func hash(b []byte) uint32 {
	const odd = 0x9E3779B97F4A7C15
	h := uint64(len(b)) * odd
	switch n := len(b); {
	case n >= 8:
		h = (h ^ binary.LittleEndian.Uint64(b)) * odd
		h = (h>>32 ^ h ^ binary.LittleEndian.Uint64(b[n/2-4:])) * odd
		h = (h>>32 ^ h ^ binary.LittleEndian.Uint64(b[n-8:])) * odd
	case n >= 4:
		x := uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint32(b[n-4:]))<<32
		h = (h ^ x) * odd
	case n > 0:
		h = (h ^ uint64(b[0]) ^ uint64(b[n/2])<<8 ^ uint64(b[n-1])<<16) * odd
	}
	return uint32(h >> 40)
}

// isQName reports whether b is a qualified name ("Namespaces in XML 1.0",
// section 4): a name, or two with a colon between them.
func isQName(b []byte) bool {
	prefix, local, prefixed := bytes.Cut(b, []byte{':'})
	if !prefixed {
		return isNCName(prefix)
	}
	return isNCName(prefix) && isNCName(local)
}

// isNCName reports whether b is a name without a colon in it.
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
