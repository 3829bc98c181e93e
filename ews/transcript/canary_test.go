package transcript_test

import (
	"encoding/base64"
	"fmt"
	"html"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
)

// plant returns a secret in a form that servers and people write, and what of it must not be found.
func plant(r *rand.Rand) (text string, secret string) {
	const letters = "bcdfghjklmnpqrstvwxz"
	b := make([]byte, 8+r.IntN(8))
	for i := range b {
		b[i] = letters[r.IntN(len(letters))]
	}
	secret = string(b)
	switch r.IntN(12) {
	case 0:
		return secret + "@" + secret + ".com", secret
	case 1:
		return strings.ToUpper(secret[:1]) + secret[1:], secret
	case 2:
		return strings.ToUpper(secret), secret
	case 3:
		return "sip:" + secret + "@contoso.com", secret
	case 4: // as references
		out := ""
		for _, c := range secret {
			out += fmt.Sprintf([]string{"&#%d;", "&#x%x;", "%c"}[r.IntN(3)], c)
		}
		return out, secret
	case 5:
		return secret[:4] + "<!-- " + secret + " -->" + secret[4:], secret
	case 6:
		return "<![CDATA[" + secret + "]]>", secret
	case 7:
		return base64.StdEncoding.EncodeToString(b), base64.StdEncoding.EncodeToString(b)[:10]
	case 8:
		digits := fmt.Sprint(10_000_000 + r.IntN(89_999_999))
		return "S-1-5-21-" + digits + "-" + digits + "-500", digits
	case 9:
		g := fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", r.Uint32(), r.Uint32()&0xffff, r.Uint32()&0xfff, r.Uint32()&0xfff, r.Uint64()&0xffffffffffff)
		return g, g
	case 10:
		return `CORP\` + secret, secret
	}
	return secret + " é日本𝔸 " + secret, secret
}

// TestRecord_Canaries plants secrets in every kind of place. None may be in the transcript, whatever
// is done to read it.
func TestRecord_Canaries(t *testing.T) {
	t.Parallel()
	const seed = 19
	r := rand.New(rand.NewPCG(seed, seed))
	elements := []string{
		"t:DisplayName", "t:Name", "m:MessageText", "m:ResponseCode", "t:Violation", "faultstring", "faultcode", "t:GroupType",
		"t:CreationTime", "t:Value", "t:SourceId", "t:TotalCount", "x:Unknown", "h1", "title", "t:IsHidden", "e:LineNumber", "p", "script",
	}
	attributes := []string{
		"Id", "ChangeKey", "ResponseClass", "Version", "Name", "xmlns", "xml:lang", "Key", "PropertyTag", "PropertyName", "href", "xmlns:t", "Other",
	}
	header := []string{
		"X-Feserver", "Request-Id", "Set-Cookie", "Authorization", "Www-Authenticate", "Server", "Date", "Retry-After", "Location", "Soapaction",
		"X-Ms-Diagnostics", "Content-Type", "X-Anchormailbox", "User-Agent", "Cookie", "Etag", "X-Caserrorcode", "Via",
	}
	planted := 0
	for range 250 {
		var secrets []string
		hide := func() string {
			text, secret := plant(r)
			secrets = append(secrets, secret)
			planted++
			return text
		}
		attr := func() string { return strings.NewReplacer("<", "", ">", "", "!", "", "[", "").Replace(hide()) }
		document := func() string {
			var b strings.Builder
			b.WriteString("<?xml version=\"1.0\"?>\n<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\">")
			for range 8 {
				e, a := elements[r.IntN(len(elements))], attributes[r.IntN(len(attributes))]
				switch r.IntN(8) {
				case 0:
					_, secret := plant(r)
					secret = "q" + strings.Map(func(c rune) rune {
						if c >= 'a' && c <= 'z' {
							return c
						}
						return 'q'
					}, strings.ToLower(secret))
					secrets = append(secrets, secret)
					planted++
					fmt.Fprintf(&b, "<%s/><x:%s %s='1'></x:%[2]s>", secret, secret, secret)
				case 1:
					fmt.Fprintf(&b, "<?pi %s?><!-- %s -->", attr(), attr())
				case 2:
					fmt.Fprintf(&b, `<%s %s="%s">%s</%[1]s>`, e, a, attr(), hide())
				case 3:
					fmt.Fprintf(&b, `<%s %s='%s' />%s`, e, a, attr(), hide())
				case 4:
					fmt.Fprintf(&b, "<%s>\n\t%s\n</%[1]s>", e, hide())
				case 5:
					fmt.Fprintf(&b, "<%s>The value '%s' is invalid. %s</%[1]s>", e, hide(), hide())
				case 6:
					fmt.Fprintf(&b, `<t:Value Name="BackOffMilliseconds">%s</t:Value><t:Value Name="Violation">%s</t:Value>`, hide(), hide())
				default:
					fmt.Fprintf(&b, "<%s>%s<%s>%s</%[3]s>%s</%[1]s>", e, hide(), "b", hide(), hide())
				}
			}
			return b.String() + []string{"</s:Envelope>", "", "<" + "cut"}[r.IntN(3)]
		}
		text := exchange(t, nil, document(), document(), func(req *http.Request, resp *http.Response) {
			h := req.Header
			if resp != nil {
				h = resp.Header
			}
			for range 4 {
				h.Add(header[r.IntN(len(header))], html.UnescapeString(attr()))
			}
			name, _, _ := strings.Cut(attr(), "@")
			if strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz") == "" {
				h.Add("X-"+name, "1")
			}
			if resp == nil {
				req.URL.Host = secretHost(hide())
				req.URL.RawQuery = "q=" + secretHost(hide())
			}
		})
		for _, readable := range readings(text) {
			for _, secret := range secrets {
				if strings.Contains(readable, strings.ToLower(secret)) {
					t.Fatalf("%s is in\n%s", secret, text)
				}
			}
		}
	}
	if planted < 10_000 {
		t.Errorf("%d canaries were planted, want 10,000", planted)
	}
	t.Logf("%d canaries", planted)
}

// secretHost leaves the letters and digits of a secret.
func secretHost(s string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' {
			return c
		}
		return '.'
	}, html.UnescapeString(s))
}

// readings returns a text as curious people read it.
func readings(text string) []string {
	lower := strings.ToLower(text)
	unescaped := strings.ToLower(html.UnescapeString(text))
	joined := strings.NewReplacer("<!-- ", "", " -->", "", "<![cdata[", "", "]]>", "", "\n", "", " ", "").Replace(unescaped)
	return []string{lower, unescaped, joined}
}
