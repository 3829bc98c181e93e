// Package requestid makes the ids by which requests are found in a server's logs, and reports
// whether a response belongs to its request.
package requestid

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"strings"
)

// Size is the length of an id, a UUID as text.
const Size = 36

// process is half of every id of this process. A response that echoes it with another half than its
// request's belongs to another request.
var process = rand.Uint64() //nolint:gosec // it is there to be found in logs, and no secret

// Append writes a UUID, version 4: half of it the process's, half of it new.
func Append(dst []byte) []byte {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:8], process)
	binary.BigEndian.PutUint64(raw[8:], rand.Uint64()) //nolint:gosec // as above
	raw[6] = raw[6]&0x0f | 0x40
	raw[8] = raw[8]&0x3f | 0x80
	for i, part := range [...][]byte{raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:]} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, part)
	}
	return dst
}

// processDigits is how many of an id's digits are the process's, of digits in all.
const processDigits, digits = 16, 32

// Foreign reports whether a response with that header belongs to another request of this process
// than the one with that id: a server or proxy that responds twice to a request makes net/http take
// a response for that of the next one. An id that something on the way made up, or a missing one,
// proves nothing. The form of an id does not count, capitals or hyphens, nor what surrounds it:
// braces, quotes, other ids in a list.
func Foreign(h http.Header, id string) bool {
	if len(id) != Size {
		return false
	}
	foreign := false
	for _, echoed := range h["Client-Request-Id"] {
		if strings.Contains(echoed, id) {
			return false // most often: plain leaves garbage
		}
		own, echoed := plain(id), plain(echoed)
		if strings.Contains(echoed, own) {
			return false
		}
		i := strings.Index(echoed, own[:processDigits])
		foreign = foreign || i >= 0 && len(echoed) >= i+digits
	}
	return foreign
}

// plain returns a text in lower case and without hyphens.
func plain(s string) string { return strings.ReplaceAll(strings.ToLower(s), "-", "") }
