package ews_test

import (
	"encoding/xml"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/internal/xmltest"
	"github.com/go-ews/exchange/soap"
)

// folderResponse is what the response of the examples reads.
const folderResponse = `<m:GetFolderResponse><m:ResponseMessages><m:GetFolderResponseMessage ResponseClass="Success">` +
	`<m:ResponseCode>NoError</m:ResponseCode><m:Folders><t:Folder><t:FolderId Id="AAMk" ChangeKey="AQ"/>` +
	`<t:DisplayName>Inbox &amp; more</t:DisplayName><t:TotalCount>7</t:TotalCount></t:Folder></m:Folders>` +
	`</m:GetFolderResponseMessage></m:ResponseMessages></m:GetFolderResponse>`

// getInbox is the request of the examples.
func getInbox() getFolder {
	req := getFolder{Shape: "IdOnly"}
	req.Folders = append(req.Folders, struct {
		ID string `xml:"Id,attr"`
	}{"inbox"})
	return req
}

var getFolderOp = ews.Operation{Name: "GetFolder", Read: true}

func TestCall_EncodingXML(t *testing.T) {
	t.Parallel()
	w := soapResponse(http.StatusOK, folderResponse)
	var resp getFolderResponse
	client := connect(t, once(w)).Impersonate(ews.SMTP("tony@contoso.com"))
	if err := client.Call(t.Context(), getFolderOp, getInbox(), &resp); err != nil {
		t.Fatal(err)
	}
	if len(resp.Messages) != 1 || len(resp.Messages[0].Folders) != 1 {
		t.Fatalf("%+v", resp)
	}
	message := resp.Messages[0]
	if f := message.Folders[0]; f.DisplayName != "Inbox & more" || f.TotalCount != 7 || message.Code != ews.NoError {
		t.Errorf("%+v", message)
	}
	got := w.requests()[0]
	checkGolden(t, "testdata/GetFolder/own_operation.golden.xml", got.body)
	if action := got.header.Get("SOAPAction"); action != `"`+soap.NamespaceMessages+`/GetFolder"` {
		t.Errorf("SOAPAction %s", action)
	}
}

func TestCall_Schema(t *testing.T) {
	t.Parallel()
	w := soapResponse(http.StatusOK, folderResponse)
	if err := connect(t, once(w)).Call(t.Context(), getFolderOp, getInbox(), new(getFolderResponse)); err != nil {
		t.Fatal(err)
	}
	xmltest.Validate(t, []byte(w.requests()[0].body))
}

func TestCall_EncodingXMLError(t *testing.T) {
	t.Parallel()
	doc := `<m:GetFolderResponse><m:ResponseMessages><m:GetFolderResponseMessage ResponseClass="Error">` +
		`<m:MessageText>Mailbox does not exist.</m:MessageText><m:ResponseCode> ErrorNonExistentMailbox
		</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey><m:MessageXml>` +
		`<t:Value Name="MailboxGuid">d5fa</t:Value><t:FieldURI FieldURI="folder:DisplayName"/>` +
		`<t:Deep><t:Value Name="In">x</t:Value></t:Deep>` +
		`</m:MessageXml></m:GetFolderResponseMessage></m:ResponseMessages></m:GetFolderResponse>`
	var info ews.ResponseInfo
	err := connect(t, once(soapResponse(http.StatusOK, doc))).Call(ews.WithResponseInfo(t.Context(), &info),
		getFolderOp, getFolder{}, new(getFolderResponse))
	var got *ews.Error
	if !errors.As(err, &got) || !errors.Is(err, ews.ErrorNonExistentMailbox) {
		t.Fatalf("%T %v", err, err)
	}
	want := &ews.Error{
		Op: "GetFolder", Code: ews.ErrorNonExistentMailbox, Message: "Mailbox does not exist.",
		Details: map[string]string{"MailboxGuid": "d5fa", "FieldURI": "folder:DisplayName", "In": "x"}, Info: info,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}

// ownMessage shows a response without any wrapper: ResponseMessage is filled from the element
// itself.
type ownMessage struct {
	ews.ResponseMessage
	Flag bool `xml:"http://schemas.microsoft.com/exchange/services/2006/messages Flag"`
}

func TestCall_EmbeddedMessage(t *testing.T) {
	t.Parallel()
	own := func(class, code, rest string) string {
		return `<m:XResponse ResponseClass="` + class + `"><m:ResponseCode>` + code + `</m:ResponseCode>` + rest +
			`</m:XResponse>`
	}
	for name, tc := range map[string]struct {
		doc  string
		code ews.ResponseCode
		flag bool
	}{
		"success":                        {own("Success", "NoError", "<m:Flag>true</m:Flag>"), "", true},
		"warning":                        {own("Warning", "ErrorBatchProcessingStopped", "<m:Flag>true</m:Flag>"), "", true},
		"error":                          {own("Error", "ErrorAccessDenied", ""), ews.ErrorAccessDenied, false},
		"new class with an error's code": {own("Fatal", "ErrorAccessDenied", ""), ews.ErrorAccessDenied, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var resp ownMessage
			err := connect(t, once(soapResponse(http.StatusOK, tc.doc))).Call(t.Context(),
				ews.Operation{Name: "X"}, rawRequest("<m:X/>\n"), &resp)
			var code ews.ResponseCode
			if errors.As(err, &code) != (tc.code != "") || code != tc.code || resp.Flag != tc.flag {
				t.Errorf("%v, %+v", err, resp)
			}
		})
	}
}

// counter reads itself, and a request that writes itself: the fast path.
type counter struct {
	elements int
	failed   error
	err      error
}

func (c *counter) ReadBody(r *soap.Reader) error {
	for {
		ok, err := r.Next()
		if !ok || c.failed != nil {
			return errors.Join(err, c.failed)
		}
		c.elements++
		if err := r.Skip(); err != nil {
			return err
		}
	}
}

func (c *counter) Err() error { return c.err }

func TestCall_FastPath(t *testing.T) {
	t.Parallel()
	client := connect(t, once(soapResponse(http.StatusOK, "<m:XResponse><a/><b><c/></b><d/></m:XResponse>")))
	op := ews.Operation{Name: "X"}
	var resp counter
	if err := client.Call(t.Context(), op, rawRequest("<m:X/>\n"), &resp); err != nil || resp.elements != 3 {
		t.Errorf("%d elements, %v", resp.elements, err)
	}
	broken := errors.New("no folder")
	err := client.Call(t.Context(), op, rawRequest("<m:X/>\n"), &counter{failed: broken})
	var transport *ews.TransportError
	if !errors.Is(err, broken) || !errors.As(err, &transport) || !errors.Is(err, ews.ErrOutcomeUnknown) {
		t.Errorf("%T %v", err, err)
	}
	err = client.Call(t.Context(), op, rawRequest("<m:X/>\n"), &counter{err: broken})
	if !errors.Is(err, broken) {
		t.Errorf("what Err returned became %v", err)
	}
}

// failing is a request that cannot be written.
type failing struct{ err error }

func (f failing) AppendBody(dst []byte) ([]byte, error) { return append(dst, "<m:half"...), f.err }

// TestCall_Refused holds that what cannot be sent, or whose response cannot be stored, is refused
// before it is sent.
func TestCall_Refused(t *testing.T) {
	t.Parallel()
	type text struct {
		XMLName xml.Name `xml:"X"`
		S       string   `xml:",chardata"`
	}
	op := ews.Operation{Name: "GetFolder"}
	for _, tc := range []struct {
		name  string
		op    ews.Operation
		req   any
		resp  ews.Response
		field string
	}{
		{"no name", ews.Operation{}, getFolder{}, new(plain), "Operation.Name"},
		{"blank in the name", ews.Operation{Name: "Get Folder"}, getFolder{}, new(plain), "Operation.Name"},
		{"line feed in the name", ews.Operation{Name: "Get\r\nX: y"}, getFolder{}, new(plain), "Operation.Name"},
		{"quote in the name", ews.Operation{Name: `Get"`}, getFolder{}, new(plain), "Operation.Name"},
		{"digit in front", ews.Operation{Name: "1Get"}, getFolder{}, new(plain), "Operation.Name"},
		{"URL for a name", ews.Operation{Name: "http://x/GetFolder"}, getFolder{}, new(plain), "Operation.Name"},
		{"no response", op, getFolder{}, nil, "resp"},
		{"nil pointer", op, getFolder{}, (*plain)(nil), "resp"},
		{"nil pointer that reads itself", op, getFolder{}, (*counter)(nil), "resp"},
		{"no pointer", op, getFolder{}, value{}, "resp"},
		{"nil request", op, nil, new(plain), "request"},
		{"request of nothing", op, rawRequest(""), new(plain), "request"},
		{"nil request pointer", op, (*getFolder)(nil), new(plain), "request"},
		{"request that XML cannot be made of", op, make(chan int), new(plain), "request"},
		{"forbidden character", op, text{S: "a\vb"}, new(plain), "request"},
		{"invalid UTF-8", op, text{S: "a\xffb"}, new(plain), "request"},
		{"replacement character", op, text{S: "a\ufffdb"}, new(plain), "request"},
		{"request that fails", op, failing{errors.New("no name")}, new(plain), "request"},
		{
			"request with an input error", op,
			failing{&ews.InputError{Field: "folder", Reason: "empty"}},
			new(plain), "folder",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := soapResponse(http.StatusOK, folderResponse)
			err := connect(t, once(w)).Call(t.Context(), tc.op, tc.req, tc.resp)
			input := inputError(t, err)
			if input.Field != tc.field || len(w.requests()) != 0 {
				t.Errorf("%#v, %d requests, want field %s", input, len(w.requests()), tc.field)
			}
			if text := err.Error(); strings.ContainsAny(text, "\r\n\v") {
				t.Errorf("text %q", text)
			}
		})
	}
}

// value is a response that cannot be filled.
type value struct{}

func (value) Err() error { return nil }

func TestCall_NilContext(t *testing.T) {
	t.Parallel()
	w := soapResponse(http.StatusOK, groupResponse)
	var none ctx
	_, err := connect(t, once(w)).AddImGroup(none, "Sales")
	if input := inputError(t, err); input.Field != "ctx" || len(w.requests()) != 0 {
		t.Errorf("%#v", input)
	}
}

// TestCall_RetryZeroes holds that nothing of a broken response stays in the result of the next one.
func TestCall_RetryZeroes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first := envelope(strings.Replace(folderResponse, "<t:TotalCount>", "<t:Unread/><t:TotalCount>", 1))
		w := &wire{respond: func(n int, _ *http.Request) (*http.Response, error) {
			if n == 1 {
				return response(http.StatusOK, first[:len(first)-30], "Content-Type: text/xml"), nil
			}
			return response(http.StatusOK, envelope(folderResponse), "Content-Type: text/xml"), nil
		}}
		resp := getFolderResponse{}
		client := connect(t, &ews.Options{HTTPClient: &http.Client{Transport: w}})
		if err := client.Call(t.Context(), getFolderOp, getFolder{}, &resp); err != nil {
			t.Fatal(err)
		}
		if n, m := len(w.requests()), len(resp.Messages); n != 2 || m != 1 {
			t.Errorf("%d requests, %d messages, want 2 and 1", n, m)
		}
	})
}

// TestCall_RetryZeroesList does so for the module's own responses.
func TestCall_RetryZeroesList(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		list := envelope(strings.Replace(emptyListResponse, "<m:ImItemList/>",
			"<m:ImItemList><t:Groups><t:ImGroup/></t:Groups></m:ImItemList>", 1))
		w := &wire{respond: func(n int, _ *http.Request) (*http.Response, error) {
			return response(http.StatusOK, list[:len(list)-30*max(0, 2-n)], "Content-Type: text/xml"), nil
		}}
		got, err := connect(t, &ews.Options{HTTPClient: &http.Client{Transport: w}}).GetImItemList(t.Context(), imgroup.ListQuery{})
		if err != nil || len(w.requests()) != 2 || len(got.Groups) != 1 {
			t.Errorf("%+v, %v, %d requests", got, err, len(w.requests()))
		}
	})
}

// TestClient_Methods keeps the client small: another area of Exchange becomes another package.
func TestClient_Methods(t *testing.T) {
	t.Parallel()
	if n := reflect.TypeFor[*ews.Client]().NumMethod(); n > 20 {
		t.Errorf("%d methods, want at most 20", n)
	}
	// The client satisfies a consumer's interface.
	var _ interface {
		AddImGroup(ctx, string) (*imgroup.ImGroup, error)
	} = (*ews.Client)(nil)
}
