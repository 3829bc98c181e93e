package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"unicode/utf8"
)

// Credentials returns a user name and a password. [Basic] asks for each request, [NTLM] for each
// new connection, with the context of the request, so a function that reads a vault makes rotation
// work. The user is written DOMAIN\user, user@domain.example or plainly user; the password may be
// empty. The function must be safe for concurrent use, and must name one identity only: create
// another [Transport] for another.
//
// A password that the server refused is not sent again for some time; see [NTLM].
type Credentials func(ctx context.Context) (user, password string, err error)

// Static returns Credentials that never change.
func Static(user, password string) Credentials {
	return func(context.Context) (string, string, error) { return user, password, nil }
}

const redacted = "auth.Credentials(…)"

// String shows nothing of the credentials.
func (Credentials) String() string { return redacted }

// LogValue shows nothing of the credentials.
func (Credentials) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText shows nothing of the credentials.
func (Credentials) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Format shows nothing of the credentials, for any verb.
func (Credentials) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// ask calls the function and refuses values that no scheme can send.
func (c Credentials) ask(ctx context.Context) (user, password string, err error) {
	user, password, err = c(ctx)
	switch {
	case err != nil:
		return "", "", fmt.Errorf("the credentials function failed: %w", err)
	case user == "":
		return "", "", errors.New("the user name is empty")
	case !utf8.ValidString(user), !utf8.ValidString(password):
		return "", "", errors.New("the user name or the password is not valid UTF-8")
	case strings.ContainsRune(user, 0), strings.ContainsRune(password, 0):
		return "", "", errors.New("the user name or the password holds a NUL character")
	}
	return user, password, nil
}
