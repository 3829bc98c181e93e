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

// An acceptor is a server that logs connections in with NTLMv2, as IIS does, and responds with the
// user. It verifies the proof and, if binding is set, the channel binding in it.
type acceptor struct {
	*httptest.Server

	users    map[string]string // DOMAIN\user, or user as it was sent with an empty domain
	binding  []byte            // the channel binding to expect; nil: not verified
	require  bool              // logins without binding are refused
	forgets  bool              // a login lasts for one request
	only     bool              // only Negotiate is offered
	server   string            // Server header
	plain    bool              // the login must come without an integrity code
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
	negotiate []byte
	challenge []byte
	user      string
}

type acceptorSession struct{}

func newAcceptor(t *testing.T, tls bool, edit func(*acceptor)) *acceptor {
	t.Helper()
	a := &acceptor{users: map[string]string{
		`EXCH\alice`: "Al1ce-pass word", `EXCH\bob`: "B0b-pass", "alice@exch.test": "Al1ce-pass word",
	}}
	a.Server = unstarted(t, a)
	a.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, acceptorSession{}, &ntlmSession{id: a.conns.Add(1)})
	}
	if edit != nil {
		edit(a)
	}
	if tls {
		a.StartTLS()
	} else {
		a.Start()
	}
	return a
}

// base is a transport that trusts the acceptor.
func (a *acceptor) base() *http.Transport {
	base, _ := a.Client().Transport.(*http.Transport)
	return base
}

func (a *acceptor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s, _ := r.Context().Value(acceptorSession{}).(*ntlmSession)
	if a.server != "" {
		w.Header().Set("Server", a.server)
	}
	body, _ := io.ReadAll(r.Body)
	scheme := "NTLM"
	if a.only {
		scheme = "Negotiate"
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), scheme+" ")
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
		s.negotiate, s.challenge = message, ntlmChallenge()
		rec.Header().Set("WWW-Authenticate", scheme+" "+base64.StdEncoding.EncodeToString(s.challenge))
		http.Error(rec, "continue", http.StatusUnauthorized)
		return
	case "authenticate":
		s.user = a.verify(s, message)
		s.challenge = nil
	}
	if s.user == "" {
		rec.Header().Add("WWW-Authenticate", "Negotiate")
		if !a.only {
			rec.Header().Add("WWW-Authenticate", "NTLM")
		}
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

// log returns the requests so far.
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

// verify checks an AUTHENTICATE_MESSAGE and returns the user, or "".
func (a *acceptor) verify(s *ntlmSession, m []byte) string {
	challenge := s.challenge
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
	key := hmacOf(md4(utf16LE(password)), utf16LE(strings.ToUpper(user)+domain))
	proof := hmacOf(key, challenge[24:32], response[16:])
	if !hmac.Equal(proof, response[:16]) || !a.bound(response[16+28:]) {
		return ""
	}
	if flags := attribute(response[16+28:], 6); flags == nil || flags[0]&2 == 0 {
		if !a.plain {
			return ""
		}
		return name
	}
	mic := bytes.Clone(m[72:88])
	clear(m[72:88])
	if a.plain || !hmac.Equal(mic, hmacOf(hmacOf(key, proof), s.negotiate, challenge, m)) ||
		!bytes.HasPrefix(attribute(response[16+28:], 9), utf16LE("HTTP/")) {
		return ""
	}
	return name
}

// attribute returns the value of the one attribute pair with this id; nil if there is none, or several.
func attribute(pairs []byte, id uint16) []byte {
	var found [][]byte
	for len(pairs) >= 4 && binary.LittleEndian.Uint16(pairs) != 0 {
		n := int(binary.LittleEndian.Uint16(pairs[2:]))
		if binary.LittleEndian.Uint16(pairs) == id {
			found = append(found, pairs[4:4+n])
		}
		pairs = pairs[4+n:]
	}
	if len(found) != 1 {
		return nil
	}
	return found[0]
}

// bound looks for the channel binding among the attribute pairs that the client signed.
func (a *acceptor) bound(pairs []byte) bool {
	if a.binding == nil {
		return true
	}
	if sent := attribute(pairs, 10); sent != nil {
		return bytes.Equal(sent, hmacLess(a.binding))
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
	name := utf16LE("EXCH")
	info := avPair(2, name)
	info = append(info, avPair(1, utf16LE("MAIL"))...)
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

func fromUTF16(b []byte) string {
	var units []uint16
	for ; len(b) >= 2; b = b[2:] {
		units = append(units, binary.LittleEndian.Uint16(b))
	}
	return string(utf16.Decode(units))
}
