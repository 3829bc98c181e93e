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
