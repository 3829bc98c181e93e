package ews_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/go-ews/exchange/ews"
)

// TestClient_Concurrent shares one client among 64 goroutines, each of which acts for other
// mailboxes: no call sees the request, response, info or error of another.
func TestClient_Concurrent(t *testing.T) {
	t.Parallel()
	// A call waits for a page for some real milliseconds, which a busy machine takes longer than.
	synctest.Test(t, func(t *testing.T) {
		w := &wire{}
		w.respond = func(_ int, r *http.Request) (*http.Response, error) {
			anchor := r.Header.Get("X-AnchorMailbox")
			user, _, _ := strings.Cut(anchor, "@")
			header := []string{"Content-Type: text/xml", "request-id: " + user}
			switch {
			case strings.HasSuffix(user, "-1"):
				fault := replaceOnce(fixture(t, "faults", "message_xml.xml"), "Number>4<", "Number>13<")
				return response(http.StatusInternalServerError, replaceOnce(fault, "Position>17<", "Position>1<"),
					header...), nil
			case strings.HasSuffix(user, "-2"):
				return response(http.StatusBadGateway, user, header...), nil
			}
			return response(http.StatusOK, envelope(replaceOnce(groupResponse, "Sales", user)), header...), nil
		}
		client := connect(t, once(w))
		var wg sync.WaitGroup
		for worker := range 64 {
			wg.Go(func() {
				for i := range 60 {
					user := fmt.Sprintf("u%d-%d", worker, i%4)
					if err := checkOwn(t, client, user); err != nil {
						t.Errorf("%s: %v", user, err)
						return
					}
				}
			})
		}
		wg.Wait()
		for _, r := range w.requests() {
			anchor := r.header.Get("X-AnchorMailbox")
			if !strings.Contains(r.body, "<t:PrimarySmtpAddress>"+anchor+"<") ||
				!strings.Contains(r.body, ">Group of "+anchor+"<") {
				t.Fatalf("a request for %s is\n%s", anchor, r.body)
			}
		}
	})
}

// checkOwn makes a call for a user and reports anything in its result that belongs to another user.
func checkOwn(t testing.TB, client *ews.Client, user string) error {
	t.Helper()
	address := user + "@contoso.com"
	own := client.Impersonate(ews.PrimarySMTP(address))
	if strings.HasSuffix(user, "-3") {
		own = client.WithHeader(ews.Header{Impersonate: ews.PrimarySMTP(address), MailboxCulture: "de-DE"})
	}
	var info ews.ResponseInfo
	group, err := own.AddImGroup(ews.WithResponseInfo(t.Context(), &info), "Group of "+address)
	if info.RequestID != user {
		return fmt.Errorf("info of %q", info.RequestID)
	}
	var (
		schema *ews.SchemaValidationError
		page   *ews.HTTPError
	)
	switch {
	case errors.As(err, &schema):
		if !strings.Contains(schema.Excerpt(), address) {
			return fmt.Errorf("excerpt %q", schema.Excerpt())
		}
	case errors.As(err, &page):
		if len(page.Body) > 0 && string(page.Body) != user {
			return fmt.Errorf("page %q", page.Body)
		}
	case err != nil:
		return err
	case group.DisplayName != user:
		return fmt.Errorf("group %q", group.DisplayName)
	}
	return nil
}
