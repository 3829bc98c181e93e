package mailaddress_test

import (
	"testing"

	"github.com/go-ews/exchange/internal/mailaddress"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][2]string{
		"tony@contoso.com":      {"tony", "contoso.com"},
		`"a@b"@contoso.com`:     {`"a@b"`, "contoso.com"},
		"jürgen@bücher.example": {"jürgen", "bücher.example"},
		"":                      {}, "@": {}, "tony": {}, "@contoso.com": {}, "tony@": {},
		"to ny@contoso.com": {}, "tony@contoso.com\n": {}, "\x00@b": {}, "a\x7f@b": {},
	} {
		local, domain, ok := mailaddress.Split(in)
		if local != want[0] || domain != want[1] || ok != (domain != "") {
			t.Errorf("%q: %q, %q, %v", in, local, domain, ok)
		}
	}
}
