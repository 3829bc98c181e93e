package auth

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/go-ews/exchange/internal/httpbody"
	"github.com/go-ews/exchange/internal/jsoninput"
	"github.com/go-ews/exchange/internal/loopback"
	weborigin "github.com/go-ews/exchange/internal/origin"
)

// ClientCredentials fetches tokens for the application itself (RFC 6749 section 4.4). Params adds
// parameters to each fetch, such as those of [CertificateAssertion] in place of a secret; nil adds
// none. For Exchange Online the scope is https://outlook.office365.com/.default.
//
// One fetch is one request. A secret goes into the form, as Microsoft Entra and AD FS document it;
// for a server that wants it in the Authorization header, set AuthStyle to oauth2.AuthStyleInHeader.
//
// As everywhere in x/oauth2, the HTTP client is that of the context's [oauth2.HTTPClient] value, if
// there is one. It is copied, and the copy follows no redirect, which would carry the secret
// elsewhere. The token endpoint must be https or loopback.
func ClientCredentials(c clientcredentials.Config, params func(context.Context) (url.Values, error)) TokenSource {
	c.EndpointParams = maps.Clone(c.EndpointParams)
	s := &clientCredentials{config: c, params: params}
	s.client = &http.Client{Transport: private(nil)}
	return s
}

type clientCredentials struct {
	config clientcredentials.Config
	params func(context.Context) (url.Values, error)
	client *http.Client
}

// Token implements [TokenSource]. It does not use the Token of x/oauth2, which sends a failed
// request again to learn where the secret belongs, and cannot read JSON labelled text/plain.
func (s *clientCredentials) Token(ctx context.Context, claims string) (*oauth2.Token, error) {
	if err := secureEndpoint(s.config.TokenURL); err != nil {
		return nil, err
	}
	form, err := s.form(ctx, claims)
	if err != nil {
		return nil, err
	}
	r, err := s.request(ctx, form)
	if err != nil {
		return nil, err
	}
	resp, err := s.httpClient(ctx).Do(r) //nolint:bodyclose // Finish closes it
	if err != nil {
		// What net/http puts around it repeats the URL, whose query may hold something secret.
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err
		}
		return nil, fmt.Errorf("the token endpoint %s was not reached: %w", weborigin.Page(r.URL), err)
	}
	var b httpbody.Body
	b.Reset(resp.Body)
	defer b.Finish(ctx)
	refused := resp.StatusCode/100 != 2
	if refused {
		b.Hurry(ctx) // the status decides, even without a body
	}
	body, err := httpbody.ReadAll(resp.Header, &b, maxTokenResponse)
	if err != nil && !refused {
		return nil, fmt.Errorf("the token endpoint's response (HTTP %d) broke off: %w", resp.StatusCode, err)
	}
	return readToken(resp, body)
}

const maxTokenResponse = 1 << 20

// form is the body of a request (RFC 6749 section 4.4.2).
func (s *clientCredentials) form(ctx context.Context, claims string) (url.Values, error) {
	form := url.Values{"grant_type": {"client_credentials"}}
	if len(s.config.Scopes) > 0 {
		form.Set("scope", strings.Join(s.config.Scopes, " "))
	}
	maps.Copy(form, s.config.EndpointParams)
	if s.params != nil {
		more, err := s.params(ctx)
		if err != nil {
			return nil, err
		}
		maps.Copy(form, more)
	}
	if claims != "" {
		form.Set("claims", claims)
	}
	return form, nil
}

// request has no GetBody, or net/http would repeat it without limit when an HTTP/2 server resets its
// stream.
func (s *clientCredentials) request(ctx context.Context, form url.Values) (*http.Request, error) {
	inHeader := s.config.AuthStyle == oauth2.AuthStyleInHeader
	if !inHeader {
		form.Set("client_id", s.config.ClientID)
		if s.config.ClientSecret != "" {
			form.Set("client_secret", s.config.ClientSecret)
		}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.config.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	r.GetBody = nil
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	if inHeader {
		r.SetBasicAuth(url.QueryEscape(s.config.ClientID), url.QueryEscape(s.config.ClientSecret))
	}
	return r, nil
}

func (s *clientCredentials) httpClient(ctx context.Context) *http.Client {
	client := *s.client
	if theirs, ok := ctx.Value(oauth2.HTTPClient).(*http.Client); ok && theirs != nil {
		client = *theirs
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

// Format shows nothing of the configuration, which holds the secret.
func (*clientCredentials) Format(f fmt.State, _ rune) {
	_, _ = f.Write([]byte("auth.ClientCredentials(…)"))
}

func secureEndpoint(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.User != nil {
		return errors.New("the token URL is not a URL without user information")
	}
	at, err := originOf(u)
	if err != nil {
		return fmt.Errorf("the token URL: %w", err)
	}
	if at.Scheme != "https" && !loopback.IsHost(at.Host) {
		return fmt.Errorf("the token URL: %s is not encrypted; use https", at)
	}
	return nil
}

// A tokenDocument is what token endpoints send, a token or an error (RFC 6749 sections 5.1 and 5.2).
type tokenDocument struct {
	AccessToken string
	TokenType   string
	ExpiresIn   string
	Code        string
	Description string
}

// readToken returns the token of a response, else an [oauth2.RetrieveError].
func readToken(resp *http.Response, body []byte) (*oauth2.Token, error) {
	doc := parseTokenDocument(resp.Header.Get("Content-Type"), body)
	if resp.StatusCode/100 != 2 || doc.Code != "" || doc.AccessToken == "" {
		return nil, &oauth2.RetrieveError{
			Response: resp, Body: body, ErrorCode: doc.Code, ErrorDescription: doc.Description,
		}
	}
	token := &oauth2.Token{AccessToken: doc.AccessToken, TokenType: doc.TokenType}
	if seconds, err := strconv.ParseFloat(doc.ExpiresIn, 64); err == nil && seconds > 0 {
		token.Expiry = time.Now().Add(time.Duration(min(seconds, maxLife) * float64(time.Second)))
	}
	return token, nil
}

const maxLife = 366 * 24 * 60 * 60 // seconds; no token lives longer

// parseTokenDocument reads JSON, however it is labelled, and forms that are labelled as such or as
// text. Anything else is the empty document.
func parseTokenDocument(contentType string, body []byte) tokenDocument {
	body = jsoninput.Clean(body)
	if bytes.HasPrefix(body, []byte("{")) {
		return parseTokenJSON(body)
	}
	switch kind, _, _ := mime.ParseMediaType(contentType); kind {
	case "application/x-www-form-urlencoded", "text/plain":
		values, err := url.ParseQuery(string(body))
		if err != nil {
			return tokenDocument{}
		}
		return tokenDocument{
			AccessToken: values.Get("access_token"), TokenType: values.Get("token_type"),
			ExpiresIn: values.Get("expires_in"),
			Code:      values.Get("error"), Description: values.Get("error_description"),
		}
	}
	return tokenDocument{}
}

// parseTokenJSON takes numbers that are written as strings, which Entra's first version sends, and
// errors that are objects, as gateways send them. A member of another type counts as missing.
func parseTokenJSON(body []byte) tokenDocument {
	var wire struct {
		AccessToken string          `json:"access_token"`
		TokenType   string          `json:"token_type"`
		ExpiresIn   json.RawMessage `json:"expires_in"`
		Error       json.RawMessage `json:"error"`
		Description string          `json:"error_description"`
	}
	if err := json.Unmarshal(body, &wire); err != nil && !isTypeError(err) {
		return tokenDocument{}
	}
	doc := tokenDocument{
		AccessToken: wire.AccessToken, TokenType: wire.TokenType,
		ExpiresIn: strings.Trim(string(wire.ExpiresIn), `"`), Description: wire.Description,
	}
	var object struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	if json.Unmarshal(wire.Error, &doc.Code) == nil {
		return doc
	}
	if err := json.Unmarshal(wire.Error, &object); err == nil || isTypeError(err) {
		doc.Code, doc.Description = object.Code, cmp.Or(object.Message, doc.Description)
	}
	return doc
}

// isTypeError reports whether encoding/json has left a member out, and read all others.
func isTypeError(err error) bool {
	_, ok := errors.AsType[*json.UnmarshalTypeError](err)
	return ok
}
