package auth

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/Azure/go-ntlmssp"
)

// withInfo writes a CHALLENGE_MESSAGE with this target information.
func withInfo(info []byte) []byte {
	m := make([]byte, 56)
	copy(m, ntlmChallenge()[:48])
	putField(m, 12, 0, 56)
	putField(m, 40, len(info), 56)
	return append(m, info...)
}

func TestChallenge(t *testing.T) {
	t.Parallel()
	end := []byte{0, 0, 0, 0}
	name := avPair(2, utf16LE("EXCH"))
	binding := []byte("tls-server-end-point:0123456789abcdef")
	bound := avPair(10, hmacLess(binding))
	for _, c := range []struct {
		name      string
		info      []byte
		binding   []byte
		want      []byte
		wantError string
	}{
		{"added", append(bytes.Clone(name), end...), binding, bytes.Join([][]byte{name, bound, end}, nil), ""},
		{"none to add", append(bytes.Clone(name), end...), nil, bytes.Join([][]byte{name, end}, nil), ""},
		{"no target information", nil, binding, bytes.Join([][]byte{bound, end}, nil), ""},
		{"no target information, none to add", nil, nil, nil, ""},
		{
			"the server's own is replaced", bytes.Join([][]byte{avPair(10, make([]byte, 16)), name, end}, nil), binding,
			bytes.Join([][]byte{name, bound, end}, nil), "",
		},
		{
			"what follows the end is dropped", bytes.Join([][]byte{name, end, name}, nil), nil,
			bytes.Join([][]byte{name, end}, nil), "",
		},
		{"no end mark", name, binding, nil, "cut short"},
		{"cut pair", name[:6], binding, nil, "cut short"},
		{"cut header", []byte{2, 0}, binding, nil, "cut short"},
		{"odd time stamp", append(avPair(7, []byte{1}), end...), nil, nil, "time stamp"},
		{"no room", append(avPair(2, make([]byte, 65520)), end...), binding, nil, "no room"},
		{"64 KiB", append(avPair(2, make([]byte, 65500)), end...), nil, append(avPair(2, make([]byte, 65500)), end...), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, _, err := addition{binding: c.binding}.complete(withInfo(c.info))
			if c.wantError != "" {
				if err == nil || !strings.Contains(err.Error(), c.wantError) {
					t.Fatalf("error %v, want %q in it", err, c.wantError)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			info, err := targetInfo(got)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(info, c.want) {
				t.Errorf("target information % x, want % x", info, c.want)
			}
			if _, err := ntlmssp.NewAuthenticateMessage(got, "user", "password", nil); err != nil {
				t.Errorf("not accepted any more: %v", err)
			}
		})
	}
}

func TestChallenge_Refuses(t *testing.T) {
	t.Parallel()
	outside := withInfo([]byte{0, 0, 0, 0})
	binary.LittleEndian.PutUint32(outside[44:], 0xffffffff)
	for _, c := range []struct {
		name    string
		message []byte
	}{
		{"empty", nil},
		{"cut", ntlmChallenge()[:47]},
		{"another message", append([]byte("NTLMSSP\x00\x01\x00\x00\x00"), make([]byte, 60)...)},
		{"another protocol", make([]byte, 60)},
		{"target information outside", outside},
		{"huge", append(ntlmChallenge(), make([]byte, 1<<20)...)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, _, err := (addition{binding: []byte("x")}).complete(c.message); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func FuzzNTLMChallenge(f *testing.F) {
	f.Add(ntlmChallenge(), true)
	f.Add(ntlmChallenge()[:60], true)
	f.Add(withInfo(nil), false)
	f.Add(withInfo(append(avPair(2, make([]byte, 600)), 0, 0, 0, 0)), true)
	f.Add(withInfo(avPair(10, make([]byte, 16))), true)
	f.Fuzz(func(t *testing.T, message []byte, bind bool) {
		x := &ntlmHandshake{user: `EXCH\alice`, password: "secret"}
		if bind {
			x.add.target, x.add.integrity = "HTTP/mail.example.com", true
			x.add.binding = []byte("tls-server-end-point:0123456789abcdef")
		}
		before := bytes.Clone(message)
		if message == nil {
			message = []byte{}
		}
		token, done, err := x.Next(t.Context(), message)
		if !bytes.Equal(before, message) {
			t.Error("the message was changed")
		}
		if err != nil {
			return
		}
		if !done || !bytes.HasPrefix(token, []byte("NTLMSSP\x00\x03")) {
			t.Errorf("token % x, done %v", token, done)
		}
		if bind && !bytes.Contains(token, hmacLess(x.add.binding)) {
			t.Error("the token lacks the channel binding")
		}
	})
}
