package autodiscover_test

import (
	"net/http"
	"strings"
	"testing"
	"unicode"
)

// TestError_OneLine holds that nothing which a server sends can break a line, move a cursor or hide
// text, wherever it puts it.
func TestError_OneLine(t *testing.T) {
	t.Parallel()
	const hostile = "a\u202eb\u2066c\u009bd\u200ee\u0085f"
	withHeader := func(key, value string) page {
		return func(r *http.Request) *http.Response {
			resp := status(http.StatusForbidden)(r)
			resp.Header.Set(key, value)
			return resp
		}
	}
	for name, p := range map[string]page{
		"message":     refusal(hostile, hostile),
		"diagnostics": withHeader("x-ms-diagnostics", hostile+"\x1b"),
		"front end":   withHeader("X-CasErrorCode", hostile+"\x1b"),
		"location":    redirect("https://contoso.com/" + hostile),
		"address":     redirectAddr("to" + hostile + "ny@contoso.com"),
		"URL":         redirectURL("https://contoso.com/" + hostile),
		"host":        redirectURL("https://" + hostile + ".contoso.com/"),
		"root":        text(http.StatusOK, "text/xml", "<x"+strings.Repeat("y", 99)+"/>"),
		"protocol":    settings(proto(hostile, "")),
		"version 2":   text(http.StatusBadRequest, "application/json", `{"ErrorCode":"`+hostile+`","ErrorMessage":"`+hostile+`"}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := poxDomain
			if name == "version 2" {
				at = v2Domain
			}
			n := &internet{pages: map[string]page{at: p}}
			err := mustFail(t, n, n.options())
			if strings.ContainsFunc(err.Error(), func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }) {
				t.Errorf("%q", err.Error())
			}
		})
	}
}
