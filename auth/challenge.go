package auth

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
)

// A challenge is one scheme of a WWW-Authenticate header (RFC 9110 section 11.6.1): its name with
// either a token68 or parameters, or with neither.
type challenge struct {
	scheme string
	token  string
	params []param
}

type param struct{ name, value string }

// maxChallenges bounds the work for a hostile header.
const maxChallenges = 32

// param returns a parameter's value; names are case-insensitive.
func (c challenge) param(name string) string {
	for _, p := range c.params {
		if strings.EqualFold(p.name, name) {
			return p.value
		}
	}
	return ""
}

// String writes the challenge as a header would, without a token68.
func (c challenge) String() string {
	var b strings.Builder
	b.WriteString(c.scheme)
	for i, p := range c.params {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(" " + p.name + "=" + strconv.Quote(p.value))
	}
	return b.String()
}

// blob decodes the token68 of NTLM and Negotiate.
func (c challenge) blob() ([]byte, error) {
	data, err := base64.StdEncoding.DecodeString(c.token)
	if err != nil {
		return nil, errors.New("the server's " + c.scheme + " challenge is not base64")
	}
	return data, nil
}

// findChallenge returns the first challenge of a scheme.
func findChallenge(list []challenge, scheme string) (challenge, bool) {
	for _, c := range list {
		if strings.EqualFold(c.scheme, scheme) {
			return c, true
		}
	}
	return challenge{}, false
}

// parseChallenges reads all WWW-Authenticate headers of a response. Servers put one scheme on a
// line or several, so a comma may part parameters or challenges: a token that is followed by "=" is
// a parameter, any other begins a challenge. Unreadable text is skipped up to the next comma.
func parseChallenges(headers []string) []challenge {
	var list []challenge
	for _, h := range headers {
		p := headerParser{rest: h}
		for len(list) < maxChallenges {
			c, ok := p.challenge()
			if !ok {
				break
			}
			list = append(list, c)
		}
	}
	return list
}

type headerParser struct{ rest string }

// challenge reads the next challenge; false at the end of the header.
func (p *headerParser) challenge() (challenge, bool) {
	for {
		p.skip(" \t,")
		if p.rest == "" {
			return challenge{}, false
		}
		if scheme := p.token(); scheme != "" && p.bounded() {
			c := challenge{scheme: scheme}
			p.skip(" \t")
			if c.token = p.token68(); c.token == "" {
				c.params = p.params()
			}
			return c, true
		}
		p.discard()
	}
}

// bounded says whether a token ended where a scheme may end.
func (p *headerParser) bounded() bool {
	return p.rest == "" || strings.ContainsRune(" \t,", rune(p.rest[0]))
}

// token68 reads a blob that stands alone up to a comma or the end, else nothing.
func (p *headerParser) token68() string {
	end := 0
	for end < len(p.rest) && isToken68(p.rest[end]) {
		end++
	}
	blob := p.rest[:end]
	for end < len(p.rest) && p.rest[end] == '=' {
		end++
	}
	after := strings.TrimLeft(p.rest[end:], " \t")
	if blob == "" || (after != "" && after[0] != ',') {
		return ""
	}
	blob, p.rest = p.rest[:end], after
	return blob
}

// params reads name=value pairs until something else begins.
func (p *headerParser) params() []param {
	var list []param
	for {
		before := p.rest
		p.skip(" \t,")
		name := p.token()
		p.skip(" \t")
		if name == "" || !strings.HasPrefix(p.rest, "=") {
			p.rest = before
			return list
		}
		p.rest = p.rest[1:]
		p.skip(" \t")
		list = append(list, param{name, p.value()})
		p.skip(" \t")
		if p.rest != "" && p.rest[0] != ',' {
			p.discard()
		}
	}
}

// value reads a token or a quoted string, in which commas and escaped quotes are text.
func (p *headerParser) value() string {
	if !strings.HasPrefix(p.rest, `"`) {
		return p.token()
	}
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch ch := p.rest[i]; {
		case ch == '"':
			p.rest = p.rest[i+1:]
			return b.String()
		case ch == '\\' && i+1 < len(p.rest):
			i++
			b.WriteByte(p.rest[i])
		default:
			b.WriteByte(ch)
		}
	}
	p.rest = "" // never closed: the text runs to the end
	return b.String()
}

func (p *headerParser) skip(set string) { p.rest = strings.TrimLeft(p.rest, set) }

// discard drops the text before the next comma.
func (p *headerParser) discard() {
	if i := strings.IndexByte(p.rest, ','); i >= 0 {
		p.rest = p.rest[i:]
		return
	}
	p.rest = ""
}

func (p *headerParser) token() string {
	end := 0
	for end < len(p.rest) && isTokenChar(p.rest[end]) {
		end++
	}
	word := p.rest[:end]
	p.rest = p.rest[end:]
	return word
}

func isAlphanumeric(ch byte) bool {
	return ch >= 'a' && ch <= 'z' || ch >= 'A' && ch <= 'Z' || ch >= '0' && ch <= '9'
}

func isTokenChar(ch byte) bool {
	return isAlphanumeric(ch) || strings.IndexByte("!#$%&'*+-.^_`|~", ch) >= 0
}

func isToken68(ch byte) bool {
	return isAlphanumeric(ch) || strings.IndexByte("-._~+/", ch) >= 0
}
