package auth

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// tokenServer records the forms that it gets.
func tokenServer(t *testing.T, status int, body string) (string, *[]url.Values) {
	t.Helper()
	var forms []url.Values
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		forms = append(forms, r.PostForm)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	return s.URL, &forms
}

const goodToken = `{"access_token":"abc","token_type":"Bearer","expires_in":3600}`

func TestClientCredentials(t *testing.T) {
	t.Parallel()
	at, forms := tokenServer(t, 200, goodToken)
	config := clientcredentials.Config{
		ClientID: "id", ClientSecret: "s3cret", TokenURL: at, AuthStyle: oauth2.AuthStyleInParams,
		Scopes: []string{"https://outlook.office365.com/.default"}, EndpointParams: url.Values{"resource": {"x"}},
	}
	params := 0
	s := ClientCredentials(config, func(context.Context) (url.Values, error) {
		params++
		return url.Values{"extra": {"y"}}, nil
	})
	config.EndpointParams.Set("resource", "changed afterwards")
	for _, claims := range []string{"", `{"a":1}`} {
		token, err := s.Token(t.Context(), claims)
		if err != nil || token.AccessToken != "abc" {
			t.Fatalf("%v, %v", token, err)
		}
	}
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {"id"}, "client_secret": {"s3cret"},
		"scope": {"https://outlook.office365.com/.default"}, "resource": {"x"}, "extra": {"y"},
	}
	withClaims := url.Values{"claims": {`{"a":1}`}}
	maps.Copy(withClaims, form)
	if diff := cmp.Diff([]url.Values{form, withClaims}, *forms); diff != "" {
		t.Errorf("forms (-want +got):\n%s", diff)
	}
	if params != 2 {
		t.Errorf("the parameters were made %d times, want 2", params)
	}
	closeSource(s)
}

// closeSource closes the connections to the token endpoint.
func closeSource(s TokenSource) {
	if c, ok := s.(*clientCredentials); ok {
		c.client.CloseIdleConnections()
	}
}

// TestClientCredentials_FollowsNoRedirect: a redirect would carry the secret elsewhere.
func TestClientCredentials_FollowsNoRedirect(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the redirect was followed")
	}))
	defer elsewhere.Close()
	s := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer s.Close()
	source := ClientCredentials(clientcredentials.Config{ClientID: "id", ClientSecret: "s3cret", TokenURL: s.URL}, nil)
	defer closeSource(source)
	theirs := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for name, ctx := range map[string]context.Context{
		"its own client":     t.Context(),
		"the context's":      context.WithValue(t.Context(), oauth2.HTTPClient, theirs),
		"the context's, nil": context.WithValue(t.Context(), oauth2.HTTPClient, (*http.Client)(nil)),
	} {
		if _, err := source.Token(ctx, ""); err == nil {
			t.Errorf("%s: a token came", name)
		}
	}
	if theirs.CheckRedirect != nil {
		t.Error("the context's client was changed")
	}
}

func TestClientCredentials_Refuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, tokenURL string
		params         func(context.Context) (url.Values, error)
		want           string
	}{
		{"http", "http://login.example/token", nil, "not encrypted"},
		{"user information", "https://u:s3cret@login.example/token", nil, "user information"},
		{"no URL", "login.example/token", nil, "scheme and a host"},
		{"failing parameters", "https://login.example/token", func(context.Context) (url.Values, error) {
			return nil, errors.New("no key")
		}, "no key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := ClientCredentials(clientcredentials.Config{ClientID: "id", TokenURL: c.tokenURL}, c.params)
			_, err := s.Token(t.Context(), "")
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}
