package dotnet

import "strings"

// declaration reads the XML declaration, if the document begins with one.
func (r *reader) declaration() bool {
	const opening = "<?xml"
	if !strings.HasPrefix(r.text, opening) || len(r.text) == len(opening) || nameRest(r.text[len(opening):]) > 0 {
		return true
	}
	r.pos = len(opening)
	for next := 0; ; { // 0: version, 1: encoding or standalone, 2: standalone, 3: nothing
		blank := r.skipBlanks()
		if r.at(r.pos) == '?' {
			return r.declarationEnd(next)
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
		if !r.declarationValue(next) {
			return false
		}
		next++
	}
}

func (r *reader) declarationEnd(next int) bool {
	switch {
	case r.at(r.pos+1) == '>' && next > 0:
		r.pos += 2
		return r.encoding.fits(r)
	case r.at(r.pos+1) == '>':
		return r.fail(r.pos, badDeclaration)
	case r.pos+1 == len(r.text):
		return r.failEnd(r.pos, endOfFile)
	}
	return r.failToken(r.pos, "'>'")
}

// declarationValue reads the value of a pseudo-attribute: the first, second or third.
func (r *reader) declarationValue(which int) bool {
	quote, ok := r.equalsQuote()
	if !ok {
		return false
	}
	i := r.pos
	for i < len(r.text) && (classes[r.text[i]]&classValue != 0 || classes[r.text[i]]&classNonASCII != 0) {
		i++
	}
	switch {
	case i == len(r.text):
		return r.failEnd(r.pos, unclosedQuote)
	case r.text[i] != quote:
		return r.fail(r.pos, badDeclaration)
	}
	switch value := r.text[r.pos:i]; which {
	case 0:
		if value != "1.0" {
			return r.fail(r.pos, "Version number '%s' is invalid.", value)
		}
	case 1:
		if !r.encoding.name(value) {
			return r.fail(r.pos, "System does not support '%s' encoding.", value)
		}
	case 2:
		if value != "yes" && value != "no" {
			return r.fail(r.pos-1, badDeclaration)
		}
	}
	r.pos = i + 1
	return true
}
