package ewstest_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/imgroup"
)

// groupAdder is what the code under test needs of a client.
type groupAdder interface {
	AddImGroup(ctx context.Context, displayName string) (*imgroup.ImGroup, error)
}

// ensureGroups is the code under test: groups that exist already are fine.
func ensureGroups(ctx context.Context, client groupAdder, names ...string) error {
	for _, name := range names {
		_, err := client.AddImGroup(ctx, name)
		if err != nil && !errors.Is(err, ews.ErrorImGroupDisplayNameAlreadyExists) {
			return err
		}
	}
	return nil
}

func Example() {
	exchange := ewstest.NewServer(nil)
	client, err := ews.NewClient(ewstest.Endpoint, &ews.Options{HTTPClient: exchange.Client()})
	if err != nil {
		log.Fatal(err)
	}
	anna := client.Impersonate(ews.PrimarySMTP("anna@contoso.com"))
	if err := ensureGroups(context.Background(), anna, "Sales", "Support", "sales"); err != nil {
		log.Fatal(err)
	}
	for _, group := range exchange.Groups("anna@contoso.com") {
		fmt.Println(group.DisplayName, group.GroupType)
	}
	// Output:
	// Sales IPM.DistList.MOC.UserGroup
	// Support IPM.DistList.MOC.UserGroup
}

func ExampleServer_Fail() {
	exchange := ewstest.NewServer(nil)
	client, err := ews.NewClient(ewstest.Endpoint, &ews.Options{HTTPClient: exchange.Client()})
	if err != nil {
		log.Fatal(err)
	}
	// The group is made, and the response never arrives.
	exchange.Fail("AddImGroup", ewstest.DropAfter())
	_, err = client.AddImGroup(context.Background(), "Sales")
	fmt.Println(errors.Is(err, ews.ErrOutcomeUnknown), len(exchange.Groups("")))
	// Output: true 1
}

// A gateway responds with 502 for a server that did the work.
func ExampleAnswerAfter() {
	exchange := ewstest.NewServer(nil)
	client, err := ews.NewClient(ewstest.Endpoint, &ews.Options{HTTPClient: exchange.Client()})
	if err != nil {
		log.Fatal(err)
	}
	exchange.Fail("AddImGroup", ewstest.AnswerAfter(&ews.HTTPError{StatusCode: http.StatusBadGateway}))
	_, err = client.AddImGroup(context.Background(), "Sales")
	fmt.Println(errors.Is(err, ews.ErrOutcomeUnknown), len(exchange.Groups("")), len(exchange.Failures()))
	// Output: true 1 0
}

func ExampleServer_Seed() {
	exchange := ewstest.NewServer(nil)
	exchange.Seed("anna@contoso.com",
		ewstest.Group{Name: "Sales", Members: []ewstest.Contact{
			{Address: "bert@contoso.com", DisplayName: "Bert"},
			{Telephone: "+1 425 555 0100"},
		}},
		ewstest.Group{Name: "sales"}, // no operation can make two groups of one name
		ewstest.Group{Name: "Everybody", SMTPAddress: "everybody@contoso.com"},
	)
	for _, group := range exchange.Groups("anna@contoso.com") {
		fmt.Printf("%q: %d %q\n", group.DisplayName, len(group.Members), group.SMTPAddress)
	}
	// Output:
	// "Sales": 2 ""
	// "sales": 0 ""
	// "Everybody": 0 "everybody@contoso.com"
}

func ExampleServer_Requests() {
	exchange := ewstest.NewServer(nil)
	client, err := ews.NewClient(ewstest.Endpoint, &ews.Options{HTTPClient: exchange.Client()})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	if err := ensureGroups(ctx, client.Impersonate(ews.UPN("Anna@contoso.com")), "Sales"); err != nil {
		log.Fatal(err)
	}
	for _, r := range exchange.Requests() {
		fmt.Println(r.Op, r.Mailbox, r.Header.Get("Content-Type"))
	}
	// Output: AddImGroup anna@contoso.com text/xml; charset=utf-8
}

// getFolderResponse has a message for each of the folders that were asked for, like the responses
// of most operations.
type getFolderResponse struct {
	Messages []ews.ResponseMessage `xml:"ResponseMessages>GetFolderResponseMessage"`
}

func (r *getFolderResponse) Err() error { return r.Messages[0].Err() }

func ExampleServer_Handle() {
	exchange := ewstest.NewServer(nil)
	exchange.Handle("GetFolder", func(r ewstest.Request) (string, error) {
		if r.Mailbox != "anna@contoso.com" {
			return "", ews.ErrorAccessDenied
		}
		return `<m:GetFolderResponse><m:ResponseMessages><m:GetFolderResponseMessage ResponseClass="Success">` +
			`<m:ResponseCode>NoError</m:ResponseCode></m:GetFolderResponseMessage></m:ResponseMessages>` +
			`</m:GetFolderResponse>`, nil
	})
	client, err := ews.NewClient(ewstest.Endpoint, &ews.Options{HTTPClient: exchange.Client()})
	if err != nil {
		log.Fatal(err)
	}
	type getFolder struct {
		XMLName struct{} `xml:"http://schemas.microsoft.com/exchange/services/2006/messages GetFolder"`
	}
	op := ews.Operation{Name: "GetFolder", Read: true}
	for _, mailbox := range []string{"anna@contoso.com", "bert@contoso.com"} {
		c := client.Impersonate(ews.PrimarySMTP(mailbox))
		err := c.Call(context.Background(), op, getFolder{}, new(getFolderResponse))
		fmt.Println(mailbox, errors.Is(err, ews.ErrorAccessDenied))
	}
	// Output:
	// anna@contoso.com false
	// bert@contoso.com true
}

func ExampleServer_Start() {
	exchange := ewstest.NewServer(&ewstest.Options{
		User: func(r *http.Request) string { return r.Header.Get("X-Remote-User") },
	})
	endpoint, stop := exchange.Start()
	client, err := ews.NewClient(endpoint, nil)
	if err != nil {
		log.Fatal(err)
	}
	group, err := client.AddImGroup(context.Background(), "Sales")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(group.DisplayName)
	client.CloseIdleConnections()
	stop()
	// Output: Sales
}
