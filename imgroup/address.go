package imgroup

import "strings"

// AddressKey returns the form in which instant-messaging addresses are compared: without
// surrounding blanks, without the scheme "sip:", in lower case. Two addresses name the same
// contact exactly when their keys are equal. Servers send addresses with and without the scheme.
func AddressKey(address string) string {
	address = strings.TrimSpace(address)
	const scheme = "sip:"
	if len(address) >= len(scheme) && strings.EqualFold(address[:len(scheme)], scheme) {
		address = address[len(scheme):]
	}
	return strings.ToLower(address)
}

// SameAddress reports whether a and b name the same contact: equal without "sip:" and without
// regard to case. Empty addresses name nobody.
func SameAddress(a, b string) bool {
	key := AddressKey(a)
	return key != "" && key == AddressKey(b)
}
