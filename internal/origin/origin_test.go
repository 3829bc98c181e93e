package origin_test

import (
	"net/url"
	"testing"

	"github.com/go-ews/exchange/internal/origin"
)

func TestPage(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ in, want string }{
		{"https://user:secret@h.test:8443/EWS/Exchange.asmx?token=x#part", "https://h.test:8443/EWS/Exchange.asmx"},
		{"https://h.test/a%2Fb", "https://h.test/a%2Fb"},
		{"https://h.test", "https://h.test"},
		{"/my.policy?x=1", "/my.policy"},
		{"mailto:a@b.test", ""},
	} {
		u, err := url.Parse(tc.in)
		if err != nil {
			t.Fatal(err)
		}
		if got := origin.Page(u); tc.want != "" && got != tc.want {
			t.Errorf("%s: %q, want %q", tc.in, got, tc.want)
		}
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ in, full, short, address string }{
		{"https://h.test/x?y", "https://h.test:443", "https://h.test", "h.test:443"},
		{"HTTPS://H.test:443", "https://h.test:443", "https://h.test", "h.test:443"},
		{"https://u:p@h.test:8443/", "https://h.test:8443", "https://h.test:8443", "h.test:8443"},
		{"http://h.test", "http://h.test:80", "http://h.test", "h.test:80"},
		{"http://h.test:443", "http://h.test:443", "http://h.test:443", "h.test:443"},
		{"https://[::1]/", "https://[::1]:443", "https://[::1]", "[::1]:443"},
		{"https://[::1]:444/", "https://[::1]:444", "https://[::1]:444", "[::1]:444"},
	} {
		u, err := url.Parse(tc.in)
		if err != nil {
			t.Fatal(err)
		}
		o := origin.Of(u)
		if o.String() != tc.full || o.Short() != tc.short || o.Address() != tc.address {
			t.Errorf("%s: %s, %s, %s", tc.in, o, o.Short(), o.Address())
		}
	}
}

func TestIsASCII(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"h.test": true, "xn--mller-kva.example": true, "müller.example": false, "h\u202e.test": false, "h .test": false,
	} {
		if got := origin.IsASCII(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
}
