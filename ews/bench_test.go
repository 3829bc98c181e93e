package ews_test

import (
	"net/http"
	"testing"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/imgroup"
)

// clientOf returns a client whose server responds with the same document always.
func clientOf(b *testing.B, status int, doc string) *ews.Client {
	b.Helper()
	w := &wire{}
	w.respond = func(int, *http.Request) (*http.Response, error) {
		w.sent = w.sent[:0]
		return response(status, doc, "Content-Type: text/xml"), nil
	}
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	return connect(b, once(w))
}

func BenchmarkAddImGroup(b *testing.B) {
	client := clientOf(b, http.StatusOK, fixture(b, "responses", "add_im_group.xml"))
	for b.Loop() {
		if _, err := client.AddImGroup(b.Context(), "Sales"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAddImGroup_SchemaFault(b *testing.B) {
	client := clientOf(b, http.StatusInternalServerError, fixture(b, "faults", "message_xml.xml"))
	for b.Loop() {
		if _, err := client.AddImGroup(b.Context(), "Sales"); err == nil {
			b.Fatal("no error")
		}
	}
}

// BenchmarkGetImItemList decodes 64 groups and 1,000 contacts.
func BenchmarkGetImItemList(b *testing.B) {
	doc := replaceOnce(emptyListResponse, "<m:ImItemList/>", "<m:ImItemList>"+fullList(b, 64, 1000)+"</m:ImItemList>")
	client := clientOf(b, http.StatusOK, envelope(doc))
	for b.Loop() {
		if _, err := client.GetImItemList(b.Context(), imgroup.ListQuery{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCall_InProcess is a whole call on the Exchange in process, server included.
func BenchmarkCall_InProcess(b *testing.B) {
	exchange := ewstest.NewServer(nil)
	client, err := ews.NewClient(ewstest.Endpoint, &ews.Options{HTTPClient: exchange.Client()})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.GetImItemList(b.Context(), imgroup.ListQuery{}); err != nil {
			b.Fatal(err)
		}
	}
}
