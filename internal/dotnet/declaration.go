package dotnet

import "strings"

// declaration reads the XML declaration, if the document begins with one: version, then encoding and
// standalone, which may be missing (XML 1.0, section 2.8). Then it reads on in the encoding that was named.
func (r *reader) declaration() bool {
	const opening = "<?xml"
	if !strings.HasPrefix(r.text, opening) || len(r.text) == len(opening) || r.declarationGoesOn(len(opening)) {
		return true
	}
	r.pos = len(opening)
	encoding := kindUTF8
	if r.encoding.kind != kindUTF8 {
		encoding = kindCurrent
	}
	for next := 0; ; { // 0: version, 1: encoding or standalone, 2: standalone, 3: nothing
		blank := r.skipBlanks()
		if r.at(r.pos) == '?' {
			return r.declarationEnd(next) && r.switchTo(encoding)
		}
		if !blank && next > 0 {
			return r.failToken(r.pos, "?>")
		}
		end, ok := r.ncname(r.pos)
		if !ok {
			return false
		}
		switch name := r.text[r.pos:end]; {
		case name == "version" && next == 0:
		case name == "encoding" && next == 1:
		case name == "standalone" && (next == 1 || next == 2):
			next = 2
		default:
			return r.fail(r.pos, badDeclaration)
		}
		r.pos = end
		value, ok := r.declarationValue(next)
		if !ok {
			return false
		}
		if next == 1 {
			encoding, _ = kindNamed(value)
		}
		next++
	}
}

// declarationGoesOn reports whether the word that begins like a declaration is longer.
func (r *reader) declarationGoesOn(off int) bool {
	next := r.text[off:]
	if r.encoding.bytewise() {
		next = string(rune(r.encoding.raw[off]))
	}
	return nameRest(next) > 0 || next[0] == ':'
}

// declarationEnd reads the end of the declaration, from its question mark on.
func (r *reader) declarationEnd(next int) bool {
	switch {
	case r.at(r.pos+1) == '>' && next > 0:
		r.pos += 2
		return true
	case r.at(r.pos+1) == '>':
		return r.fail(r.pos, badDeclaration)
	case r.pos+1 == len(r.text):
		return r.failEnd(r.pos, endOfFile)
	}
	return r.failToken(r.pos, "'>'")
}

// declarationValue reads the value of a pseudo-attribute: the first, second or third.
func (r *reader) declarationValue(which int) (value string, ok bool) {
	quote, ok := r.equalsQuote()
	if !ok {
		return "", false
	}
	i := r.pos
	for i < len(r.text) && classes[r.text[i]]&(classValue|classNonASCII) != 0 {
		i++
	}
	switch {
	case i == len(r.text):
		return "", r.failEnd(r.pos, unclosedQuote)
	case r.text[i] != quote:
		return "", r.fail(r.pos, badDeclaration)
	}
	value = r.text[r.pos:i]
	switch _, known := kindNamed(value); {
	case which == 0 && value != "1.0":
		return "", r.fail(r.pos, "Version number '%s' is invalid.", value)
	case which == 1 && !known:
		return "", r.fail(r.pos, "System does not support '%s' encoding.", value)
	case which == 2 && value != "yes" && value != "no":
		return "", r.fail(r.pos-1, badDeclaration)
	}
	r.pos = i + 1
	return value, true
}
