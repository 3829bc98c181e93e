package auth

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// md4 is the hash of RFC 1320, from which NTLM derives keys. The standard library has none.
func md4(data []byte) []byte {
	padded := append(bytes.Clone(data), 0x80)
	padded = append(padded, make([]byte, (120-len(padded)%64)%64)...)
	padded = binary.LittleEndian.AppendUint64(padded, uint64(len(data))*8)
	state := [4]uint32{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}
	for ; len(padded) > 0; padded = padded[64:] {
		md4Block(&state, padded[:64])
	}
	var sum []byte
	for _, word := range state {
		sum = binary.LittleEndian.AppendUint32(sum, word)
	}
	return sum
}

// md4Rounds are the three rounds of section 3.4: the order of the words, the shifts, the constant and
// the function.
var md4Rounds = [3]struct {
	order  [16]uint8
	shifts [4]int
	add    uint32
	mix    func(x, y, z uint32) uint32
}{
	{
		[16]uint8{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
		[4]int{3, 7, 11, 19},
		0,
		func(x, y, z uint32) uint32 { return x&y | ^x&z },
	},
	{
		[16]uint8{0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15},
		[4]int{3, 5, 9, 13},
		0x5a827999,
		func(x, y, z uint32) uint32 { return x&y | x&z | y&z },
	},
	{
		[16]uint8{0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15},
		[4]int{3, 9, 11, 15},
		0x6ed9eba1,
		func(x, y, z uint32) uint32 { return x ^ y ^ z },
	},
}

func md4Block(state *[4]uint32, block []byte) {
	a, b, c, d := state[0], state[1], state[2], state[3]
	for _, round := range md4Rounds {
		for i, at := range round.order {
			sum := a + round.mix(b, c, d) + binary.LittleEndian.Uint32(block[4*at:]) + round.add
			a, b, c, d = d, bits.RotateLeft32(sum, round.shifts[i%4]), b, c
		}
	}
	state[0] += a
	state[1] += b
	state[2] += c
	state[3] += d
}
