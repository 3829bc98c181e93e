package autodiscover_test

import (
	"crypto/tls"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/autodiscover"
)

func TestFind_Input(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		email string
		opts  autodiscover.Options
		field string
	}{
		"empty":            {"", autodiscover.Options{}, "email"},
		"no at sign":       {"contoso.com", autodiscover.Options{}, "email"},
		"no local part":    {"@contoso.com", autodiscover.Options{}, "email"},
		"two at signs":     {"a@b@contoso.com", autodiscover.Options{}, "email"},
		"no domain":        {"tony@", autodiscover.Options{}, "email"},
		"top-level domain": {"tony@com", autodiscover.Options{}, "email"},
		"empty label":      {"tony@contoso..com", autodiscover.Options{}, "email"},
		"with a path":      {"tony@contoso.com/x", autodiscover.Options{}, "email"},
		"with a port":      {"tony@contoso.com:443", autodiscover.Options{}, "email"},
		"with a blank":     {"to ny@contoso.com", autodiscover.Options{}, "email"},
		"with a line feed": {"tony@contoso.com\n", autodiscover.Options{}, "email"},
		"with a name":      {"Tony <tony@contoso.com>", autodiscover.Options{}, "email"},
		"not ASCII":        {"tony@bücher.example", autodiscover.Options{}, "email"},
		"not UTF-8":        {"t\xffny@contoso.com", autodiscover.Options{}, "email"},
		"machine":          {"tony@192.0.2.1", autodiscover.Options{}, "email"},
		"long":             {strings.Repeat("a", 300) + "@contoso.com", autodiscover.Options{}, "email"},
		"trust in a URL": {
			email,
			autodiscover.Options{Hosts: []string{"https://mail.contoso.com"}},
			"Options.Hosts",
		},
		"trust in all":               {email, autodiscover.Options{Hosts: []string{"*.com"}}, "Options.Hosts"},
		"known service without TLS":  {email, autodiscover.Options{URL: "http://contoso.com/autodiscover/autodiscover.xml"}, "Options.URL"},
		"known service with a query": {email, autodiscover.Options{URL: poxDomain + "?a"}, "Options.URL"},
		"known service of SOAP":      {email, autodiscover.Options{URL: "https://contoso.com/autodiscover/autodiscover.svc"}, "Options.URL"},
		"known service is a host":    {email, autodiscover.Options{URL: "contoso.com"}, "Options.URL"},
		"negative time":              {email, autodiscover.Options{StepTimeout: -1}, "Options.StepTimeout"},
		"no certificates":            {email, autodiscover.Options{Transport: insecure()}, "Options.Transport"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := &internet{}
			if tc.opts.Transport == nil {
				tc.opts.Transport = n
			}
			tc.opts.Resolver = n
			_, err := autodiscover.Find(t.Context(), tc.email, &tc.opts)
			var bad *ews.InputError
			if !errors.As(err, &bad) || bad.Field != tc.field {
				t.Errorf("Find: %v", err)
			}
			if requests, _ := n.log(); len(requests) > 0 {
				t.Errorf("sent all the same: %q", requests)
			}
		})
	}
}

// insecure is a transport that Find must refuse.
func insecure() *http.Transport {
	return &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
}
