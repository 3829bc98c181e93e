package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"golang.org/x/oauth2"
)

// tokenSource is the adapter from azidentity to auth.Bearer: copy this file. Make one for each
// Transport.
//
// A claims challenge of Exchange (continuous access evaluation, Conditional Access) reaches Token as
// its claims, azidentity passes them on, and the request is sent once more with the new token. Since
// EnableCAE says that this program can do so, tokens live for up to 28 hours, and Entra revokes them
// by such a challenge.
//
// Managed identities do not pass claims on. The endpoint of the machine has a cache, too, and may
// return a revoked token until it expires; the request then fails with an error that says so.
type tokenSource struct {
	credential azcore.TokenCredential
	scope      string // https://outlook.office365.com/.default for Exchange Online

	last string // the token that was returned
}

// Token implements auth.TokenSource. It is called for the first token, shortly before a token expires,
// and after Exchange refused it. The same token again comes from azidentity's cache, which only claims
// pass by: they ask for a token that is not older than now, in the form of Entra's own challenges.
func (s *tokenSource) Token(ctx context.Context, claims string) (*oauth2.Token, error) {
	options := policy.TokenRequestOptions{Scopes: []string{s.scope}, Claims: claims, EnableCAE: true}
	token, err := s.credential.GetToken(ctx, options)
	if err == nil && token.Token == s.last && claims == "" {
		options.Claims = fmt.Sprintf(`{"access_token":{"nbf":{"essential":true,"value":"%d"}}}`, time.Now().Unix())
		token, err = s.credential.GetToken(ctx, options)
	}
	if err != nil {
		return nil, refusal(err)
	}
	s.last = token.Token
	return &oauth2.Token{AccessToken: token.Token, TokenType: "Bearer", Expiry: token.ExpiresOn}, nil
}

// refusal returns a token endpoint's response as the error that package auth knows: it shows the code and
// the description, is not retried where only a person can help, and keeps to Retry-After.
func refusal(err error) error {
	failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](err)
	if !ok || failed.RawResponse == nil {
		return err
	}
	body, readErr := runtime.Payload(failed.RawResponse)
	if readErr != nil {
		return err
	}
	return &oauth2.RetrieveError{Response: failed.RawResponse, Body: body}
}
