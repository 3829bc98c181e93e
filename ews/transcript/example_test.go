package transcript_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"strings"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/transcript"
)

// An Exchange in process stands for the real one. The word "probe" is none of a person.
func ExampleRecord() {
	var file strings.Builder
	recorder := transcript.Record(ewstest.NewServer(nil), &file, &transcript.Options{
		Keep: []string{"probe"}, Key: []byte("for this example"),
	})
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "https://mail.contoso.com/EWS/Exchange.asmx?user=anna", http.NoBody)
	if err != nil {
		log.Fatal(err)
	}
	r.Header.Set("X-Anchormailbox", "anna@contoso.com, probe@contoso.com")
	resp, err := recorder.RoundTrip(r)
	if err != nil {
		log.Fatal(err)
	}
	if err := errors.Join(resp.Body.Close(), recorder.Err()); err != nil {
		log.Fatal(err)
	}
	request, _, _ := strings.Cut(file.String(), "Body:")
	fmt.Print(request)
	// Output:
	// EWS transcript 1
	// --- 1 request
	// GET https://vcar.wrwpkvk.det/EWS/Exchange.asmx?lmxr=cukg
	// X-Anchormailbox: cukg@wrwpkvk.det, probe@wrwpkvk.det
}

func ExampleReplay() {
	const recorded = `EWS transcript 1
--- 1 request
POST https://mtdq.uxilfyq.bws/EWS/Exchange.asmx
Soapaction: "http://schemas.microsoft.com/exchange/services/2006/messages/AddImGroup"
Body: 0


--- 1 response
503
Retry-After: 600
Body: 0


`
	player, err := transcript.Replay(strings.NewReader(recorded))
	if err != nil {
		log.Fatal(err)
	}
	client, err := ews.NewClient(ewstest.Endpoint, &ews.Options{HTTPClient: &http.Client{Transport: player}})
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.AddImGroup(context.Background(), "Sales")
	wait, _ := ews.RetryAfter(err)
	fmt.Println(errors.Is(err, ews.ErrOutcomeUnknown), wait)
	// Output: true 10m0s
}
