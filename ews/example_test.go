package ews_test

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/imgroup"
)

// The examples run on an Exchange within the process. For a real one, pass its address instead of
// ewstest.Endpoint, and a client of package auth.
func exampleClient() (*ews.Client, *ewstest.Server) {
	exchange := ewstest.NewServer(nil)
	client, err := ews.NewClient(ewstest.Endpoint, &ews.Options{HTTPClient: exchange.Client()})
	if err != nil {
		log.Fatal(err)
	}
	return client, exchange
}

func Example() {
	ctx := context.Background()
	exchange := ewstest.NewServer(nil)
	client, err := ews.NewClient(ewstest.Endpoint, &ews.Options{HTTPClient: exchange.Client()})
	if err != nil {
		log.Fatal(err)
	}
	group, err := client.AddImGroup(ctx, "MyCustomGroup")
	if err != nil {
		log.Fatal(err)
	}
	persona, err := client.AddNewImContactToGroup(ctx, imgroup.ContactSpec{
		Address: "tsmith@contoso.com", DisplayName: "Tony Smith", Group: group.ExchangeStoreID,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(group.DisplayName, group.GroupType)
	fmt.Println(persona.DisplayName, persona.ImAddress)
	// Output:
	// MyCustomGroup IPM.DistList.MOC.UserGroup
	// Tony Smith tsmith@contoso.com
}

func ExampleClient_AddImGroup() {
	client, _ := exampleClient()
	var info ews.ResponseInfo
	ctx := ews.WithResponseInfo(context.Background(), &info)
	group, err := client.AddImGroup(ctx, "MyCustomGroup")
	if err != nil {
		log.Fatalf("%v (request %s)", err, info.RequestID)
	}
	fmt.Println(group.DisplayName, group.GroupType == imgroup.UserGroup, info.StatusCode)
	// Output: MyCustomGroup true 200
}

// A group that exists already is what a caller wants who makes sure of it: take its id from the
// list.
func ExampleClient_AddImGroup_alreadyExists() {
	ctx := context.Background()
	client, _ := exampleClient()
	ensure := func(name string) (imgroup.GroupID, error) {
		group, err := client.AddImGroup(ctx, name)
		if err == nil {
			return group.ExchangeStoreID, nil
		}
		if !errors.Is(err, ews.ErrorImGroupDisplayNameAlreadyExists) {
			return imgroup.GroupID{}, err
		}
		list, err := client.GetImItemList(ctx, imgroup.ListQuery{})
		if err != nil {
			return imgroup.GroupID{}, err
		}
		existing, ok := list.GroupByName(name)
		if !ok {
			return imgroup.GroupID{}, fmt.Errorf("group %q was removed meanwhile", name)
		}
		return existing.ExchangeStoreID, nil
	}
	first, err := ensure("MyCustomGroup")
	if err != nil {
		log.Fatal(err)
	}
	second, err := ensure("mycustomgroup") // Exchange compares names without case
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(first.ID == second.ID)
	// Output: true
}

// One service account acts on many mailboxes. A copy of the client per mailbox costs nothing, and a
// mailbox that fails does not keep the others from their turn.
func ExampleClient_Impersonate() {
	ctx := context.Background()
	exchange := ewstest.NewServer(&ewstest.Options{Mailboxes: []string{"tony@contoso.com", "terry@contoso.com"}})
	service, err := ews.NewClient(ewstest.Endpoint, &ews.Options{HTTPClient: exchange.Client()})
	if err != nil {
		log.Fatal(err)
	}
	for _, address := range []string{"tony@contoso.com", "gone@contoso.com", "terry@contoso.com"} {
		_, err := service.Impersonate(ews.PrimarySMTP(address)).AddImGroup(ctx, "Sales")
		switch {
		case errors.Is(err, ews.ErrorNonExistentMailbox):
			fmt.Println(address, "has no mailbox")
		case err != nil:
			log.Fatal(err)
		default:
			fmt.Println(address, len(exchange.Groups(address)))
		}
	}
	// Output:
	// tony@contoso.com 1
	// gone@contoso.com has no mailbox
	// terry@contoso.com 1
}

// Look-ups join groups, members and contacts by their ids, and compare addresses as Exchange does.
func ExampleClient_GetImItemList() {
	ctx := context.Background()
	client, _ := exampleClient()
	sales, err := client.AddImGroup(ctx, "Sales")
	if err != nil {
		log.Fatal(err)
	}
	for _, contact := range []imgroup.ContactSpec{
		{Address: "tsmith@contoso.com", DisplayName: "Tony Smith", Group: sales.ExchangeStoreID},
		{Address: "tadams@contoso.com", DisplayName: "Terry Adams", Group: sales.ExchangeStoreID},
	} {
		if _, err := client.AddNewImContactToGroup(ctx, contact); err != nil {
			log.Fatal(err)
		}
	}
	list, err := client.GetImItemList(ctx, imgroup.ListQuery{})
	if err != nil {
		log.Fatal(err)
	}
	if group, ok := list.GroupByName("Sales"); ok {
		for _, persona := range list.ContactsOf(group.ExchangeStoreID) {
			fmt.Println(persona.DisplayName)
		}
	}
	if persona, ok := list.Contact("sip:TSmith@contoso.com"); ok {
		contact, _ := persona.ContactID()
		fmt.Println("groups of", persona.DisplayName+":", len(list.GroupsOf(contact)))
	}
	// Output:
	// Tony Smith
	// Terry Adams
	// groups of Tony Smith: 1
}

// A contact that leaves its last group leaves the list: a move adds first and removes after. If
// either step fails, the contact is still in one group at least, and the move can be made again.
func ExampleClient_RemoveImContactFromGroup() {
	ctx := context.Background()
	client, _ := exampleClient()
	from, err := client.AddImGroup(ctx, "Candidates")
	if err != nil {
		log.Fatal(err)
	}
	to, err := client.AddImGroup(ctx, "Colleagues")
	if err != nil {
		log.Fatal(err)
	}
	persona, err := client.AddNewImContactToGroup(ctx, imgroup.ContactSpec{
		Address: "tsmith@contoso.com", Group: from.ExchangeStoreID,
	})
	if err != nil {
		log.Fatal(err)
	}

	move := func(p *imgroup.Persona, from, to imgroup.GroupID) error {
		contact, ok := p.ContactID()
		if !ok {
			return errors.New("not a contact of the list")
		}
		if err := client.AddImContactToGroup(ctx, contact, to); err != nil {
			return err
		}
		return client.RemoveImContactFromGroup(ctx, contact, from)
	}
	if err := move(persona, from.ExchangeStoreID, to.ExchangeStoreID); err != nil {
		log.Fatal(err)
	}

	list, err := client.GetImItemList(ctx, imgroup.ListQuery{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(list.ContactsOf(from.ExchangeStoreID)), len(list.ContactsOf(to.ExchangeStoreID)))
	// Output: 0 1
}

// getFolder is an operation that this module does not have: the names with their prefixes, in the
// order of the schema.
type getFolder struct {
	XMLName xml.Name `xml:"m:GetFolder"`
	Shape   string   `xml:"m:FolderShape>t:BaseShape"`
	Folders []struct {
		ID string `xml:"Id,attr"`
	} `xml:"m:FolderIds>t:DistinguishedFolderId"`
}

// getFolderResponse has, as most operations and unlike those of this package, a message per folder.
type getFolderResponse struct {
	Messages []struct {
		ews.ResponseMessage
		Folders []struct {
			DisplayName string
			TotalCount  int
		} `xml:"Folders>Folder"`
	} `xml:"ResponseMessages>GetFolderResponseMessage"`
}

// Err returns what Exchange said of the first folder that it refused.
func (r *getFolderResponse) Err() error {
	for i := range r.Messages {
		if err := r.Messages[i].Err(); err != nil {
			return err
		}
	}
	return nil
}

// Any other operation of EWS is a struct away.
func ExampleClient_Call() {
	client, exchange := exampleClient()
	exchange.Handle("GetFolder", func(ewstest.Request) (string, error) {
		return `<m:GetFolderResponse><m:ResponseMessages><m:GetFolderResponseMessage ResponseClass="Success">` +
			`<m:ResponseCode>NoError</m:ResponseCode><m:Folders><t:Folder><t:DisplayName>Inbox</t:DisplayName>` +
			`<t:TotalCount>7</t:TotalCount></t:Folder></m:Folders>` +
			`</m:GetFolderResponseMessage></m:ResponseMessages></m:GetFolderResponse>`, nil
	})

	request := getFolder{Shape: "Default"}
	request.Folders = append(request.Folders, struct {
		ID string `xml:"Id,attr"`
	}{"inbox"})
	var response getFolderResponse
	op := ews.Operation{Name: "GetFolder", Read: true}
	if err := client.Call(context.Background(), op, request, &response); err != nil {
		log.Fatal(err)
	}
	for _, message := range response.Messages {
		for _, folder := range message.Folders {
			fmt.Println(folder.DisplayName, folder.TotalCount)
		}
	}
	// Output: Inbox 7
}

// A server that is busy may ask for minutes. The call does not sit them out: the job goes back into
// the queue, and the worker takes the next one.
func ExampleRetryAfter() {
	client, exchange := exampleClient()
	exchange.Fail("AddImGroup", &ews.Error{
		Code: ews.ErrorServerBusy, Details: map[string]string{"BackOffMilliseconds": "297749"},
	})
	type job struct {
		group string
		after time.Duration
	}
	queue := []job{{group: "Sales"}, {group: "Support"}}
	for range 2 {
		next := queue[0]
		queue = queue[1:]
		_, err := client.AddImGroup(context.Background(), next.group)
		if after, ok := ews.RetryAfter(err); ok {
			queue = append(queue, job{next.group, after})
		} else if err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println("later:", queue[0].group, queue[0].after)
	// Output: later: Sales 4m57.749s
}

// The response was lost on its way: only the list knows whether the group was made.
func ExampleErrOutcomeUnknown() {
	ctx := context.Background()
	client, exchange := exampleClient()
	exchange.Fail("AddImGroup", ewstest.DropAfter())
	_, err := client.AddImGroup(ctx, "Sales")
	if errors.Is(err, ews.ErrOutcomeUnknown) {
		list, err := client.GetImItemList(ctx, imgroup.ListQuery{})
		if err != nil {
			log.Fatal(err)
		}
		_, done := list.GroupByName("Sales")
		fmt.Println("done:", done)
	}
	// Output: done: true
}

// For developers, the error shows the place that Exchange could not read. It quotes the request, so
// it is not for logs.
func ExampleSchemaValidationError_Excerpt() {
	client, exchange := exampleClient()
	exchange.Fail("AddImGroup", &ews.SchemaValidationError{
		Line: 8, Position: 2, Violation: "The element is not what this server expects.",
	})
	_, err := client.AddImGroup(context.Background(), "Sales")
	if schema, ok := errors.AsType[*ews.SchemaValidationError](err); ok {
		fmt.Println(schema.Violation)
		fmt.Println(schema.Excerpt())
	}
	// Output:
	// The element is not what this server expects.
	// <m:DisplayName>Sales</m:DisplayName>
	//  ^
}
