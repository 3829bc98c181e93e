package auth

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"unicode/utf16"
)

// An acceptor is a server that logs connections in with NTLMv2, as IIS does, and answers who is
// logged in. It verifies the proof and, if told to, the channel binding in it.
type acceptor struct {
	*httptest.Server

	users    map[string]string // DOMAIN\user, or user as it was sent with an empty domain
	binding  []byte            // what Extended Protection wants to see; nil: not looked at
	require  bool              // logins without binding are refused
	forgets  bool              // a login is good for one request
	hook     func(w http.ResponseWriter, r *http.Request, leg string) bool
	mu       sync.Mutex
	requests []wireRequest
	conns    atomic.Int64
}

// A wireRequest is one line of the access log.
type wireRequest struct {
	conn   int64
	leg    string // "none", "negotiate", "authenticate"
	status int
	body   int
	user   string
}

type ntlmSession struct {
	id        int64
	challenge []byte
	user      string
}

type sessionKey struct{}

func newAcceptor(t *testing.T, tls bool, edit func(*acceptor)) *acceptor {
	t.Helper()
	a := &acceptor{users: map[string]string{
		`EXCH\alice`: "Al1ce-pass word", `EXCH\bob`: "B0b-pass", "alice@exch.test": "Al1ce-pass word",
	}}
	a.Server = httptest.NewUnstartedServer(a)
	a.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, sessionKey{}, &ntlmSession{id: a.conns.Add(1)})
	}
	if edit != nil {
		edit(a)
	}
	if tls {
		a.StartTLS()
	} else {
		a.Start()
	}
	t.Cleanup(a.Close)
	return a
}

// base is a transport that trusts the acceptor.
func (a *acceptor) base() *http.Transport {
	base, _ := a.Client().Transport.(*http.Transport)
	return base
}

func (a *acceptor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s, _ := r.Context().Value(sessionKey{}).(*ntlmSession)
	body, _ := io.ReadAll(r.Body)
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "NTLM ")
	message, _ := base64.StdEncoding.DecodeString(token)
	leg := "none"
	if ok && len(message) > 12 {
		leg = map[byte]string{1: "negotiate", 3: "authenticate"}[message[8]]
	}
	rec := &recorder{ResponseWriter: w, status: http.StatusOK}
	defer func() { a.note(wireRequest{s.id, leg, rec.status, len(body), s.user}) }()
	if a.hook != nil && a.hook(rec, r, leg) {
		return
	}
	switch leg {
	case "negotiate":
		s.user = ""
		s.challenge = ntlmChallenge()
		rec.Header().Set("WWW-Authenticate", "NTLM "+base64.StdEncoding.EncodeToString(s.challenge))
		http.Error(rec, "continue", http.StatusUnauthorized)
		return
	case "authenticate":
		s.user = a.verify(s.challenge, message)
		s.challenge = nil
	}
	if s.user == "" {
		rec.Header().Add("WWW-Authenticate", "Negotiate")
		rec.Header().Add("WWW-Authenticate", "NTLM")
		http.Error(rec, "unauthorized", http.StatusUnauthorized)
		return
	}
	_, _ = fmt.Fprintf(rec, "%s %d", s.user, len(body))
	if a.forgets {
		s.user = ""
	}
}

type recorder struct {
	http.ResponseWriter

	status int
}

func (r *recorder) WriteHeader(status int) { r.status = status; r.ResponseWriter.WriteHeader(status) }

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (a *acceptor) note(r wireRequest) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests = append(a.requests, r)
}

// log gives what came over the wire so far.
func (a *acceptor) log() []wireRequest {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]wireRequest(nil), a.requests...)
}

func (a *acceptor) count(leg string) int {
	n := 0
	for _, r := range a.log() {
		if r.leg == leg {
			n++
		}
	}
	return n
}

// verify checks an AUTHENTICATE_MESSAGE and gives the user, or "".
func (a *acceptor) verify(challenge, m []byte) string {
	if challenge == nil {
		return ""
	}
	field := func(at int) []byte {
		n, from := int(binary.LittleEndian.Uint16(m[at:])), int(binary.LittleEndian.Uint32(m[at+4:]))
		return m[from : from+n]
	}
	response, domain, user := field(20), fromUTF16(field(28)), fromUTF16(field(36))
	name := user
	if domain != "" {
		name = domain + `\` + user
	}
	password, known := a.users[name]
	if !known || len(response) < 16+28 {
		return ""
	}
	key := hmacMD5(md4Sum(toUTF16(password)), toUTF16(strings.ToUpper(user)+domain))
	proof := hmacMD5(key, challenge[24:32], response[16:])
	if !hmac.Equal(proof, response[:16]) || !a.bound(response[16+28:]) {
		return ""
	}
	return name
}

// bound looks for the channel binding among the attribute pairs that the client signed.
func (a *acceptor) bound(pairs []byte) bool {
	if a.binding == nil {
		return true
	}
	want := hmacLess(a.binding)
	for len(pairs) >= 4 {
		id, n := binary.LittleEndian.Uint16(pairs), int(binary.LittleEndian.Uint16(pairs[2:]))
		if id == 10 {
			return bytes.Equal(pairs[4:4+n], want)
		}
		if id == 0 {
			break
		}
		pairs = pairs[4+n:]
	}
	return !a.require
}

func hmacLess(applicationData []byte) []byte {
	head := make([]byte, 20)
	binary.LittleEndian.PutUint32(head[16:], uint32(len(applicationData)))
	sum := md5.Sum(append(head, applicationData...))
	return sum[:]
}

// ntlmChallenge writes a CHALLENGE_MESSAGE as Windows does, with a time stamp.
func ntlmChallenge() []byte {
	name := toUTF16("EXCH")
	info := avPair(2, name)
	info = append(info, avPair(1, toUTF16("MAIL"))...)
	info = append(info, avPair(7, []byte{1, 2, 3, 4, 5, 6, 0xd9, 1})...)
	info = append(info, 0, 0, 0, 0)
	m := make([]byte, 56)
	copy(m, "NTLMSSP\x00\x02")
	putField(m, 12, len(name), 56)
	binary.LittleEndian.PutUint32(m[20:], 0x00898205) // Unicode, NTLM, extended session security, target information
	_, _ = rand.Read(m[24:32])
	putField(m, 40, len(info), 56+len(name))
	return append(append(m, name...), info...)
}

func avPair(id uint16, value []byte) []byte {
	pair := binary.LittleEndian.AppendUint16(nil, id)
	pair = binary.LittleEndian.AppendUint16(pair, uint16(len(value)))
	return append(pair, value...)
}

func putField(m []byte, at, size, offset int) {
	binary.LittleEndian.PutUint16(m[at:], uint16(size))
	binary.LittleEndian.PutUint16(m[at+2:], uint16(size))
	binary.LittleEndian.PutUint32(m[at+4:], uint32(offset))
}

func toUTF16(s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}

func fromUTF16(b []byte) string {
	var units []uint16
	for ; len(b) >= 2; b = b[2:] {
		units = append(units, binary.LittleEndian.Uint16(b))
	}
	return string(utf16.Decode(units))
}

func hmacMD5(key []byte, data ...[]byte) []byte {
	h := hmac.New(md5.New, key)
	for _, d := range data {
		h.Write(d)
	}
	return h.Sum(nil)
}

// md4Sum is RFC 1320, which NTLM hashes passwords with.
func md4Sum(data []byte) []byte {
	padded := append(bytes.Clone(data), 0x80)
	for len(padded)%64 != 56 {
		padded = append(padded, 0)
	}
	padded = binary.LittleEndian.AppendUint64(padded, uint64(len(data))*8)
	h := [4]uint32{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}
	for ; len(padded) > 0; padded = padded[64:] {
		md4Block(&h, padded[:64])
	}
	var out []byte
	for _, v := range h {
		out = binary.LittleEndian.AppendUint32(out, v)
	}
	return out
}

func md4Block(h *[4]uint32, block []byte) {
	order := [3][16]int{
		{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
		{0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15},
		{0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15},
	}
	shift := [3][4]int{{3, 7, 11, 19}, {3, 5, 9, 13}, {3, 9, 11, 15}}
	add := [3]uint32{0, 0x5a827999, 0x6ed9eba1}
	mix := [3]func(x, y, z uint32) uint32{
		func(x, y, z uint32) uint32 { return x&y | ^x&z },
		func(x, y, z uint32) uint32 { return x&y | x&z | y&z },
		func(x, y, z uint32) uint32 { return x ^ y ^ z },
	}
	v := *h
	for round := range 3 {
		for i := range 16 {
			word := binary.LittleEndian.Uint32(block[4*order[round][i]:])
			sum := v[0] + mix[round](v[1], v[2], v[3]) + word + add[round]
			n := shift[round][i%4]
			v = [4]uint32{v[3], sum<<n | sum>>(32-n), v[1], v[2]}
		}
	}
	for i := range h {
		h[i] += v[i]
	}
}
