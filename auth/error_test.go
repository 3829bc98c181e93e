package auth_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/go-ews/exchange/auth"
)

// TestError_MadeByATest: programs that handle these errors are tested without a server.
func TestError_MadeByATest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		err       auth.Error
		text      string
		permanent bool
		notSent   bool
	}{
		{
			"refused login",
			auth.Error{
				Scheme: "NTLM", Origin: "https://mail.example.com:443", StatusCode: 401,
				Offered: []string{"Negotiate", "NTLM"}, Hint: "the password",
			},
			"auth: NTLM to https://mail.example.com:443: the server refused the login; " +
				"the server offers Negotiate, NTLM; check the password",
			true, true,
		},
		{
			"lost response",
			auth.Error{Scheme: "Bearer", Sent: true, Err: errors.New("reset")},
			"auth: Bearer: the request was sent, but no response came: reset", false, false,
		},
		{
			"no connection",
			auth.Error{Scheme: "Basic", Err: context.DeadlineExceeded},
			"auth: Basic: nothing was sent: context deadline exceeded", false, true,
		},
		{
			"another status",
			auth.Error{Scheme: "NTLM", StatusCode: 502},
			"auth: NTLM: the server returned HTTP 502", false, true,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := fmt.Errorf("wrapped: %w", &c.err)
			got, ok := errors.AsType[*auth.Error](e)
			if !ok || got.Error() != c.text {
				t.Errorf("text  %s\nwant  %s", got, c.text)
			}
			if got.Permanent() != c.permanent || got.NotSent() != c.notSent {
				t.Errorf("permanent %v, not sent %v", got.Permanent(), got.NotSent())
			}
		})
	}
}
