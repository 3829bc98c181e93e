package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/autodiscover"
)

// explain writes an error for people: one line, the place in the request, and what to do next.
func (p *Process) explain(err error) {
	w := p.Stderr
	if none, ok := errors.AsType[*autodiscover.Error](err); ok {
		fmt.Fprintln(w, "error: no endpoint found for", Line(none.Address))
		for _, step := range none.Steps {
			fmt.Fprintln(w, "  "+Line(step.String()))
		}
		if untrusted, ok := errors.AsType[*autodiscover.UntrustedError](err); ok {
			fmt.Fprintf(w, "if %s is where the mailbox is: --trust %[1]s\n", Line(untrusted.Host))
		}
	} else {
		fmt.Fprintln(w, "error:", oneLine(inFlags(err)))
	}
	if invalid, ok := errors.AsType[*ews.SchemaValidationError](err); ok && invalid.Excerpt() != "" {
		fmt.Fprintln(w, "the request, and where the server stopped:")
		fmt.Fprintln(w, invalid.Excerpt())
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		fmt.Fprintln(w, "if the certificate is of an authority of your own: --ca FILE, with that authority's certificate")
	}
	if wait, ok := ews.RetryAfter(err); ok {
		fmt.Fprintf(w, "the server asks to wait %v before the next attempt\n", wait)
	}
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(w, "interrupted")
	}
}

// oneLine takes the line feeds out of errors that were joined, or that came from elsewhere.
func oneLine(err error) string {
	lines := strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\t' || r == '\r' })
	return Line(strings.Join(lines, "; "))
}

// Line returns s on one line, fit for a terminal. Characters that could move the cursor, hide text or
// turn its direction become U+FFFD, as in the errors of the module.
func Line(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return utf8.RuneError
	}, s)
}

// inFlags puts the flag into an error that names a field of the libraries.
func inFlags(err error) error {
	if bad, ok := errors.AsType[*ews.InputError](err); ok {
		return flagged(err, bad.Field, bad.Reason)
	}
	if bad, ok := errors.AsType[*auth.InputError](err); ok {
		return flagged(err, bad.Field, bad.Reason)
	}
	return err
}

func flagged(err error, field, reason string) error {
	flag, ok := map[string]string{
		"endpoint":                    "--endpoint",
		"Header.RequestServerVersion": "--server-version",
		"Header.MailboxCulture":       "--culture",
		"Header.Impersonate":          "--mailbox",
		"Options.Hosts":               "--trust",
		"email":                       "--email",
		"Options.Origins":             "--endpoint",
		"Credentials":                 "--user",
	}[field]
	if !ok {
		return err
	}
	return fmt.Errorf("%s: %s", flag, strings.ReplaceAll(reason, "allow http:// explicitly", "--allow-http"))
}
