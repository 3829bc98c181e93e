package relay_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-ews/exchange/internal/relay"
)

// echo responds to a line with the same line, and counts nothing.
func echo(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // ends with the test
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				line, _ := bufio.NewReader(conn).ReadString('\n')
				if strings.HasSuffix(line, "\n") {
					_, _ = io.WriteString(conn, line)
				} else {
					_, _ = io.WriteString(conn, "cut\n")
				}
			}()
		}
	}()
	return listener.Addr().String()
}

var errReset = errors.New("connection reset")

func TestRelay(t *testing.T) {
	t.Parallel()
	target := echo(t)
	for name, tt := range map[string]struct {
		plan relay.Plan
		want string
		err  error // nil: the end; errReset: any but a deadline
	}{
		"passes on":              {relay.Plan{}, "hello\n", nil},
		"resets":                 {relay.CutRequest(1, relay.Reset), "", errReset},
		"ends at once":           {relay.CutRequest(0, relay.End), "", nil},
		"cuts the request":       {relay.CutRequest(3, relay.Reset), "", errReset},
		"cuts a response":        {relay.CutResponse(3, relay.End), "hel", nil},
		"cuts at 0":              {relay.CutResponse(0, relay.End), "", nil},
		"cuts beyond its end":    {relay.CutResponse(7, relay.End), "hello\n", nil},
		"stalls in the response": {relay.CutResponse(2, relay.Stall), "he", os.ErrDeadlineExceeded},
		"stalls in a request":    {relay.CutRequest(2, relay.Stall), "", os.ErrDeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := relay.Listen(target, func(int) relay.Plan { return tt.plan })
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			conn, err := net.Dial("tcp", r.Addr()) //nolint:noctx // loopback
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if errors.Is(tt.err, os.ErrDeadlineExceeded) {
				conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
			}
			_, _ = io.WriteString(conn, "hello\n") // a reset may come first
			got, err := io.ReadAll(conn)
			if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
				err = errReset // systems have different words for it
			}
			if string(got) != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("got %q, %v, want %q, %v", got, err, tt.want, tt.err)
			}
		})
	}
}

func TestRelay_PlansByConnection(t *testing.T) {
	t.Parallel()
	r, err := relay.Listen(echo(t), func(n int) relay.Plan { return relay.CutResponse(n, relay.End) })
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for n := range 4 {
		conn, err := net.Dial("tcp", r.Addr()) //nolint:noctx // loopback
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, "hello\n") // a cut connection takes it or not
		got, err := io.ReadAll(conn)
		conn.Close()
		if string(got) != "hello\n"[:n] || err != nil {
			t.Errorf("connection %d: got %q, %v", n, got, err)
		}
	}
}
