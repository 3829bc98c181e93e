package autodiscover_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-ews/exchange/ews/autodiscover"
)

// frames is an HTTP/2 server (RFC 9113) made of frames, because net/http's cannot misbehave. It counts
// the requests by their HEADERS frames and responds to each as end says.
type frames struct {
	end func(c io.Writer, stream uint32) error

	mu       sync.Mutex
	requests int
}

const (
	frameHeaders  = 1
	frameReset    = 3
	frameSettings = 4
	frameGoAway   = 7

	flagAck        = 1
	flagEndHeaders = 4

	codeProtocolError = 1
	codeRefusedStream = 7
)

func writeFrame(c io.Writer, kind, flags byte, stream uint32, payload ...byte) error {
	head := []byte{0, 0, byte(len(payload)), kind, flags}
	head = binary.BigEndian.AppendUint32(head, stream)
	_, err := c.Write(append(head, payload...))
	return err
}

// serve speaks HTTP/2 until the connection ends.
func (f *frames) serve(c net.Conn) {
	defer c.Close()
	in := bufio.NewReader(c)
	if _, err := io.ReadFull(in, make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
		return
	}
	if writeFrame(c, frameSettings, 0, 0) != nil {
		return
	}
	for {
		head := make([]byte, 9)
		if _, err := io.ReadFull(in, head); err != nil {
			return
		}
		size := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
		if _, err := io.CopyN(io.Discard, in, size); err != nil {
			return
		}
		switch kind, flags := head[3], head[4]; {
		case kind == frameSettings && flags&flagAck == 0:
			if writeFrame(c, frameSettings, flagAck, 0) != nil {
				return
			}
		case kind == frameHeaders:
			f.mu.Lock()
			f.requests++
			f.mu.Unlock()
			if f.end(c, binary.BigEndian.Uint32(head[5:])) != nil {
				return
			}
		}
	}
}

func (f *frames) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.requests
}

// transport leads every https host to f, and has no others.
func (f *frames) transport(t *testing.T) *http.Transport {
	t.Helper()
	srv := httptest.NewUnstartedServer(nil) // for its certificate
	srv.StartTLS()
	t.Cleanup(srv.Close)
	config := srv.TLS.Clone()
	config.NextProtos = []string{"h2"}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				// A connection whose dial another one has overtaken is not idle yet at the end.
				defer context.AfterFunc(t.Context(), func() { _ = c.Close() })()
				f.serve(c)
			})
		}
	})
	transport := srv.Client().Transport.(*http.Transport).Clone() //nolint:errcheck,forcetypeassert // of httptest
	transport.TLSClientConfig.ServerName = "example.com"
	transport.ForceAttemptHTTP2 = true
	transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if !strings.HasSuffix(addr, ":443") {
			return nil, &net.OpError{Op: "dial", Net: network, Err: errors.New("connection refused")}
		}
		return new(net.Dialer).DialContext(ctx, "tcp", listener.Addr().String())
	}
	t.Cleanup(func() {
		listener.Close()
		transport.CloseIdleConnections()
		running.Wait()
	})
	return transport
}

// reset ends a stream.
func reset(code byte) func(io.Writer, uint32) error {
	return func(c io.Writer, stream uint32) error { return writeFrame(c, frameReset, 0, stream, 0, 0, 0, code) }
}

// goAway ends the connection, before the first stream.
func goAway(code byte) func(io.Writer, uint32) error {
	return func(c io.Writer, _ uint32) error {
		_ = writeFrame(c, frameGoAway, 0, 0, 0, 0, 0, 0, 0, 0, 0, code)
		return io.EOF
	}
}

// informed sends an informational response first: 103, as a literal of HPACK (RFC 7541 section
// 6.2.2).
func informed(end func(io.Writer, uint32) error) func(io.Writer, uint32) error {
	return func(c io.Writer, stream uint32) error {
		if err := writeFrame(c, frameHeaders, flagEndHeaders, stream, 0x08, 3, '1', '0', '3'); err != nil {
			return err
		}
		return end(c, stream)
	}
}

// TestFind_HTTP2Resets has a server that ends every stream: net/http would repeat each request without
// limit. One request per step reaches the server, and the error says what happened to it.
func TestFind_HTTP2Resets(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		end  func(io.Writer, uint32) error
		want string // in the outcome of a POST
	}{
		"PROTOCOL_ERROR":           {reset(codeProtocolError), "PROTOCOL_ERROR"},
		"REFUSED_STREAM":           {reset(codeRefusedStream), "REFUSED_STREAM"},
		"GOAWAY":                   {goAway(0), "GOAWAY"},
		"GOAWAY with an error":     {goAway(codeProtocolError), "PROTOCOL_ERROR"},
		"103, then PROTOCOL_ERROR": {informed(reset(codeProtocolError)), "PROTOCOL_ERROR"},
		"103, then REFUSED_STREAM": {informed(reset(codeRefusedStream)), "REFUSED_STREAM"},
		"103, then GOAWAY":         {informed(goAway(0)), "GOAWAY"},
		"end of the connection":    {func(io.Writer, uint32) error { return io.EOF }, "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := &frames{end: tt.end}
			opts := (&internet{}).options()
			opts.Transport = server.transport(t)
			_, err := autodiscover.Find(t.Context(), email, opts)
			failed, ok := errors.AsType[*autodiscover.Error](err)
			if !ok {
				t.Fatalf("Find: %v", err)
			}
			const steps = 4 // version 2 and POX at two hosts
			if got := server.count(); got != steps {
				t.Errorf("the server got %d requests, want %d: %v", got, steps, err)
			}
			for _, s := range failed.Steps {
				if s.Action == http.MethodPost && !strings.Contains(s.Outcome, tt.want) ||
					strings.Contains(s.Outcome, "context canceled") || strings.Contains(s.Outcome, "GetBody") {
					t.Errorf("step %s", s)
				}
			}
		})
	}
}
