package autodiscover_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/autodiscover"
	"github.com/go-ews/exchange/ews/ewstest"
)

func ExampleFind() {
	exchange := ewstest.NewServer(nil) // stands for contoso.com; leave Transport out for a real one
	found, err := autodiscover.Find(context.Background(), "tony@contoso.com", &autodiscover.Options{
		Transport: exchange,
		Client: func(origin string) (*http.Client, error) {
			t, err := auth.NTLM(nil, auth.Static(`CONTOSO\svc-im`, "password"), &auth.Options{Origins: []string{origin}})
			if err != nil {
				return nil, err
			}
			return t.Client(), nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(found.URL)
	// Output: https://contoso.com/EWS/Exchange.asmx
}

// A cache saves the search, until a call says that the mailbox may be elsewhere.
func ExampleReport() {
	ctx := context.Background()
	exchange := ewstest.NewServer(nil)
	cache := autodiscover.NewMemoryCache()
	const mailbox = "tony@contoso.com"
	_, err := autodiscover.Find(ctx, mailbox, &autodiscover.Options{Transport: exchange, Cache: cache})
	fmt.Println(err)

	// … and then, from a call:
	err = &ews.Error{Op: "GetImItemList", Code: ews.ErrorMailboxMoveInProgress}
	fmt.Println(autodiscover.Report(ctx, cache, mailbox, err))
	// Output:
	// <nil>
	// true
}
