package main

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-ews/exchange/ews"
)

// named is a front end that names the caller.
type named string

func (n named) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Remote-User", string(n))
	return new(http.Transport).RoundTrip(r)
}

func TestRun(t *testing.T) {
	t.Parallel()
	input, end := io.Pipe()
	output, out := io.Pipe()
	go func() { out.CloseWithError(run(input, out)) }()
	lines := bufio.NewReader(output)
	url, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	client, err := ews.NewClient(strings.TrimSpace(url)+"/EWS/Exchange.asmx", &ews.Options{
		HTTPClient: &http.Client{Transport: named(`EXCH\Alice`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.AddImGroup(t.Context(), "Sales"); err != nil {
		t.Error(err)
	}
	if err := end.Close(); err != nil {
		t.Error(err)
	}
	rest, err := io.ReadAll(lines)
	if want := "1 requests of exch\\alice\n"; err != nil || string(rest) != want {
		t.Errorf("got %q, %v, want %q", rest, err, want)
	}
}
