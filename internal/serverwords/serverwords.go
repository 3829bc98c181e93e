// Package serverwords finds a server's explanation of a failure in the header of its response.
package serverwords

import (
	"net/http"
	"strings"

	"github.com/go-ews/exchange/internal/oneline"
)

// headers are those in which servers explain a failure, most telling first: Exchange's front end,
// Exchange's judge of tokens, Squid.
var headers = [...]string{"X-CasErrorCode", "x-ms-diagnostics", "X-Squid-Error"}

// maxWords bounds the part of one header that is repeated.
const maxWords = 400

// Of returns the server's words, each with the name of its header, on one line; "" if it said
// nothing. A Bearer challenge (RFC 6750 section 3) counts if it has an error.
func Of(h http.Header) string {
	var said []string
	for _, name := range headers {
		if v := oneline.Clip(h.Get(name), maxWords); v != "" {
			said = append(said, name+": "+v)
		}
	}
	for _, challenge := range h.Values("Www-Authenticate") {
		if len(said) == 0 && strings.HasPrefix(strings.ToLower(challenge), "bearer ") {
			if v := bearerError(challenge); v != "" {
				said = append(said, "WWW-Authenticate: "+v)
			}
		}
	}
	return strings.Join(said, "; ")
}

// bearerError returns code and description of a challenge: `invalid_token ("The token expired")`.
func bearerError(challenge string) string {
	code := oneline.Clip(param(challenge, "error"), 80)
	if text := oneline.Clip(param(challenge, "error_description"), maxWords); code != "" && text != "" {
		return code + " (" + text + ")"
	}
	return code
}

// param returns the quoted value of a challenge's parameter.
func param(challenge, name string) string {
	for rest := challenge; ; {
		i := strings.Index(rest, name+`="`)
		if i < 0 {
			return ""
		}
		value := rest[i+len(name)+2:]
		if i > 0 && (rest[i-1] == ' ' || rest[i-1] == ',') {
			value, _, _ = strings.Cut(value, `"`)
			return value
		}
		rest = value
	}
}
