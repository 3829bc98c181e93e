package auth

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/fips140"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"time"
)

const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	assertionLife = 10 * time.Minute
)

// CertificateAssertion proves with a certificate who the application is (RFC 7523 section 2.2), for
// [ClientCredentials] without a secret. Each fetch gets a new assertion, valid for ten minutes;
// authorization servers refuse one that they have seen. TokenURL is the audience and so the same as
// in the configuration.
//
// The signature is PS256 for an RSA key and the certificate is named by its SHA-256 (x5t#S256), as
// Microsoft Entra asks for (https://learn.microsoft.com/entra/identity-platform/certificate-credentials);
// it is ES256, ES384 or ES512 for an ECDSA key by its curve, EdDSA for Ed25519. The key may sit in an
// HSM: it only has to sign. A key that does not belong to the certificate, or a certificate that has
// expired, is an error of the first fetch.
//
// For AD FS, and for a key store that cannot sign PS256, there is [CertificateAssertionRS256].
func CertificateAssertion(
	key crypto.Signer, cert *x509.Certificate, clientID, tokenURL string,
) func(context.Context) (url.Values, error) {
	return (&assertion{key, cert, clientID, tokenURL, false}).params
}

// CertificateAssertionRS256 is [CertificateAssertion] with RS256 for an RSA key, the older signature
// that AD FS knows. The certificate is named by its SHA-1 too (x5t).
func CertificateAssertionRS256(
	key crypto.Signer, cert *x509.Certificate, clientID, tokenURL string,
) func(context.Context) (url.Values, error) {
	return (&assertion{key, cert, clientID, tokenURL, true}).params
}

// An assertion is what an application says of itself, and the key that signs it.
type assertion struct {
	key                crypto.Signer
	cert               *x509.Certificate
	clientID, tokenURL string
	rs256              bool // and the certificate's SHA-1
}

func (a *assertion) params(context.Context) (url.Values, error) {
	now := time.Now()
	if err := checkPair(a.key, a.cert, now); err != nil {
		return nil, err
	}
	jwt, err := a.sign(now)
	if err != nil {
		return nil, fmt.Errorf("client assertion: %w", err)
	}
	return url.Values{"client_assertion_type": {assertionType}, "client_assertion": {jwt}}, nil
}

func checkPair(key crypto.Signer, cert *x509.Certificate, now time.Time) error {
	if key == nil || cert == nil {
		return errors.New("client assertion: the key or the certificate is nil")
	}
	public, ok := cert.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	switch {
	case !ok || !public.Equal(key.Public()):
		return errors.New("client assertion: the key does not belong to the certificate")
	case now.After(cert.NotAfter):
		return fmt.Errorf("client assertion: the certificate expired at %s", cert.NotAfter.UTC().Format(time.RFC3339))
	case now.Before(cert.NotBefore):
		return fmt.Errorf("client assertion: the certificate is not valid before %s; check the clock",
			cert.NotBefore.UTC().Format(time.RFC3339))
	}
	return nil
}

type assertionHeader struct {
	Algorithm string `json:"alg"`
	Type      string `json:"typ"`
	SHA1      string `json:"x5t,omitempty"` // read by AD FS
	SHA256    string `json:"x5t#S256"`
}

type assertionClaims struct {
	Audience  string `json:"aud"`
	Issuer    string `json:"iss"`
	Subject   string `json:"sub"`
	ID        string `json:"jti"`
	IssuedAt  int64  `json:"iat"`
	NotBefore int64  `json:"nbf"`
	Expires   int64  `json:"exp"`
}

// sign returns the assertion as a signed JSON Web Token (RFC 7515, RFC 7519).
func (a *assertion) sign(now time.Time) (string, error) {
	method, err := methodFor(a.key.Public(), a.rs256)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(a.cert.Raw)
	header := assertionHeader{Algorithm: method.name, Type: "JWT", SHA256: segment(sum[:])}
	if a.rs256 && !fips140.Enforced() {
		sum := sha1.Sum(a.cert.Raw) // names the certificate; it is no signature
		header.SHA1 = segment(sum[:])
	}
	claims := assertionClaims{
		Audience: a.tokenURL, Issuer: a.clientID, Subject: a.clientID, ID: rand.Text(),
		IssuedAt: now.Unix(), NotBefore: now.Unix(), Expires: now.Add(assertionLife).Unix(),
	}
	head, err := json.Marshal(header)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed := segment(head) + "." + segment(body)
	signature, err := method.sign(a.key, []byte(signed))
	if err != nil {
		return "", fmt.Errorf("signing by %s: %w", method.name, err)
	}
	return signed + "." + segment(signature), nil
}

func segment(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

// A method is a signature algorithm of RFC 7518 section 3.1 or RFC 8037.
type method struct {
	name string
	hash crypto.Hash
	pss  bool
	size int // bytes of each number of an ECDSA signature; 0: as the signer writes it
}

func methodFor(public crypto.PublicKey, rs256 bool) (method, error) {
	switch public := public.(type) {
	case *rsa.PublicKey:
		if rs256 {
			return method{name: "RS256", hash: crypto.SHA256}, nil
		}
		return method{name: "PS256", hash: crypto.SHA256, pss: true}, nil
	case ed25519.PublicKey:
		return method{name: "EdDSA"}, nil
	case *ecdsa.PublicKey:
		switch size := public.Curve.Params().BitSize; size {
		case 256:
			return method{name: "ES256", hash: crypto.SHA256, size: 32}, nil
		case 384:
			return method{name: "ES384", hash: crypto.SHA384, size: 48}, nil
		case 521:
			return method{name: "ES512", hash: crypto.SHA512, size: 66}, nil
		default:
			return method{}, fmt.Errorf("no signature method for an ECDSA key of %d bits", size)
		}
	default:
		return method{}, fmt.Errorf("no signature method for a key of type %T", public)
	}
}

func (m method) sign(key crypto.Signer, data []byte) ([]byte, error) {
	if m.hash != 0 {
		h := m.hash.New()
		h.Write(data)
		data = h.Sum(nil)
	}
	var opts crypto.SignerOpts = m.hash
	if m.pss {
		opts = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: m.hash} // RFC 7518 section 3.5
	}
	signature, err := key.Sign(rand.Reader, data, opts)
	if err != nil || m.size == 0 {
		return signature, err
	}
	var pair struct{ R, S *big.Int } // ASN.1; a JSON Web Signature has the two numbers one after the other
	if _, err := asn1.Unmarshal(signature, &pair); err != nil {
		return nil, err
	}
	if max(pair.R.BitLen(), pair.S.BitLen()) > 8*m.size || pair.R.Sign() < 0 || pair.S.Sign() < 0 {
		return nil, errors.New("the signer gave an ECDSA signature of a wrong size")
	}
	return append(pair.R.FillBytes(make([]byte, m.size)), pair.S.FillBytes(make([]byte, m.size))...), nil
}
