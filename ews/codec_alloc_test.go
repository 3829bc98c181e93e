//go:build !race

// The race detector allocates as well, which spoils the counts.

package ews

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/go-ews/exchange/imgroup"
)

// rewound is a body that can be read any number of times, with another id each time.
type rewound struct {
	strings.Reader
	docs [2]string
	n    int
}

func (r *rewound) Close() error {
	r.n++
	r.Reset(r.docs[r.n%2])
	return nil
}

func responseOf(status int, doc string) *http.Response {
	body := &rewound{docs: [...]string{doc, strings.Replace(doc, "AAMkAD", "AAMkBD", 1)}}
	body.Reset(doc)
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"text/xml"}},
		Body: body, ContentLength: int64(len(doc)),
	}
}

// addGroupCall is AddImGroup as its method makes it.
func addGroupCall() *operation[imgroup.ImGroup] {
	return &operation[imgroup.ImGroup]{name: "AddImGroup", payload: groupPayload(), content: func(b body) body {
		return b.text("DisplayName", "displayName", "Forschung & Entwicklung, Köln")
	}}
}

// TestEncode_Allocations holds the bar of one allocation: the request itself, which net/http keeps.
//
//nolint:paralleltest // counts allocations
func TestEncode_Allocations(t *testing.T) {
	client, err := NewClient("https://mail.contoso.com/EWS/Exchange.asmx", &Options{
		Header: Header{MailboxCulture: "en-US", Impersonate: SMTP("tony@contoso.com")},
	})
	if err != nil {
		t.Fatal(err)
	}
	req := addGroupCall()
	x := &call{client: client, op: Operation{Name: "AddImGroup"}}
	got := testing.AllocsPerRun(1000, func() {
		if err := x.encode(req); err != nil {
			t.Fatal(err)
		}
	})
	t.Logf("encoding: %v allocations", got)
	if got > 1 {
		t.Errorf("%v allocations, want at most 1", got)
	}
}

// TestDecode_Allocations holds that a success takes at most 4 allocations and a fault 8. The
// response that the call makes counts, what the HTTP response takes does not.
//
//nolint:paralleltest // counts allocations
func TestDecode_Allocations(t *testing.T) {
	success, err := os.ReadFile("testdata/responses/add_im_group.xml")
	if err != nil {
		t.Fatal(err)
	}
	fault, err := os.ReadFile("testdata/faults/message_xml.xml")
	if err != nil {
		t.Fatal(err)
	}
	client, err := NewClient("https://mail.contoso.com/EWS/Exchange.asmx", nil)
	if err != nil {
		t.Fatal(err)
	}
	var schema *SchemaValidationError
	for _, tc := range []struct {
		name   string
		status int
		doc    []byte
		most   float64
		right  func(error) bool
	}{
		{"success", http.StatusOK, success, 4, func(err error) bool { return err == nil }},
		{"fault", http.StatusInternalServerError, fault, 8, func(err error) bool { return errors.As(err, &schema) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			request := []byte(strings.Repeat("<m:DisplayName>x</m:DisplayName>\n", 20))
			res := responseOf(tc.status, string(tc.doc))
			defer res.Body.Close()
			got := testing.AllocsPerRun(1000, func() {
				resp := addGroupCall()
				x := &call{client: client, op: Operation{Name: "AddImGroup"}, resp: resp, request: request}
				if err := x.read(t.Context(), res); !tc.right(err) || err == nil && !resp.present {
					t.Fatal(err)
				}
			})
			t.Logf("decoding: %v allocations", got)
			if got > tc.most {
				t.Errorf("%v allocations, want at most %v", got, tc.most)
			}
		})
	}
}
