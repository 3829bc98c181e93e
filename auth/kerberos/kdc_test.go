package kerberos

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/go-ews/exchange/auth"
)

// refusingKDC refuses all passwords and counts the requests that carry one.
func refusingKDC(t *testing.T) (address string, passwords func() int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a listener on loopback
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	count := 0
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			code := errorcode.KDC_ERR_PREAUTH_REQUIRED
			if carriesPassword(c) {
				mu.Lock()
				count++
				mu.Unlock()
				code = errorcode.KDC_ERR_PREAUTH_FAILED
			}
			refuse(c, code)
			_ = c.Close()
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	return l.Addr().String(), func() int {
		mu.Lock()
		defer mu.Unlock()
		return count
	}
}

func carriesPassword(c net.Conn) bool {
	var size [4]byte
	if _, err := io.ReadFull(c, size[:]); err != nil {
		return false
	}
	data := make([]byte, binary.BigEndian.Uint32(size[:]))
	if _, err := io.ReadFull(c, data); err != nil {
		return false
	}
	var request messages.ASReq
	if err := request.Unmarshal(data); err != nil {
		return false
	}
	return request.PAData.Contains(patype.PA_ENC_TIMESTAMP)
}

func refuse(c net.Conn, code int32) {
	info, _ := asn1.Marshal(types.ETypeInfo2{{EType: etypeID.AES256_CTS_HMAC_SHA1_96, Salt: "EXCH.TESTalice"}})
	data, _ := asn1.Marshal(types.PADataSequence{{PADataType: patype.PA_ETYPE_INFO2, PADataValue: info}})
	e := messages.NewKRBError(types.NewPrincipalName(nametype.KRB_NT_SRV_INST, "krbtgt/EXCH.TEST"), testRealm, code, "")
	e.CName, e.CRealm, e.EData = types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, "alice"), testRealm, data
	refusal, _ := e.Marshal()
	_, _ = c.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(refusal))), refusal...))
}

func TestPassword_WrongOneIsSentOnce(t *testing.T) {
	t.Parallel()
	kdc, passwords := refusingKDC(t)
	m, err := Password(auth.Static("alice", "wrong"), &Options{ConfigFile: configFile(t, kdc)})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 16 {
		host := []string{"a.example", "b.example"}[i%2]
		wg.Go(func() {
			for range 4 {
				if _, err := m.Start(t.Context(), auth.Target{Host: host}); err == nil {
					t.Error("logged in")
				}
			}
		})
	}
	wg.Wait()
	if n := passwords(); n != 1 {
		t.Errorf("the password was sent %d times, want once", n)
	}
}

// TestRefusal_Hold: a wrong password is tried again after 1, 2, 4 up to 30 minutes, an account that is
// disabled each minute.
func TestRefusal_Hold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		refuse := func(code int32) error { return &kdcError{code: code} }
		r := &refusal{}
		for range 2 {
			for _, want := range []time.Duration{1, 2, 4, 8, 16, 30, 30} {
				r.note(refuse(errorcode.KDC_ERR_PREAUTH_FAILED))
				if got := time.Until(r.until); got != want*time.Minute || r.err.blamesState() {
					t.Errorf("held for %v, want %v minutes", got, int(want))
				}
			}
			r.note(errors.New("connection refused"))
			if r.err == nil {
				t.Error("a KDC out of reach ended the hold")
			}
			r.note(nil)
			if r.err != nil {
				t.Error("held after it worked")
			}
		}
		for _, code := range []int32{errorcode.KDC_ERR_CLIENT_REVOKED, errorcode.KDC_ERR_KEY_EXPIRED, errorcode.KDC_ERR_NAME_EXP} {
			for range 3 {
				r.note(refuse(code))
				if got := time.Until(r.until); got != time.Minute || !r.err.blamesState() {
					t.Errorf("%d: held for %v, want a minute", code, got)
				}
			}
		}
	})
}

// TestPassword_SharedProtection: many mechanisms send a wrong password once.
func TestPassword_SharedProtection(t *testing.T) {
	t.Parallel()
	kdc, passwords := refusingKDC(t)
	conf := configFile(t, kdc)
	var wg sync.WaitGroup
	for range 20 {
		m, err := Password(auth.Static("alice", "wrong"), &Options{ConfigFile: conf})
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			_, err := m.Start(t.Context(), auth.Target{Host: "a.example"})
			var final interface{ Permanent() bool }
			if !errors.As(err, &final) || !final.Permanent() {
				t.Errorf("error %v, want a permanent one", err)
			}
		})
	}
	wg.Wait()
	if n := passwords(); n != 1 {
		t.Errorf("the password was sent %d times, want once", n)
	}
}

// TestRC4Key has the example of an RC4 key in [MS-NLMP] section 4.2.2.1.2, and characters beyond ASCII.
func TestRC4Key(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]string{
		"Password": "a4f49c406510bdcab6824ee7c30fd852",
		"":         "31d6cfe0d16ae931b73c59d7e0c089c0",
	} {
		if got := hex.EncodeToString(rc4Key(password)); got != want {
			t.Errorf("%q: %s, want %s", password, got, want)
		}
	}
}
