package ewstest_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-ews/exchange/ews/ewstest"
)

// BenchmarkServer shows what a call costs on the server's side, which a soak test pays too.
func BenchmarkServer(b *testing.B) {
	for name, body := range map[string]string{
		"SetImListMigrationCompleted": `<m:SetImListMigrationCompleted><m:ImListMigrationCompleted>1` +
			`</m:ImListMigrationCompleted></m:SetImListMigrationCompleted>`,
		"GetImItemList of 1,000 contacts": `<m:GetImItemList/>`,
	} {
		b.Run(name, func(b *testing.B) {
			s := ewstest.NewServer(nil)
			send := func(body string) {
				r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, ewstest.Endpoint, strings.NewReader(body))
				if err != nil {
					b.Fatal(err)
				}
				r.Header.Set("Content-Type", "text/xml")
				resp, err := s.RoundTrip(r)
				if err != nil {
					b.Fatal(err)
				}
				n, err := io.Copy(io.Discard, resp.Body)
				if err != nil || resp.Body.Close() != nil {
					b.Fatal(err)
				}
				b.SetBytes(n)
			}
			for i := range 1000 {
				send(envelope(addNewContact(fmt.Sprintf("user%d@contoso.com", i), "")))
			}
			b.ReportAllocs()
			for b.Loop() {
				send(envelope(body))
			}
		})
	}
}
