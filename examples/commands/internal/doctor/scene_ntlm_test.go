package doctor

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"

	"golang.org/x/crypto/md4" //nolint:staticcheck,gosec // NTLM's keys are made with it
)

// An ntlm logs connections in, as IIS does: by NTLMv2, and with Extended Protection if it knows its
// certificate.
type ntlm struct {
	user, domain string // "": tony of CORP
	requires     bool   // that logins are tied to the TLS connection
	certificate  []byte // in DER; nil: the binding is not looked at
	server       string // of the header

	mu       sync.Mutex
	sessions map[string]string // of connections: the challenge's nonce, or loggedIn
}

const (
	nonce    = "8 bytes!"
	loggedIn = "logged in"
)

// protects puts NTLM before a handler.
func (n *ntlm) protects(next http.Handler) http.HandlerFunc {
	n.sessions = map[string]string{}
	return func(w http.ResponseWriter, r *http.Request) {
		if n.server != "" {
			w.Header().Set("Server", n.server)
		}
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "NTLM ")
		message, _ := base64.StdEncoding.DecodeString(token)
		n.mu.Lock()
		state := n.sessions[r.RemoteAddr]
		switch {
		case len(message) > 8 && message[8] == 1:
			n.sessions[r.RemoteAddr] = nonce
			n.mu.Unlock()
			w.Header().Set("WWW-Authenticate", "NTLM "+base64.StdEncoding.EncodeToString(challenge()))
			w.WriteHeader(http.StatusUnauthorized)
			return
		case len(message) > 8 && message[8] == 3:
			state = ""
			if n.sessions[r.RemoteAddr] == nonce && n.proves(message) {
				state = loggedIn
			}
			n.sessions[r.RemoteAddr] = state
		}
		n.mu.Unlock()
		if state != loggedIn {
			offering("Negotiate", "NTLM")(w, r)
			return
		}
		next.ServeHTTP(w, r)
	}
}

// proves verifies the response to the challenge ([MS-NLMP] section 3.3.2) and the channel binding.
func (n *ntlm) proves(m []byte) bool {
	field := func(at int) []byte {
		from := binary.LittleEndian.Uint32(m[at+4:])
		return m[from : from+uint32(binary.LittleEndian.Uint16(m[at:]))]
	}
	response, domain, user := field(20), field(28), field(36)
	if len(response) < 44 || n.user != "" && !bytes.Equal(user, wide(n.user)) || n.domain != "" && !bytes.Equal(domain, wide(n.domain)) {
		return false
	}
	hash := md4.New()
	_, _ = hash.Write(wide("s3cret"))
	key := keyed(hash.Sum(nil), append(bytes.ToUpper(user), domain...)) // ASCII
	if !hmac.Equal(keyed(key, append([]byte(nonce), response[16:]...)), response[:16]) {
		return false
	}
	for pairs := response[44:]; len(pairs) >= 4 && pairs[0] != 0; {
		size := binary.LittleEndian.Uint16(pairs[2:])
		if pairs[0] == 10 && n.certificate != nil {
			return bytes.Equal(pairs[4:4+size], bindingOf(n.certificate))
		}
		pairs = pairs[4+size:]
	}
	return !n.requires
}

// bindingOf is the MD5 of a tls-server-end-point binding (RFC 5929) in a gss_channel_bindings_struct.
func bindingOf(certificate []byte) []byte {
	sum := sha256.Sum256(certificate)
	data := append([]byte("tls-server-end-point:"), sum[:]...)
	all := binary.LittleEndian.AppendUint32(make([]byte, 16), uint32(len(data)))
	binding := md5.Sum(append(all, data...))
	return binding[:]
}

func keyed(key, data []byte) []byte {
	mac := hmac.New(md5.New, key)
	_, _ = mac.Write(data)
	return mac.Sum(nil)
}

func wide(s string) (b []byte) {
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// challenge is a CHALLENGE_MESSAGE of the domain CORP, without the time, so that the response needs
// no integrity code.
func challenge() []byte {
	info := append([]byte{2, 0, 8, 0}, wide("CORP")...)
	info = append(info, 0, 0, 0, 0)
	m := append([]byte("NTLMSSP\x00\x02\x00\x00\x00"), make([]byte, 44)...)
	binary.LittleEndian.PutUint32(m[20:], 0x00898205) // Unicode, NTLM, extended session security, target information
	copy(m[24:], nonce)
	binary.LittleEndian.PutUint16(m[40:], uint16(len(info)))
	binary.LittleEndian.PutUint16(m[42:], uint16(len(info)))
	binary.LittleEndian.PutUint32(m[44:], uint32(len(m)))
	return append(m, info...)
}

// balancing is a load balancer of another vendor. It shares its connections among its clients, or
// opens one for each request.
func balancing(share bool) func(*testing.T, string) string {
	return func(t *testing.T, server string) string {
		t.Helper()
		target, err := url.Parse(server)
		if err != nil {
			t.Fatal(err)
		}
		back := &http.Transport{DisableKeepAlives: !share, MaxIdleConnsPerHost: 10}
		proxy := httputil.NewSingleHostReverseProxy(target)
		proxy.Transport = back
		s := &http.Server{Handler: proxy, ReadHeaderTimeout: networkTimeout}
		l := ownPort(t)
		go func() { _ = s.Serve(l) }()
		t.Cleanup(func() { _ = s.Close(); back.CloseIdleConnections() })
		return "http://" + l.Addr().String()
	}
}

// bridged is an Exchange with Extended Protection behind a load balancer that has its own certificate.
func bridged(t *testing.T, requires bool, args ...string) scene {
	t.Helper()
	root := issue(t, nil, "Contoso Root", nil)
	inside, outside := issue(t, root, "EXCH01", onLoopback), issue(t, root, "mail", onLoopback)
	return protectedBy(t, root, inside, requires, bridging(outside.config(true)), args...)
}

// protectedBy is an Exchange that knows its certificate, behind a front.
func protectedBy(
	t *testing.T, root, inside *issued, requires bool, front func(*testing.T, string) string, args ...string,
) scene {
	t.Helper()
	n := &ntlm{certificate: inside.Raw, requires: requires, server: "Microsoft-IIS/10.0"}
	config := inside.config(true)
	config.MinVersion = tls.VersionTLS12
	return scene{
		handler: n.protects(inUse(nil)), tls: config, front: front,
		args: append([]string{"--auth", "ntlm", "--user", `CORP\tony`, "--ca", root.file(t)}, args...),
	}
}
