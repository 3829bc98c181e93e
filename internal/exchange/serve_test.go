package exchange_test

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
)

// TestServe is a server for other programs: see run.
func TestServe(t *testing.T) {
	t.Parallel()
	if os.Getenv("EWS_TEST_SERVE") == "" {
		t.Skip("nobody to serve: .ci/real-suite sets EWS_TEST_SERVE")
	}
	if err := run(os.Stdin, os.Stdout); err != nil {
		t.Error(err)
	}
}

// run is an Exchange on a port of the loopback interface, behind a front end that has checked who the
// caller is and says so in X-Remote-User. It prints the URL to which a front end adds
// /EWS/Exchange.asmx, serves until its input ends, and then prints for each mailbox how many requests
// it got.
func run(until io.Reader, out io.Writer) error {
	var count counter
	server := ewstest.NewServer(&ewstest.Options{User: remoteUser, Intercept: count.add})
	endpoint, stop := server.Start()
	defer stop()
	if _, err := fmt.Fprintln(out, strings.TrimSuffix(endpoint, "/EWS/Exchange.asmx")); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, until); err != nil {
		return err
	}
	return count.print(out)
}

func remoteUser(r *http.Request) string { return r.Header.Get("X-Remote-User") }

// counter counts requests by mailbox.
type counter struct {
	mu       sync.Mutex
	requests map[string]int
}

func (c *counter) add(r ewstest.Request) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.requests == nil {
		c.requests = make(map[string]int)
	}
	c.requests[r.Mailbox]++
	return nil
}

func (c *counter) print(out io.Writer) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, mailbox := range slices.Sorted(maps.Keys(c.requests)) {
		if _, err := fmt.Fprintf(out, "%d requests of %s\n", c.requests[mailbox], mailbox); err != nil {
			return err
		}
	}
	return nil
}

// named says who the caller is, as a front end does.
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
