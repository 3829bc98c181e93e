package auth

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
)

// TestMD4 has the test suite of RFC 1320, appendix A.5.
func TestMD4(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                           "31d6cfe0d16ae931b73c59d7e0c089c0",
		"a":                          "bde52cb31de33e46245e05fbdbd6fb24",
		"abc":                        "a448017aaf21d8525fc10ae87aa6729d",
		"message digest":             "d9130a8164549fe818874806e1c7014b",
		"abcdefghijklmnopqrstuvwxyz": "d79e1c308aa5bbcdeea8ed63df412da9",
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789":                   "043f8582f241db351ce627e153e7f0e4",
		"12345678901234567890123456789012345678901234567890123456789012345678901234567890": "e33b4ddc9c38f2199c3e7b164fcc0536",
	} {
		if got := hex.EncodeToString(md4([]byte(text))); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// TestNTLMv2_PublishedVectors has the values of [MS-NLMP] section 4.2: user User, password Password,
// domain Domain, a challenge of 0123456789abcdef, one of the client of aaaaaaaaaaaaaaaa, time 0.
func TestNTLMv2_PublishedVectors(t *testing.T) {
	t.Parallel()
	check := func(section string, got []byte, want string) {
		if text := hex.EncodeToString(got); text != want {
			t.Errorf("section %s: %s, want %s", section, text, want)
		}
	}
	key := responseKey(`Domain\User`, "Password")
	check("4.2.2.1.2, NTOWFv1", md4(utf16LE("Password")), "a4f49c406510bdcab6824ee7c30fd852")
	check("4.2.4.1.1, NTOWFv2", key, "0c868a403bfd7a93a3001ef22ef02e3f")

	temp, err := hex.DecodeString("0101000000000000" + "0000000000000000" + "aaaaaaaaaaaaaaaa" + "00000000" +
		"02000c0044006f006d00610069006e00" + "01000c00530065007200760065007200" + "00000000" + "00000000")
	if err != nil {
		t.Fatal(err)
	}
	proof := hmacOf(key, []byte{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef}, temp)
	check("4.2.4.2.2, NTLMv2 response", proof, "68cd0ab851e51c96aabc927bebef6a1c")
	check("4.2.4.1.2, session base key", sessionKey(key, proof), "8de40ccadbc14a82f15cb0ad0de95ca3")
}

func TestChallenge_Attributes(t *testing.T) {
	t.Parallel()
	end := []byte{0, 0, 0, 0}
	flags := func(v byte) []byte { return avPair(6, []byte{v, 0, 0, 0}) }
	name, clock := avPair(2, utf16LE("EXCH")), avPair(7, make([]byte, 8))
	target := avPair(9, utf16LE("HTTP/mail.example.com"))
	for _, c := range []struct {
		name      string
		info      [][]byte
		want      [][]byte
		integrity bool
	}{
		{"added", [][]byte{name, clock, end}, [][]byte{name, clock, flags(2), target, end}, true},
		{"no time: no integrity code", [][]byte{name, end}, [][]byte{name, target, end}, false},
		{"the server's flags are kept in one pair", [][]byte{flags(1), clock, end}, [][]byte{clock, flags(3), target, end}, true},
		{"two pairs become one", [][]byte{flags(1), flags(4), clock, end}, [][]byte{clock, flags(7), target, end}, true},
		{"flags without time", [][]byte{flags(1), end}, [][]byte{flags(1), target, end}, false},
		{
			"the server's target name is replaced",
			[][]byte{avPair(9, utf16LE("HTTP/evil")), clock, end},
			[][]byte{clock, flags(2), target, end},
			true,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := addition{target: "HTTP/mail.example.com", integrity: true}
			got, integrity, err := a.complete(withInfo(bytes.Join(c.info, nil)))
			if err != nil || integrity != c.integrity {
				t.Fatalf("integrity %v, error %v", integrity, err)
			}
			info, err := targetInfo(got)
			if want := bytes.Join(c.want, nil); err != nil || !bytes.Equal(info, want) {
				t.Errorf("target information % x, want % x", info, want)
			}
			plain, integrity, err := addition{}.complete(withInfo(bytes.Join(c.info, nil)))
			if err != nil || integrity {
				t.Fatalf("plain: integrity %v, error %v", integrity, err)
			}
			if info, err := targetInfo(plain); err != nil || !bytes.Equal(info, bytes.Join(c.info, nil)) {
				t.Errorf("plain: target information % x", info)
			}
		})
	}
}

func TestNTLM_WithoutMIC(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, false, func(a *acceptor) { a.plain = true })
	if got := post(t, mustNTLM(t, a, &Options{NTLMWithoutMIC: true}), a.URL, "hello"); got != `EXCH\alice 5` {
		t.Errorf("without: %s", got)
	}
	if got := post(t, mustNTLM(t, a, nil), a.URL, "hello"); !strings.Contains(got, "refused the login") {
		t.Errorf("with: %s", got)
	}
}

// TestNTLM_FlippedBit: no bit of the last message can be changed on its way, its domain for instance,
// which the proof of the password does not cover alone.
func TestNTLM_FlippedBit(t *testing.T) {
	t.Parallel()
	for name, flip := range map[string]func(m []byte){
		"none":       func([]byte) {},
		"MIC":        func(m []byte) { m[micOffset] ^= 1 },
		"flags":      func(m []byte) { m[60] ^= 0x10 },
		"last byte":  func(m []byte) { m[len(m)-1] ^= 1 },
		"version":    func(m []byte) { m[authenticateFixed] ^= 1 },
		"no MIC bit": func(m []byte) { at := bytes.Index(m, []byte{6, 0, 4, 0, 2}); m[at+4] = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAcceptor(t, false, nil)
			tr := mustNTLM(t, a, nil)
			a.Config.Handler = editAuthenticate(flip, a)
			got := post(t, tr, a.URL, "hello")
			if (got == `EXCH\alice 5`) != (name == "none") {
				t.Errorf("response %s", got)
			}
		})
	}
}

// editAuthenticate changes the last message of a login on its way.
func editAuthenticate(edit func([]byte), next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "NTLM ")
		message, err := base64.StdEncoding.DecodeString(token)
		if err == nil && len(message) > micOffset+micSize && binary.LittleEndian.Uint32(message[8:]) == 3 {
			edit(message)
			r.Header.Set("Authorization", "NTLM "+base64.StdEncoding.EncodeToString(message))
		}
		next.ServeHTTP(w, r)
	})
}
