package imgroup

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// AddressKey returns the form in which instant-messaging addresses are compared: without
// surrounding blanks, without the scheme "sip:", in lower case. Two addresses name the same contact
// exactly when their keys are equal. Servers send addresses with and without the scheme.
func AddressKey(address string) string { return strings.ToLower(BareAddress(address)) }

// SameAddress reports whether a and b name the same contact: equal without "sip:" and without
// regard to case. An empty address names no contact.
func SameAddress(a, b string) bool { return hasKey(a, AddressKey(b)) }

// NameKey returns the form in which names of groups are compared: equal for names that differ in
// case only, as strings.EqualFold has it.
func NameKey(name string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			least = min(least, f)
		}
		return least
	}, name)
}

// BareAddress returns an instant-messaging address without surrounding blanks and without the
// scheme "sip:".
func BareAddress(address string) string {
	address = strings.TrimSpace(address)
	const scheme = "sip:"
	if len(address) >= len(scheme) && strings.EqualFold(address[:len(scheme)], scheme) {
		address = address[len(scheme):]
	}
	return address
}

// hasKey reports whether key, unless empty, is the AddressKey of address. It reads the address up
// to the first difference.
func hasKey(address, key string) bool {
	if address == "" || key == "" {
		return false
	}
	for _, c := range BareAddress(address) {
		want, size := utf8.DecodeRuneInString(key)
		if size == 0 || want != unicode.ToLower(c) {
			return false
		}
		key = key[size:]
	}
	return key == ""
}
