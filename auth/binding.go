package auth

import (
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
)

// endPointBinding is the tls-server-end-point channel binding (RFC 5929 section 4) of a connection:
// the hash of the server's certificate as it came over the wire, by the hash function of the
// certificate's signature, MD5 and SHA-1 replaced by SHA-256. Signatures without one hash function,
// Ed25519 for instance, define no binding: nil, which sends none. A binding of zeros would be a
// wrong one.
func endPointBinding(state *tls.ConnectionState) []byte {
	if state == nil || len(state.PeerCertificates) == 0 {
		return nil
	}
	sum := certificateHash(state.PeerCertificates[0])
	if sum == nil {
		return nil
	}
	return append([]byte("tls-server-end-point:"), sum...)
}

func certificateHash(cert *x509.Certificate) []byte {
	switch cert.SignatureAlgorithm {
	case x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1,
		x509.SHA256WithRSA, x509.DSAWithSHA256, x509.ECDSAWithSHA256, x509.SHA256WithRSAPSS:
		sum := sha256.Sum256(cert.Raw)
		return sum[:]
	case x509.SHA384WithRSA, x509.ECDSAWithSHA384, x509.SHA384WithRSAPSS:
		sum := sha512.Sum384(cert.Raw)
		return sum[:]
	case x509.SHA512WithRSA, x509.ECDSAWithSHA512, x509.SHA512WithRSAPSS:
		sum := sha512.Sum512(cert.Raw)
		return sum[:]
	default: // MD2 included: no Go program accepts such a certificate
		return nil
	}
}
