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
// The signature is RS256 for an RSA key, the one method that Microsoft Entra and AD FS both accept,
// ES256, ES384 or ES512 for an ECDSA key by its curve, EdDSA for Ed25519. The key may sit in an HSM:
// it only has to sign. A key that does not belong to the certificate, or a certificate that has
// expired, is an error of the first fetch.
func CertificateAssertion(
	key crypto.Signer, cert *x509.Certificate, clientID, tokenURL string,
) func(context.Context) (url.Values, error) {
	return func(context.Context) (url.Values, error) {
		if err := checkPair(key, cert, time.Now()); err != nil {
			return nil, err
		}
		jwt, err := assertion(key, cert, clientID, tokenURL, time.Now())
		if err != nil {
			return nil, fmt.Errorf("client assertion: %w", err)
		}
		return url.Values{"client_assertion_type": {assertionType}, "client_assertion": {jwt}}, nil
	}
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
	SHA1      string `json:"x5t,omitempty"` // read by AD FS and by applications set up after older Entra documentation
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

// assertion writes a signed JSON Web Token (RFC 7515, RFC 7519).
func assertion(key crypto.Signer, cert *x509.Certificate, clientID, tokenURL string, now time.Time) (string, error) {
	method, err := methodFor(key.Public())
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(cert.Raw)
	header := assertionHeader{Algorithm: method.name, Type: "JWT", SHA256: segment(sum[:])}
	if !fips140.Enforced() {
		sum := sha1.Sum(cert.Raw) // names the certificate; it is no signature
		header.SHA1 = segment(sum[:])
	}
	claims := assertionClaims{
		Audience: tokenURL, Issuer: clientID, Subject: clientID, ID: rand.Text(),
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
	signature, err := method.sign(key, []byte(signed))
	if err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	return signed + "." + segment(signature), nil
}

func segment(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

// A method is a signature algorithm of RFC 7518 section 3.1 or RFC 8037.
type method struct {
	name string
	hash crypto.Hash
	size int // bytes of each number of an ECDSA signature; 0: as the signer writes it
}

func methodFor(public crypto.PublicKey) (method, error) {
	switch public := public.(type) {
	case *rsa.PublicKey:
		return method{name: "RS256", hash: crypto.SHA256}, nil
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
	signature, err := key.Sign(rand.Reader, data, m.hash)
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
