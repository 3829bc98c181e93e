package auth

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"unicode"
)

// TestError_ServerWords: the server's words replace the hint, and cannot break a line or move a
// cursor.
func TestError_ServerWords(t *testing.T) {
	t.Parallel()
	refused := func(header ...string) string {
		h := http.Header{}
		for i := 0; i < len(header); i += 2 {
			h.Add(header[i], header[i+1])
		}
		e := &Error{Scheme: schemeBearer, Origin: "https://mail.test:443", reason: "the server refused the token", Hint: "the permissions"}
		return e.withResponse(&http.Response{StatusCode: http.StatusUnauthorized, Header: h}).Error()
	}
	const diagnostics = `2000008;reason="The token contains not enough scope to make this call."`
	for _, tc := range []struct{ name, text, want, not string }{
		{"diagnostics", refused("x-ms-diagnostics", diagnostics), "refused the token; x-ms-diagnostics: " + diagnostics + ";", "permissions"},
		{"front end", refused("X-CasErrorCode", "UserNotFound"), "refused the token; X-CasErrorCode: UserNotFound;", "permissions"},
		{"nothing", refused("WWW-Authenticate", `Bearer client_id="x"`), "check the permissions", "WWW-Authenticate: invalid"},
		{"hostile", refused("x-ms-diagnostics", "a\u202eb\u009bc\x1bd\u0085e"), "a\ufffdb\ufffdc\ufffdd e", "permissions"},
		{"hostile scheme", refused("WWW-Authenticate", "N\u202eTLM"), "offers", "\u202e"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(tc.text, tc.want) || strings.Contains(tc.text, tc.not) {
				t.Errorf("%q, want %q, not %q", tc.text, tc.want, tc.not)
			}
			if strings.ContainsFunc(tc.text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }) {
				t.Errorf("%q", tc.text)
			}
		})
	}
}

// TestError_LoginPage: a page that a gateway serves to a login, closing the connection, is named.
func TestError_LoginPage(t *testing.T) {
	t.Parallel()
	s := started(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") }))
	tr, err := NTLM(nil, Static(`CONTOSO\tony`, "secret"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.CloseIdleConnections()
	_, err = try(t.Context(), tr, s.URL, "hello")
	e, ok := errors.AsType[*Error](err)
	if !ok || !e.NotSent() || !strings.Contains(err.Error(), "returned 200 to a login and closed: check the URL, and whether a log-in page") {
		t.Errorf("error %v", err)
	}
}
