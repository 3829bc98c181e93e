package soap

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// Eight bytes at a time: each function below sets the top bit of those bytes
// of a word that it asks for. Bytes above the lowest that is set may be
// wrong, and only the lowest is used.
const (
	ones = 0x0101010101010101
	tops = 0x8080808080808080
)

// equal marks the bytes that are c: what x XOR c leaves as zero borrows when
// one is taken from it.
func equal(x uint64, c byte) uint64 {
	x ^= ones * uint64(c)
	return (x - ones) &^ x
}

// unusual marks controls, tabs and line ends among them, and what is not ASCII.
func unusual(x uint64) uint64 {
	return (x-ones*0x20)&^x | x
}

// plain returns how many bytes of character data at the start of b stand for themselves.
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

// wholeChar returns the size of the character at the start of b, 0 if it is
// forbidden, not whole or no UTF-8.
func wholeChar(b []byte) int {
	char, size := utf8.DecodeRune(b)
	if size == 1 || !isChar(char) {
		return 0
	}
	return size
}

// plainAttr returns how many bytes of an attribute value at the start of b stand
// for themselves. Quotes do not, either of them.
func plainAttr(b []byte) int {
	i := 0
	for ; len(b)-i >= 8; i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		if m := (unusual(x) | equal(x, '<') | equal(x, '&') | equal(x, '"') | equal(x, '\'')) & tops; m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
	}
	for i < len(b) && class[b[i]]&inAttr != 0 {
		i++
	}
	return i
}

// plainRaw is plain for what knows no markup but stop.
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
