package mapi

import (
	"fmt"
	"strconv"
	"strings"
)

// String returns the text form, or "no property" for the zero value.
func (u FieldURI) String() string {
	if u.form == formNone {
		return "no property"
	}
	return string(u.append(nil))
}

// MarshalText returns the text form. The zero value's is empty.
//
//	0x3001 String
//	PublicStrings/CostCentre String
//	PublicStrings/"Cost centre" String
//	Address/32866 String
//
// A name in quotes follows the syntax of Go's string literals. Quotes stand where there is anything
// but letters, digits, ".", "_" and "-", and round a name of digits, since a number has none.
func (u FieldURI) MarshalText() ([]byte, error) { return u.append(nil), nil }

func (u FieldURI) append(dst []byte) []byte {
	switch u.form {
	case formNone:
		return dst
	case formTag:
		dst = fmt.Appendf(dst, "0x%04x", u.tag)
	case formName:
		dst = append(appendWord(dst, string(u.set)), '/')
		if isNumber(u.name) {
			dst = strconv.AppendQuote(dst, u.name)
		} else {
			dst = appendWord(dst, u.name)
		}
	case formID:
		dst = append(appendWord(dst, string(u.set)), '/')
		dst = strconv.AppendInt(dst, int64(u.id), 10)
	}
	return appendWord(append(dst, ' '), string(u.typ))
}

// UnmarshalText parses the text form. A property that the schema does not permit is no error here:
// see [FieldURI.Check].
func (u *FieldURI) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*u = FieldURI{}
		return nil
	}
	parsed, ok := parse(string(text))
	if !ok {
		return fmt.Errorf("mapi: %q names no property; properties are written like "+
			`0x3001 String, Address/32866 String, PublicStrings/Project String or `+
			`PublicStrings/"Cost centre" String`, text)
	}
	*u = parsed
	return nil
}

func parse(text string) (u FieldURI, ok bool) {
	set, rest, ok := cutWord(text)
	if !ok {
		return u, false
	}
	if typ, isTag := strings.CutPrefix(rest, " "); isTag {
		digits, hex := strings.CutPrefix(set, "0x")
		tag, err := strconv.ParseUint(digits, 16, 16)
		name, rest, ok := cutWord(typ)
		ok = ok && rest == "" && hex && err == nil && len(digits) == 4
		return Tag(uint16(tag), PropertyType(name)), ok
	}
	rest, ok = strings.CutPrefix(rest, "/")
	quoted := strings.HasPrefix(rest, `"`)
	name, rest, okName := cutWord(rest)
	typ, isSpaced := strings.CutPrefix(rest, " ")
	typ, rest, okType := cutWord(typ)
	if !ok || !okName || !isSpaced || !okType || rest != "" {
		return u, false
	}
	if quoted || !isNumber(name) {
		return Named(PropertySet(set), name, PropertyType(typ)), true
	}
	id, err := strconv.ParseInt(name, 10, 32)
	return Numbered(PropertySet(set), int32(id), PropertyType(typ)), err == nil
}

// appendWord appends s, in quotes unless it is a plain word.
func appendWord(dst []byte, s string) []byte {
	if s == "" || wordEnd(s) < len(s) {
		return strconv.AppendQuote(dst, s)
	}
	return append(dst, s...)
}

// cutWord returns the word or quoted string that s begins with, and what follows it.
func cutWord(s string) (word, rest string, ok bool) {
	if end := wordEnd(s); end > 0 {
		return s[:end], s[end:], true
	}
	quoted, err := strconv.QuotedPrefix(s)
	if err != nil || quoted[0] != '"' {
		return "", "", false
	}
	word, err = strconv.Unquote(quoted)
	return word, s[len(quoted):], err == nil
}

// wordEnd returns the length of the plain word that s begins with.
func wordEnd(s string) int {
	for i := range len(s) {
		switch c := s[i]; {
		case c == '.', c == '_', c == '-', '0' <= c && c <= '9', 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z':
		default:
			return i
		}
	}
	return len(s)
}

// isNumber reports whether s is written like the number of a property.
func isNumber(s string) bool {
	_, err := strconv.ParseInt(s, 10, 64)
	return err == nil
}
