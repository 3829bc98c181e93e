package soap

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// Words of eight bytes: equal and unusual set the top bit of each byte that they look for. Bytes
// above the lowest such byte may be marked wrongly, so only the lowest counts.
const (
	ones = 0x0101010101010101
	tops = 0x8080808080808080
)

// equal marks the bytes that are c: x XOR c has a zero byte there, from which subtracting one
// borrows.
func equal(x uint64, c byte) uint64 {
	x ^= ones * uint64(c)
	return (x - ones) &^ x
}

// unusual marks controls, including tabs and line ends, and bytes beyond ASCII.
func unusual(x uint64) uint64 {
	return (x-ones*0x20)&^x | x
}

// plain returns the number of bytes at the start of b that stand for themselves in character data.
// It examines words: the sentences of a fault take a twelfth more instructions byte by byte.
func plain(b []byte) int {
	i := 0
	for {
		for ; len(b)-i >= 8; i += 8 {
			x := binary.LittleEndian.Uint64(b[i:])
			if m := (unusual(x) | equal(x, '<') | equal(x, '&') | equal(x, ']')) & tops; m != 0 {
				i += bits.TrailingZeros64(m) / 8
				break
			}
		}
		if i == len(b) {
			return i
		}
		switch c := b[i]; {
		case class[c]&inText != 0:
			i++
		case c >= utf8.RuneSelf:
			size := wholeChar(b[i:])
			if size == 0 {
				return i
			}
			i += size
		case c == ']' && i+1 < len(b) && b[i+1] != ']':
			i++
		default:
			return i
		}
	}
}

// plainAttr returns the number of ASCII characters at the start of b that stand for themselves in
// an attribute value in either kind of quotes.
func plainAttr(b []byte) int {
	i := 0
	for i < len(b) && class[b[i]]&inAttr != 0 {
		i++
	}
	return i
}

// plainRaw is plain for text without markup that ends before stop.
func plainRaw(b []byte, stop byte) int {
	i := 0
	for i < len(b) {
		c := b[i]
		switch {
		case c == stop:
			return i
		case class[c]&inRaw != 0:
			i++
		case c >= utf8.RuneSelf:
			size := wholeChar(b[i:])
			if size == 0 {
				return i
			}
			i += size
		default:
			return i
		}
	}
	return i
}

// wholeChar returns the size of the character at the start of b, or 0 if that is forbidden, not
// whole or not UTF-8.
func wholeChar(b []byte) int {
	char, size := utf8.DecodeRune(b)
	if size == 1 || !isChar(char) {
		return 0
	}
	return size
}
