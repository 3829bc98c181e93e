// Package auth puts credentials on HTTP requests to Exchange: Basic, NTLM, Negotiate (Kerberos) and
// OAuth 2.0 bearer tokens.
package auth
