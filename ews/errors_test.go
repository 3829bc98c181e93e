package ews_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/soap"
)

// wrappings are ways in which programs pass errors on.
var wrappings = map[string]func(error) error{
	"as it is":      func(err error) error { return err },
	"wrapped":       func(err error) error { return fmt.Errorf("sync of tony@contoso.com: %w", err) },
	"wrapped twice": func(err error) error { return fmt.Errorf("job 7: %w", fmt.Errorf("sync: %w", err)) },
	"joined":        func(err error) error { return errors.Join(errors.New("rollback failed"), err) },
	"both":          func(err error) error { return fmt.Errorf("a: %w, b: %w", context.Canceled, errors.Join(err)) },
}

func TestErrors_Code(t *testing.T) {
	t.Parallel()
	for name, wrap := range wrappings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := wrap(&ews.Error{Op: "AddImGroup", Code: ews.ErrorImGroupDisplayNameAlreadyExists})
			var (
				e    *ews.Error
				code ews.ResponseCode
			)
			if !errors.Is(err, ews.ErrorImGroupDisplayNameAlreadyExists) ||
				errors.Is(err, ews.ErrorImGroupLimitReached) {
				t.Error("errors.Is does not tell the codes apart")
			}
			if !errors.As(err, &e) || !errors.As(err, &code) || code != e.Code {
				t.Errorf("errors.As finds %v and %q", e, code)
			}
		})
	}
}

func TestErrors_SchemaValidation(t *testing.T) {
	t.Parallel()
	behind := &ews.Error{Op: "AddImGroup", Code: ews.ErrorSchemaValidation}
	for name, wrap := range wrappings {
		for _, schema := range []*ews.SchemaValidationError{
			{Line: 4, Position: 17},
			{Line: 4, Position: 17, Err: behind},
		} {
			t.Run(fmt.Sprintf("%s, Err %t", name, schema.Err != nil), func(t *testing.T) {
				t.Parallel()
				err := wrap(schema)
				var (
					got  *ews.SchemaValidationError
					e    *ews.Error
					code ews.ResponseCode
				)
				if !errors.Is(err, ews.ErrorSchemaValidation) || errors.Is(err, ews.ErrorServerBusy) {
					t.Error("errors.Is does not find ErrorSchemaValidation alone")
				}
				if !errors.As(err, &got) || got.Line != 4 {
					t.Errorf("errors.As finds %v", got)
				}
				if !errors.As(err, &code) || code != ews.ErrorSchemaValidation {
					t.Errorf("errors.As finds the code %q", code)
				}
				if found := errors.As(err, &e); found != (schema.Err != nil) || e != schema.Err {
					t.Errorf("errors.As finds %v (%t)", e, found)
				}
			})
		}
	}
}

// TestErrors_UnwrapNil holds that nothing unwraps to a nil pointer in an error's clothes.
func TestErrors_UnwrapNil(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]interface{ Unwrap() error }{
		"Error":                 &ews.Error{},
		"SchemaValidationError": &ews.SchemaValidationError{},
		"TransportError":        &ews.TransportError{},
	} {
		if got := err.Unwrap(); got != nil {
			t.Errorf("%s unwraps to %T %#v", name, got, got)
		}
	}
}

// TestErrors_ZeroValues holds that values made in a test of the user's have a text.
func TestErrors_ZeroValues(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"ews: error without a code":  &ews.Error{},
		"ews: ErrorSchemaValidation": &ews.SchemaValidationError{},
		"ews: ErrorSchemaValidation at line 8, position 2: x (request-id r)": &ews.SchemaValidationError{
			Line: 8, Position: 2, Violation: "x", Err: &ews.Error{Info: ews.ResponseInfo{RequestID: "r"}},
		},
		"ews: a b":                     &ews.Error{Code: "a\n b"},
		"ews: AddImGroup: no response": &ews.TransportError{Op: "AddImGroup"},
		"ews: AddImGroup: displayName: empty": &ews.InputError{
			Op: "AddImGroup", Field: "displayName",
			Reason: "empty",
		},
		"ews: AddImGroup: ErrorServerBusy":     &ews.Error{Op: "AddImGroup", Code: ews.ErrorServerBusy},
		"ErrorServerBusy":                      ews.ErrorServerBusy,
		"ews: ErrorItemNotFound: a b \ufffd c": &ews.Error{Code: ews.ErrorItemNotFound, Message: " a\r\n\tb \x1b c "},
	} {
		if got := err.Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestNotFound(t *testing.T) {
	t.Parallel()
	for code, want := range map[ews.ResponseCode]bool{
		ews.ErrorItemNotFound: true, ews.ErrorInvalidImGroupId: true, ews.ErrorInvalidImContactId: true,
		ews.ErrorNonExistentMailbox: true, ews.ErrorInvalidIdMalformed: false, ews.ErrorAccessDenied: false, "": false,
	} {
		for name, wrap := range wrappings {
			if got := ews.NotFound(wrap(&ews.Error{Code: code})); got != want {
				t.Errorf("%q %s: %t, want %t", code, name, got, want)
			}
		}
	}
	gone := &ews.Error{Code: ews.ErrorNonExistentMailbox, Fault: &soap.Fault{}}
	if ews.NotFound(gone) {
		t.Error("a mailbox that does not exist counts as an id that does not")
	}
	if ews.NotFound(nil) || ews.NotFound(&ews.HTTPError{StatusCode: http.StatusNotFound}) {
		t.Error("no error, or a page, counts as not found")
	}
}

// canary is what must not appear in any text or log record.
const canary = "c4n4ry"

// hostileResponses are responses that carry canaries wherever a response can, by name.
func hostileResponses(t testing.TB) map[string]*wire {
	t.Helper()
	secrets := []string{
		"Set-Cookie: X-BackEndCookie=" + canary,
		"Location: https://" + canary + ":" + canary + "@login.contoso.com/adfs?wctx=" + canary + "#" + canary,
		`WWW-Authenticate: Basic realm="` + canary + `"`, "WWW-Authenticate: NTLM " + canary,
		"Authorization: Bearer " + canary,
		"X-Internal: " + canary,
	}
	html := "<html><body>" + canary + "</body></html>"
	fault := strings.Replace(fixture(t, "faults", "message_xml.xml"), "</t:MessageXml>",
		"</t:MessageXml><t:x>"+canary+"</t:x>", 1)
	fault = strings.Replace(fault, "Number>4<", "Number>8<", 1)
	responses := map[string]*wire{
		"schema fault": always(500, fault, append(secrets, "Content-Type: text/xml")...),
		"malformed":    always(200, envelope("<m:x>"+canary+"</m:y>"), append(secrets, "Content-Type: text/xml")...),
		"cut":          always(200, envelope(groupResponse)[:300]+canary, append(secrets, "Content-Type: text/xml")...),
		"wrong element": always(200, envelope(`<m:GetFolderResponse ResponseClass="Success"><m:x>`+canary+
			`</m:x></m:GetFolderResponse>`), append(secrets, "Content-Type: text/xml")...),
	}
	for _, status := range []int{200, 204, 302, 400, 401, 403, 404, 407, 413, 429, 456, 500, 502, 503, 504} {
		responses[fmt.Sprint("page ", status)] = always(status, html, append(secrets, "Content-Type: text/html")...)
	}
	return responses
}

// TestErrors_NoSecrets prints and logs errors of every kind in every way that programs do.
func TestErrors_NoSecrets(t *testing.T) {
	t.Parallel()
	for name, w := range hostileResponses(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			opts := once(w)
			opts.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			client := connect(t, opts).Impersonate(ews.SMTP("tony@contoso.com"))
			_, err := client.AddImGroup(t.Context(), "request-"+canary)
			if err == nil {
				t.Fatal("no error")
			}
			out := log.String()
			for how, wrap := range wrappings {
				wrapped := wrap(err)
				out += fmt.Sprintf("%s: %v\n%+v\n%#v\n%s\n%q\n", how, wrapped, wrapped, wrapped, wrapped, wrapped)
				out += slogged(wrapped)
			}
			for e := err; e != nil; e = errors.Unwrap(e) {
				out += fmt.Sprintf("%v %+v %#v %s", e, e, e, e) + slogged(e)
			}
			if i := strings.Index(out, canary); i >= 0 {
				t.Errorf("the canary sings: %s", out[max(0, i-200):min(len(out), i+100)])
			}
		})
	}
}

// slogged returns what the handlers of package slog write of an error.
func slogged(err error) string {
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Error("failed", "err", err)
	slog.New(slog.NewTextHandler(&out, nil)).Error("failed", slog.Any("err", err))
	return out.String()
}

// TestErrors_Bounded holds that no response makes a text long.
func TestErrors_Bounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("\u00e9 ", 1<<16)
	info := ews.ResponseInfo{RequestID: long}
	for _, err := range []error{
		&ews.Error{Code: ews.ResponseCode(long), Message: long, Info: info},
		&ews.SchemaValidationError{Violation: long, Err: &ews.Error{Info: info}},
		&ews.HTTPError{Header: http.Header{
			"Content-Type": {long}, "Www-Authenticate": {long, long},
			"Location": {long},
		}, Info: info},
		&ews.HTTPError{StatusCode: 302, Header: http.Header{"Location": {long}}, Info: info},
		&ews.HTTPError{StatusCode: 401, Header: http.Header{
			"Www-Authenticate": {long},
			"X-Ms-Diagnostics": {long},
		}, Info: info},
	} {
		if text := err.Error(); len(text) > 1300 || !utf8.ValidString(text) {
			t.Errorf("%T has a text of %d bytes, valid %t", err, len(text), utf8.ValidString(text))
		}
	}
}
