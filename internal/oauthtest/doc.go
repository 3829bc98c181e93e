// Package oauthtest tests package auth against a real authorization server, ory/fosite, whose
// dependencies stay out of the main module.
package oauthtest
