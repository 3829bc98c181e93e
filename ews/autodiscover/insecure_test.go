package autodiscover_test

import (
	"crypto/tls"
	"net/http"
	"net/url"
	"testing"
)

// insecure is a transport that Find must refuse.
func insecure() *http.Transport {
	return &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
}

// noJar fails the test that uses it.
type noJar struct{ t *testing.T }

func (j noJar) SetCookies(*url.URL, []*http.Cookie) { j.t.Error("a cookie was kept") }

func (j noJar) Cookies(*url.URL) []*http.Cookie {
	j.t.Error("cookies were asked for")
	return nil
}
