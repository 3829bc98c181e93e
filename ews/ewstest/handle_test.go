package ewstest_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
)

func TestHandle(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	s.Handle("GetFolder", func(r ewstest.Request) (string, error) {
		if r.Mailbox != "anna@contoso.com" || !strings.Contains(string(r.Body), "<m:Whatever/>") {
			t.Errorf("%+v", r)
		}
		s.Handle("GetFolder", nil) // no lock is held
		return `<m:GetFolderResponse><t:Folder/></m:GetFolderResponse>`, nil
	})
	request := envelopeWith(as("anna@contoso.com"), `<m:GetFolder><m:Whatever/></m:GetFolder>`)
	n := post(t, s, request).parse(t)
	if n.find("Body").find("GetFolderResponse").find("Folder") == nil || n.find("ServerVersionInfo") == nil {
		t.Errorf("%+v", n)
	}
	if r := post(t, s, request); r.Status != http.StatusInternalServerError {
		t.Errorf("taken back: HTTP %d, want 500", r.Status)
	}
}

// TestHandle_OlderVersion asks for a schema version that the 13 operations are too new for.
func TestHandle_OlderVersion(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	s.Handle("GetFolder", func(ewstest.Request) (string, error) { return `<m:GetFolderResponse/>`, nil })
	request := strings.Replace(envelope(`<m:GetFolder/>`), "Exchange2013", "Exchange2010", 1)
	if r := post(t, s, request); r.Status != http.StatusOK {
		t.Errorf("HTTP %d: %s", r.Status, r.Body)
	}
}

func TestHandle_OwnNamespace(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	s.Handle("Mine", func(ewstest.Request) (string, error) { return `<MineResponse xmlns="urn:mine"/>`, nil })
	n := post(t, s, envelope(`<Mine xmlns="urn:mine" a="b">text</Mine>`)).parse(t)
	if got := n.find("MineResponse"); got == nil || got.XMLName.Space != "urn:mine" {
		t.Errorf("%+v", n)
	}
	bad := envelopeWith(`<t:MailboxCulture/>`, `<Mine xmlns="urn:mine"/>`)
	if got := post(t, s, bad).parse(t).text("ResponseCode"); got != "ErrorSchemaValidation" {
		t.Errorf("bad header: %q, want ErrorSchemaValidation", got)
	}
}

func TestHandle_InsteadOfOneOfThe13(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	s.Handle("AddImGroup", func(ewstest.Request) (string, error) { return "", ews.ErrorAccessDenied })
	if code, _ := call(t, s, "", addImGroup("x")); code != "ErrorAccessDenied" {
		t.Errorf("code %q, want ErrorAccessDenied", code)
	}
	if code, _ := call(t, s, "", addImGroup("")); code != "ErrorSchemaValidation" {
		t.Errorf("code %q, want ErrorSchemaValidation", code)
	}
}

func TestHandle_Errors(t *testing.T) {
	t.Parallel()
	own := errors.New("own")
	for _, test := range []struct{ err, want error }{
		{own, own}, {ewstest.DropAfter(), io.EOF}, {ewstest.DropBefore(), io.EOF}, {ewstest.Truncate(1), io.EOF},
	} {
		s := ewstest.NewServer(nil)
		s.Handle("Mine", func(ewstest.Request) (string, error) { return "", test.err })
		_, err := s.RoundTrip(newRequest(t, envelope(`<m:Mine/>`))) //nolint:bodyclose // there is no response
		if !errors.Is(err, test.want) {
			t.Errorf("%v: %v, want %v", test.err, err, test.want)
		}
	}
}
