package auth

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// certify makes a certificate for a key.
func certify(t *testing.T, key crypto.Signer, from, to time.Time) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: from, NotAfter: to}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func ecKey(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestCertificateAssertion(t *testing.T) {
	t.Parallel()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		algorithm string
		key       crypto.Signer
		with      func(crypto.Signer, *x509.Certificate, string, string) func(context.Context) (url.Values, error)
	}{
		{"PS256", rsaKey, CertificateAssertion},
		{"RS256", rsaKey, CertificateAssertionRS256},
		{"ES256", ecKey(t, elliptic.P256()), CertificateAssertion},
		{"ES384", ecKey(t, elliptic.P384()), CertificateAssertion},
		{"ES512", ecKey(t, elliptic.P521()), CertificateAssertion},
		{"EdDSA", edKey, CertificateAssertion},
	} {
		t.Run(c.algorithm, func(t *testing.T) {
			t.Parallel()
			now := time.Now()
			cert := certify(t, c.key, now.Add(-time.Hour), now.Add(time.Hour))
			params := c.with(c.key, cert, "client", "https://login.example/token")
			ids := map[string]bool{}
			for range 3 {
				values, err := params(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if got := values.Get("client_assertion_type"); got != assertionType {
					t.Errorf("type %s", got)
				}
				header, claims := openJWT(t, values.Get("client_assertion"), c.key.Public())
				short, long := sha1.Sum(cert.Raw), sha256.Sum256(cert.Raw)
				want := assertionHeader{Algorithm: c.algorithm, Type: "JWT", SHA256: segment(long[:])}
				if c.algorithm == "RS256" {
					want.SHA1 = segment(short[:])
				}
				if diff := cmp.Diff(want, header); diff != "" {
					t.Errorf("header (-want +got):\n%s", diff)
				}
				ids[claims.ID] = true
				claims.ID = ""
				if claims.IssuedAt < now.Unix() || claims.NotBefore != claims.IssuedAt || claims.Expires != claims.IssuedAt+600 {
					t.Errorf("times %+v", claims)
				}
				claims.IssuedAt, claims.NotBefore, claims.Expires = 0, 0, 0
				wantClaims := assertionClaims{Audience: "https://login.example/token", Issuer: "client", Subject: "client"}
				if diff := cmp.Diff(wantClaims, claims); diff != "" {
					t.Errorf("claims (-want +got):\n%s", diff)
				}
			}
			if len(ids) != 3 {
				t.Errorf("%d ids for 3 assertions", len(ids))
			}
		})
	}
}

// openJWT verifies a token's signature.
func openJWT(t *testing.T, jwt string, public crypto.PublicKey) (h assertionHeader, c assertionClaims) {
	t.Helper()
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		t.Fatalf("%d parts", len(parts))
	}
	decode := func(s string) []byte {
		data, err := base64.RawURLEncoding.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	if err := json.Unmarshal(decode(parts[0]), &h); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(decode(parts[1]), &c); err != nil {
		t.Fatal(err)
	}
	if !signed(public, h.Algorithm, []byte(parts[0]+"."+parts[1]), decode(parts[2])) {
		t.Error("the signature is wrong")
	}
	return h, c
}

func signed(public crypto.PublicKey, algorithm string, data, signature []byte) bool {
	hash := map[string]crypto.Hash{
		"PS256": crypto.SHA256, "RS256": crypto.SHA256, "ES256": crypto.SHA256, "ES384": crypto.SHA384, "ES512": crypto.SHA512,
	}[algorithm]
	var sum []byte
	if hash != 0 {
		h := hash.New()
		h.Write(data)
		sum = h.Sum(nil)
	}
	switch public := public.(type) {
	case *rsa.PublicKey:
		if algorithm == "PS256" {
			return rsa.VerifyPSS(public, hash, sum, signature, &rsa.PSSOptions{SaltLength: hash.Size()}) == nil
		}
		return rsa.VerifyPKCS1v15(public, hash, sum, signature) == nil
	case ed25519.PublicKey:
		return ed25519.Verify(public, data, signature)
	case *ecdsa.PublicKey:
		size := (public.Curve.Params().BitSize + 7) / 8
		if len(signature) != 2*size {
			return false
		}
		r, s := new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:])
		return ecdsa.Verify(public, sum, r, s)
	}
	return false
}

func TestCertificateAssertion_Refuses(t *testing.T) {
	t.Parallel()
	key, other, now := ecKey(t, elliptic.P256()), ecKey(t, elliptic.P256()), time.Now()
	small := ecKey(t, elliptic.P224())
	valid := certify(t, key, now.Add(-time.Hour), now.Add(time.Hour))
	for _, c := range []struct {
		name string
		key  crypto.Signer
		cert *x509.Certificate
		want string
	}{
		{"no key", nil, valid, "nil"},
		{"no certificate", key, nil, "nil"},
		{"another key", other, valid, "does not belong"},
		{"expired", key, certify(t, key, now.Add(-2*time.Hour), now.Add(-time.Hour)), "expired at"},
		{"not yet valid", key, certify(t, key, now.Add(time.Hour), now.Add(2*time.Hour)), "not valid before"},
		{"odd curve", small, certify(t, small, now.Add(-time.Hour), now.Add(time.Hour)), "224 bits"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := CertificateAssertion(c.key, c.cert, "client", "https://login.example/token")(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}
