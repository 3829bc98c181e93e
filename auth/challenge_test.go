package auth

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseChallenges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		headers []string
		want    []challenge
	}{
		{"none", nil, nil},
		{"empty", []string{"", " , ,"}, nil},
		{"one scheme a line, as IIS", []string{"Negotiate", "NTLM", `Basic realm="mail"`}, []challenge{
			{scheme: "Negotiate"}, {scheme: "NTLM"}, {scheme: "Basic", params: []param{{"realm", "mail"}}},
		}},
		{"several schemes a line", []string{`NTLM, Negotiate, Basic realm="a, b", Bearer x=y , z="q"`}, []challenge{
			{scheme: "NTLM"},
			{scheme: "Negotiate"},
			{scheme: "Basic", params: []param{{"realm", "a, b"}}},
			{scheme: "Bearer", params: []param{{"x", "y"}, {"z", "q"}}},
		}},
		{"token", []string{"NTLM TlRMTVNTUAACAA==", "Negotiate YII+/w=, NTLM"}, []challenge{
			{scheme: "NTLM", token: "TlRMTVNTUAACAA=="}, {scheme: "Negotiate", token: "YII+/w="}, {scheme: "NTLM"},
		}},
		{"a token without padding", []string{"negotiate oYG2"}, []challenge{{scheme: "negotiate", token: "oYG2"}}},
		{"odd case and blanks", []string{"  bEaReR \t realm = \"x\" ,ERROR=invalid_token "}, []challenge{
			{scheme: "bEaReR", params: []param{{"realm", "x"}, {"ERROR", "invalid_token"}}},
		}},
		{"quoted commas and escapes", []string{`Bearer a="1,\"2\",3", b="\\"`}, []challenge{
			{scheme: "Bearer", params: []param{{"a", `1,"2",3`}, {"b", `\`}}},
		}},
		{"a string never closed", []string{`Bearer a="x, NTLM`, "NTLM"}, []challenge{
			{scheme: "Bearer", params: []param{{"a", "x, NTLM"}}}, {scheme: "NTLM"},
		}},
		{"rubbish before a scheme", []string{`="x", @, NTLM`}, []challenge{{scheme: "NTLM"}}},
		{"Entra", []string{`Bearer realm="", authorization_uri="https://login.example/common/oauth2/authorize", ` +
			`error="insufficient_claims", claims="eyJhIjoxfQ=="`}, []challenge{{scheme: "Bearer", params: []param{
			{"realm", ""},
			{"authorization_uri", "https://login.example/common/oauth2/authorize"},
			{"error", "insufficient_claims"},
			{"claims", "eyJhIjoxfQ=="},
		}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := parseChallenges(c.headers)
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(challenge{}, param{})); diff != "" {
				t.Errorf("challenges (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzChallenge(f *testing.F) {
	for _, seed := range []string{
		"", "NTLM", "NTLM TlRMTVNTUAACAA==", `Basic realm="a, b", NTLM`, `Bearer a="1,\"2\",3", b="\\"`,
		`Bearer a="x, NTLM`, `=,=,"`, "a b=c=d", strings.Repeat("a,", 100), "Negotiate\x00\xff",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		list := parseChallenges([]string{header})
		if len(list) > maxChallenges {
			t.Errorf("%d challenges", len(list))
		}
		for _, c := range list {
			if c.scheme == "" || c.token != "" && c.params != nil {
				t.Errorf("%+v", c)
			}
			again := parseChallenges([]string{c.scheme + " " + c.token})
			if c.params == nil && (len(again) != 1 || again[0].token != c.token) {
				t.Errorf("%+v reads back as %+v", c, again)
			}
			_, _ = c.blob()
		}
		_ = claimsOf(list)
	})
}
