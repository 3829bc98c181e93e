package serverwords_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-ews/exchange/internal/serverwords"
)

func TestOf(t *testing.T) {
	t.Parallel()
	const diagnostics = `2000008;reason="The token contains not enough scope to make this call.";error_category="invalid_grant"`
	for _, tc := range []struct {
		name   string
		header []string
		want   string
	}{
		{"nothing", []string{"Server", "x"}, ""},
		{"token", []string{"x-ms-diagnostics", diagnostics}, "x-ms-diagnostics: " + diagnostics},
		{"front end", []string{"x-caserrorcode", "UserNotFound"}, "X-CasErrorCode: UserNotFound"},
		{
			"both",
			[]string{"x-ms-diagnostics", "2000001;reason=x", "X-CASErrorCode", "MailboxNotFound"},
			"X-CasErrorCode: MailboxNotFound; x-ms-diagnostics: 2000001;reason=x",
		},
		{"blank", []string{"x-ms-diagnostics", "  "}, ""},
		{"Squid", []string{"X-Squid-Error", "ERR_CONNECT_FAIL 111"}, "X-Squid-Error: ERR_CONNECT_FAIL 111"},
		{
			"Bearer",
			[]string{"WWW-Authenticate", `Bearer realm="", error="insufficient_scope", error_description="more, please"`},
			"WWW-Authenticate: insufficient_scope (more, please)",
		},
		{"Bearer without an error", []string{"WWW-Authenticate", `Bearer client_id="x", my_error="y"`}, ""},
		{"another scheme", []string{"WWW-Authenticate", `Digest error="x"`}, ""},
		{"diagnostics outrank the challenge", []string{
			"WWW-Authenticate", `Bearer error="invalid_token"`, "x-ms-diagnostics", "2000003",
		}, "x-ms-diagnostics: 2000003"},
		{"hostile", []string{"x-ms-diagnostics", "a\u202eb\u009bc\x1b[2J"}, "x-ms-diagnostics: a\ufffdb\ufffdc\ufffd[2J"},
		{"long", []string{"X-CasErrorCode", strings.Repeat("x", 9999)}, "X-CasErrorCode: " + strings.Repeat("x", 400) + "…"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{}
			for i := 0; i < len(tc.header); i += 2 {
				h.Add(tc.header[i], tc.header[i+1])
			}
			if got := serverwords.Of(h); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}
