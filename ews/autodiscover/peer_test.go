package autodiscover_test

import (
	"fmt"
	"net/http"
	"os"
	"testing"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/autodiscover"
	"github.com/go-ews/exchange/imgroup"
)

// TestPeer_Find looks a real mailbox up, with and without credentials, and asks what it finds.
func TestPeer_Find(t *testing.T) {
	t.Parallel()
	address, user, password := os.Getenv("EWS_TEST_EMAIL"), os.Getenv("EWS_TEST_USER"), os.Getenv("EWS_TEST_PASSWORD")
	if address == "" || user == "" {
		t.Skip("EWS_TEST_EMAIL, EWS_TEST_USER and EWS_TEST_PASSWORD name no real mailbox")
	}
	login := func(origin string) (*http.Client, error) {
		var tr *auth.Transport
		var err error
		opts := &auth.Options{Origins: []string{origin}}
		switch scheme := os.Getenv("EWS_TEST_AUTH"); scheme {
		case "", "ntlm":
			tr, err = auth.NTLM(nil, auth.Static(user, password), opts)
		case "basic":
			tr, err = auth.Basic(nil, auth.Static(user, password), opts)
		default:
			err = fmt.Errorf("EWS_TEST_AUTH is %q, want ntlm or basic", scheme)
		}
		if err != nil {
			return nil, err
		}
		return tr.Client(), nil
	}
	found, err := autodiscover.Find(t.Context(), address, &autodiscover.Options{
		Client: login, Hosts: autodiscover.ExchangeOnline(),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range found.Steps {
		t.Log(s)
	}
	at, err := login(originIn(t, found.URL))
	if err != nil {
		t.Fatal(err)
	}
	client, err := ews.NewClient(found.URL, &ews.Options{HTTPClient: at})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.GetImItemList(t.Context(), imgroup.ListQuery{}); err != nil {
		t.Errorf("at %s: %v", found.URL, err)
	}
}

func originIn(t *testing.T, endpoint string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, endpoint, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return "https://" + r.URL.Host
}
