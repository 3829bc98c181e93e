package directory_test

import (
	"context"
	"fmt"
	"log"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/directory"
	"github.com/go-ews/exchange/ews/ewstest"
)

// An Exchange in process stands for the real one.
func exchange() *ews.Client {
	srv := ewstest.NewServer(nil)
	srv.SetDirectory(
		ewstest.Recipient{Name: "Anna", Address: "anna@contoso.com", SIP: "anna@sip.contoso.com"},
		ewstest.Recipient{Name: "Ben", Address: "ben@contoso.com"},
		ewstest.Recipient{Name: "Sales", Address: "sales@contoso.com", Members: []string{"anna@contoso.com", "emea@contoso.com"}},
		ewstest.Recipient{Name: "Sales EMEA", Address: "emea@contoso.com", Members: []string{"ben@contoso.com", "sales@contoso.com"}},
	)
	client, err := ews.NewClient(ewstest.Endpoint, &ews.Options{HTTPClient: srv.Client()})
	if err != nil {
		log.Fatal(err)
	}
	return client
}

func ExampleExpand() {
	expansion, err := directory.Expand(context.Background(), exchange(), "sales@contoso.com")
	if err != nil {
		log.Fatal(err)
	}
	for _, m := range expansion.Members {
		fmt.Println(m.Name, m.EmailAddress)
	}
	fmt.Println("complete:", expansion.Complete())
	fmt.Println("cycles:", expansion.Cycles)
	// Output:
	// Anna anna@contoso.com
	// Ben ben@contoso.com
	// complete: true
	// cycles: [[sales@contoso.com emea@contoso.com sales@contoso.com]]
}

func ExampleResolve() {
	resolution, err := directory.Resolve(context.Background(), exchange(), "smtp:anna@contoso.com")
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range resolution.Candidates {
		fmt.Println(c.Name, c.SIPAddress())
	}
	// Output: Anna anna@sip.contoso.com
}

func ExampleState() {
	state, err := directory.State(context.Background(), exchange())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(state.Use)
	// Output: never used
}
