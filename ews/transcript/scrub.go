package transcript

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// scrubber replaces words by words of the same shape.
type scrubber struct {
	key []byte

	mu       sync.Mutex
	replaced map[string]string // by the word in lower case
	taken    map[string]bool   // the replacements
	size     int               // bytes in both
}

func newScrubber(key []byte) *scrubber {
	return &scrubber{key: key, replaced: map[string]string{}, taken: map[string]bool{}}
}

// maxWords bounds what a scrubber remembers, in bytes.
const maxWords = 64 << 20

var errFull = errors.New("the transcript has too many different words")

var (
	guid = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}`)
	sid  = regexp.MustCompile(`^S-1-[0-9]{1,2}(-21)?(-|$)`)
	// reference is a character reference.
	reference = regexp.MustCompile(`^&#(x[0-9A-Fa-f]{1,8}|[0-9]{1,8});`)
	escape    = regexp.MustCompile(`^%[0-9A-Fa-f]{2}`)
)

// schemes stay before a colon. Nothing writes to them.
var schemes = setOf("sip sips tel smtp mailto http https x400 x500")

// text appends raw, character data or a part of a URL, with each word replaced that keep does not
// spare. A nil keep spares none.
func (s *scrubber) text(dst []byte, raw string, keep func(word string) bool) ([]byte, error) {
	for raw != "" {
		n := literal(raw)
		if n > 0 {
			dst, raw = append(dst, raw[:n]...), raw[n:]
			continue
		}
		n, class := wordIn(raw)
		word := raw[:n]
		raw = raw[n:]
		if class == plain && (keep != nil && keep(word) || schemes[strings.ToLower(word)] && strings.HasPrefix(raw, ":")) {
			dst = append(dst, word...)
			continue
		}
		other, err := s.replacement(word, class)
		if err != nil {
			return nil, err
		}
		dst = append(dst, other...)
	}
	return dst, nil
}

// literal returns how much of the beginning of raw is no part of a word.
func literal(raw string) int {
	if m := sid.FindString(raw); m != "" {
		return len(m)
	}
	n := 0
	for n < len(raw) {
		k, of := unit(raw[n:])
		if of {
			break
		}
		n += k
	}
	return n
}

// unit returns the length of the first character of raw, references and escapes being one, and
// whether it is part of a word.
func unit(raw string) (n int, ofWord bool) {
	switch raw[0] {
	case '&':
		if m := reference.FindString(raw); m != "" {
			return len(m), isWord(rune(codeOf(m)))
		}
		return entity(raw), false
	case '%':
		if m := escape.FindString(raw); m != "" {
			b, _ := strconv.ParseUint(m[1:], 16, 8) // the pattern has two digits
			return len(m), b >= utf8.RuneSelf || isWord(rune(b))
		}
	}
	r, n := utf8.DecodeRuneInString(raw)
	return n, isWord(r)
}

// entity returns the length of one of XML's entities, 1 for any other ampersand.
func entity(raw string) int {
	for _, name := range [...]string{"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"} {
		if strings.HasPrefix(raw, name) {
			return len(name)
		}
	}
	return 1
}

func codeOf(reference string) uint64 {
	digits, base := reference[2:len(reference)-1], 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n > unicode.MaxRune {
		return 'x'
	}
	return n
}

// isWord reports whether a character can be part of a name: ASCII letters and digits, and all of
// Unicode beyond but white space and the byte order mark.
func isWord(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	}
	return !unicode.IsSpace(r) && r != '\uFEFF'
}

// class is what the letters of a word are replaced by.
type class int

const (
	plain class = iota
	hex         // a GUID
)

// wordIn returns the length and the class of the word with which raw begins.
func wordIn(raw string) (int, class) {
	if m := guid.FindString(raw); m != "" {
		return len(m), hex
	}
	n := 0
	for n < len(raw) {
		k, of := unit(raw[n:])
		if !of {
			break
		}
		n += k
	}
	return n, plain
}

// replacement returns the word that stands for another one.
func (s *scrubber) replacement(word string, c class) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	folded := fold(word)
	other, ok := s.replaced[folded]
	if !ok {
		var err error
		if other, err = s.choose(folded, c); err != nil {
			return "", err
		}
		if s.size += 2 * (len(folded) + len(other)); s.size > maxWords {
			return "", errFull
		}
		s.replaced[folded], s.taken[other] = other, true
	}
	return sameCase(other, word), nil
}

// choose returns a word of the same shape that stands for no other one.
func (s *scrubber) choose(folded string, c class) (string, error) {
	for attempt := range uint32(1000) {
		other := s.random(folded, c, attempt)
		if !s.taken[other] && (other != folded || len(other) < 3) {
			return other, nil
		}
	}
	return "", errFull
}

// random returns a word of the shape of folded that the key decides.
func (s *scrubber) random(folded string, c class, attempt uint32) string {
	stream := newStream(s.key, folded, attempt)
	out := make([]byte, 0, len(folded))
	for i := 0; i < len(folded); {
		r, n := utf8.DecodeRuneInString(folded[i:])
		if m := specialAt(folded[i:]); m > 0 { // a reference or an escape: as many letters
			for range m {
				out = append(out, byte('a'+stream.next(26)))
			}
			i += m
			continue
		}
		out = utf8.AppendRune(out, stream.like(r, n, c))
		i += n
	}
	return string(out)
}

func specialAt(raw string) int {
	return len(reference.FindString(raw)) + len(escape.FindString(raw))
}

// fold returns a word in lower case. A character whose lower case has another length stays.
func fold(word string) string {
	return strings.Map(func(r rune) rune {
		if l := unicode.ToLower(r); utf8.RuneLen(l) == utf8.RuneLen(r) {
			return l
		}
		return r
	}, word)
}

// sameCase returns other, which has only ASCII letters in lower case, with the capitals of word.
func sameCase(other, word string) string {
	b := []byte(other)
	for i := range b {
		if b[i] >= 'a' && b[i] <= 'z' && word[i] >= 'A' && word[i] <= 'Z' {
			b[i] -= 'a' - 'A'
		}
	}
	return string(b)
}

// stream is an endless row of numbers.
type stream struct {
	seed  [sha256.Size]byte
	block [sha256.Size]byte
	at    int
	n     uint32
}

func newStream(key []byte, word string, attempt uint32) *stream {
	in := binary.BigEndian.AppendUint32(append([]byte(nil), key...), attempt)
	return &stream{seed: sha256.Sum256(append(in, word...)), at: sha256.Size}
}

// next returns a number below n.
func (s *stream) next(n uint32) uint32 {
	if s.at == len(s.block) {
		s.block = sha256.Sum256(binary.BigEndian.AppendUint32(s.seed[:], s.n))
		s.at, s.n = 0, s.n+1
	}
	v := binary.BigEndian.Uint32(s.block[s.at:])
	s.at += 4
	return v % n
}

// like returns a character of the same kind as r, which has n bytes, and as long in UTF-8 and in
// UTF-16.
func (s *stream) like(r rune, n int, c class) rune {
	switch {
	case r >= '0' && r <= '9':
		return rune('0' + s.next(10))
	case r < utf8.RuneSelf && c == hex && r != '-':
		return rune('a' + s.next(6))
	case r < utf8.RuneSelf && r != '-':
		return rune('a' + s.next(26))
	case n == 2:
		return rune(0x0410 + s.next(0x40)) // Cyrillic letters, which may stand in names of XML
	case n == 3:
		return rune(0x4E00 + s.next(0x5000)) // CJK
	case n == 4:
		return rune(0x20000 + s.next(0xA000)) // CJK, beyond the basic plane
	}
	return r
}
