package ews_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"github.com/go-ews/exchange/ews"
)

// TestLog_Class holds that a record names the kind of a transport failure, and the mailbox.
func TestLog_Class(t *testing.T) {
	t.Parallel()
	dial := func(err error) *wire {
		return &wire{respond: func(int, *http.Request) (*http.Response, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: err}
		}}
	}
	cut := func(int, *http.Request) (*http.Response, error) {
		res := response(200, envelope(groupResponse)[:200])
		res.Body = io.NopCloser(io.MultiReader(res.Body, errorReader{io.ErrUnexpectedEOF}))
		return res, nil
	}
	for class, w := range map[string]*wire{
		"dns":         dial(&net.DNSError{Err: "no such host", Name: "mail.contoso.com", IsNotFound: true}),
		"refused":     dial(syscall.ECONNREFUSED),
		"unreachable": dial(syscall.EHOSTUNREACH),
		"reset":       dial(syscall.ECONNRESET),
		"timeout":     dial(syscall.ETIMEDOUT),
		"tls":         dial(&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}),
		"closed":      dial(io.EOF),
		"other":       dial(errKept),
		"malformed":   soapResponse(200, "<x>"),
		"cut":         {respond: cut},
		"":            always(404, ""),
	} {
		t.Run(class, func(t *testing.T) {
			t.Parallel()
			logger, records := logged(slog.LevelDebug)
			opts := once(w)
			opts.Logger = logger
			_, _ = connect(t, opts).Impersonate(ews.UPN("tony@contoso.com")).AddImGroup(t.Context(), "Sales")
			found := records(t)
			for _, r := range found {
				if got, _ := r["class"].(string); got != class || r["mailbox"] != "tony@contoso.com" {
					t.Errorf("%v", r)
				}
			}
			if len(found) != 2 {
				t.Errorf("%d records", len(found))
			}
		})
	}
}

// errorReader fails with an error.
type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

// TestTransportError_Advice holds that the text of a failed connection says what to check.
func TestTransportError_Advice(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	t.Cleanup(server.Close)
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	for name, tc := range map[string]struct{ url, want string }{
		"authority": {server.URL, "comes from an authority that this machine does not know"},
		"no TLS":    {strings.Replace(plain.URL, "http:", "https:", 1), "does not speak TLS on this port"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, err := ews.NewClient(tc.url+"/EWS/Exchange.asmx", &ews.Options{Retry: ews.RetryPolicy{MaxAttempts: 1}})
			if err != nil {
				t.Fatal(err)
			}
			defer client.CloseIdleConnections()
			_, err = client.AddImGroup(t.Context(), "Sales")
			if !strings.Contains(err.Error(), tc.want) {
				t.Error(err)
			}
		})
	}
}
