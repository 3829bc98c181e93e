package ews_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-ews/exchange/ews"
)

// frames is an HTTP/2 server (RFC 9113) made of frames, because net/http's cannot misbehave. It
// counts the requests that came, whole or not, and responds to each by a script.
type frames struct {
	mu       sync.Mutex
	requests int
	script   []func(c net.Conn, stream uint32, body string) error
	early    bool // respond to the header, and take no body
}

const (
	frameData      = 0
	frameHeaders   = 1
	frameReset     = 3
	frameSettings  = 4
	frameGoAway    = 7
	settingWindow  = 4
	flagEndStream  = 1
	flagAck        = 1
	flagEndHeaders = 4

	codeNoError       = 0
	codeProtocolError = 1
	codeInternalError = 2
	codeRefusedStream = 7
)

func writeFrame(c net.Conn, kind, flags byte, stream uint32, payload []byte) error {
	head := make([]byte, 9, 9+len(payload))
	head[0], head[1], head[2] = byte(len(payload)>>16), byte(len(payload)>>8), byte(len(payload))
	head[3], head[4] = kind, flags
	binary.BigEndian.PutUint32(head[5:], stream)
	_, err := c.Write(append(head, payload...))
	return err
}

func words(values ...uint32) []byte {
	var b []byte
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

// serve speaks HTTP/2 with prior knowledge until the connection ends.
func (f *frames) serve(c net.Conn) {
	defer hangUp(c)
	if _, err := io.ReadFull(c, make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
		return
	}
	var settings []byte
	if f.early {
		settings = append([]byte{0, settingWindow}, words(0)...)
	}
	if writeFrame(c, frameSettings, 0, 0, settings) != nil {
		return
	}
	bodies := make(map[uint32]string)
	for {
		head := make([]byte, 9)
		if _, err := io.ReadFull(c, head); err != nil {
			return
		}
		payload := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
		if _, err := io.ReadFull(c, payload); err != nil {
			return
		}
		kind, flags, stream := head[3], head[4], binary.BigEndian.Uint32(head[5:])
		switch {
		case kind == frameSettings && flags&flagAck == 0:
			if writeFrame(c, frameSettings, flagAck, 0, nil) != nil {
				return
			}
		case kind == frameHeaders && f.early:
			if f.respond(c, stream, "") != nil {
				return
			}
		case kind == frameData && !f.early:
			bodies[stream] += string(payload)
			if flags&flagEndStream != 0 && f.respond(c, stream, bodies[stream]) != nil {
				return
			}
		}
	}
}

// hangUp ends a connection in good order. A connection that is closed with unread data is reset,
// and the last bytes written are dropped with it: on Windows nearly always.
func hangUp(c net.Conn) {
	defer c.Close()
	if half, ok := c.(*net.TCPConn); !ok || half.CloseWrite() != nil {
		return
	}
	_ = c.SetReadDeadline(time.Now().Add(time.Minute)) // only against a client that never closes
	_, _ = io.Copy(io.Discard, c)
}

func (f *frames) respond(c net.Conn, stream uint32, body string) error {
	f.mu.Lock()
	step := f.script[min(f.requests, len(f.script)-1)]
	f.requests++
	f.mu.Unlock()
	return step(c, stream, body)
}

func (f *frames) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.requests
}

// client returns a client whose every connection leads to f.
func (f *frames) client(t *testing.T) *ews.Client {
	t.Helper()
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go f.serve(c)
		}
	}()
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: protocols}
	t.Cleanup(func() {
		listener.Close()
		transport.CloseIdleConnections()
	})
	return clientOver(t, "http://"+listener.Addr().String(), transport)
}

// reset ends a stream.
func reset(code uint32) func(net.Conn, uint32, string) error {
	return func(c net.Conn, stream uint32, _ string) error {
		return writeFrame(c, frameReset, 0, stream, words(code))
	}
}

// goAway ends the connection. The server executed the streams up to the last one that it names, and
// no later one.
func goAway(last func(stream uint32) uint32, code uint32) func(net.Conn, uint32, string) error {
	return func(c net.Conn, stream uint32, _ string) error {
		debug := append(words(last(stream), code), canaryResponse...)
		if err := writeFrame(c, frameGoAway, 0, 0, debug); err != nil {
			return err
		}
		return io.EOF
	}
}

// hint sends an informational response first. Its status is not in the static table.
func hint(status string, then func(net.Conn, uint32, string) error) func(net.Conn, uint32, string) error {
	literal := append([]byte{0x08, byte(len(status))}, status...) // RFC 7541, section 6.2.2, name 8
	return func(c net.Conn, stream uint32, body string) error {
		if err := writeFrame(c, frameHeaders, flagEndHeaders, stream, literal); err != nil {
			return err
		}
		return then(c, stream, body)
	}
}

func respond(c net.Conn, stream uint32, body string) error {
	content := scriptGroup
	if strings.Contains(body, "GetImItemList") {
		content = scriptList
	}
	status200 := []byte{0x88} // RFC 7541, entry 8 of the static table
	if err := writeFrame(c, frameHeaders, flagEndHeaders, stream, status200); err != nil {
		return err
	}
	return writeFrame(c, frameData, flagEndStream, stream, []byte(enveloped(content)))
}

// net/http repeats a POST after some of these by itself. A write must come only once all the same.
func TestFaultInjection_HTTP2(t *testing.T) {
	t.Parallel()
	this := func(stream uint32) uint32 { return stream }
	none := func(uint32) uint32 { return 0 }
	for name, tt := range map[string]struct {
		first       func(net.Conn, uint32, string) error
		write, read wanted
	}{
		"a response":              {respond, success, success},
		"PROTOCOL_ERROR":          {reset(codeProtocolError), lostAfter, twice},
		"INTERNAL_ERROR":          {reset(codeInternalError), lostAfter, twice},
		"REFUSED_STREAM":          {reset(codeRefusedStream), lostAfter, twice},
		"GOAWAY, done":            {goAway(this, codeNoError), lostAfter, twice},
		"GOAWAY, not done":        {goAway(none, codeNoError), lostAfter, twice},
		"GOAWAY with an error":    {goAway(this, codeInternalError), lostAfter, twice},
		"GOAWAY, then a response": {goAwayAndRespond, success, success},
		"100, then a response":    {hint("100", respond), success, success},
		"103, then a response":    {hint("103", hint("103", respond)), success, success},
		"103, PROTOCOL_ERROR":     {hint("103", reset(codeProtocolError)), lostAfter, twice},
		"102, REFUSED_STREAM":     {hint("102", reset(codeRefusedStream)), lostAfter, twice},
		"100, REFUSED_STREAM":     {hint("100", reset(codeRefusedStream)), lostAfter, twice},
		"103, GOAWAY":             {hint("103", goAway(none, codeNoError)), lostAfter, twice},
		"102, GOAWAY, done":       {hint("102", goAway(this, codeNoError)), lostAfter, twice},
		"103, the end":            {hint("103", func(net.Conn, uint32, string) error { return io.EOF }), lostAfter, twice},
		"half, RST_STREAM":        {half(reset(codeProtocolError)), lostAfter, twice},
		"half, GOAWAY":            {half(goAway(this, codeInternalError)), lostAfter, twice},
		"103, half, GOAWAY":       {hint("103", half(goAway(none, codeNoError))), lostAfter, twice},
		"the end":                 {func(net.Conn, uint32, string) error { return io.EOF }, lostAfter, twice},
	} {
		for kind, want := range map[string]wanted{"write": tt.write, "read": tt.read} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				server := &frames{script: []func(net.Conn, uint32, string) error{tt.first, respond}}
				call := addGroup
				if kind == "read" {
					call = getItemList
				}
				err := call(t.Context(), server.client(t))
				got := wanted{kindOfError(err), errors.Is(err, ews.ErrOutcomeUnknown), server.count()}
				if got != want {
					t.Errorf("got %+v, want %+v: %v", got, want, err)
				}
				checkTyped(t, err)
				if err != nil && leaked(err.Error()) != nil {
					t.Errorf("shows what the server sent: %v", err)
				}
			})
		}
	}
}

// half sends the beginning of a response first.
func half(then func(net.Conn, uint32, string) error) func(net.Conn, uint32, string) error {
	return func(c net.Conn, stream uint32, body string) error {
		if err := writeFrame(c, frameHeaders, flagEndHeaders, stream, []byte{0x88}); err != nil {
			return err
		}
		if err := writeFrame(c, frameData, 0, stream, []byte(enveloped(scriptGroup)[:200])); err != nil {
			return err
		}
		return then(c, stream, body)
	}
}

// goAwayAndRespond is how a server shuts down: what it has begun, it ends.
func goAwayAndRespond(c net.Conn, stream uint32, body string) error {
	if err := writeFrame(c, frameGoAway, 0, 0, words(stream, codeNoError)); err != nil {
		return err
	}
	return respond(c, stream, body)
}

// A peer that resets every stream gets MaxAttempts requests of a read, and one of a write, whether
// it takes the body or not. net/http alone would go on for ever.
func TestFaultInjection_HTTP2EveryStream(t *testing.T) {
	t.Parallel()
	none := func(uint32) uint32 { return 0 }
	for name, step := range map[string]func(net.Conn, uint32, string) error{
		"PROTOCOL_ERROR":      reset(codeProtocolError),
		"REFUSED_STREAM":      reset(codeRefusedStream),
		"GOAWAY":              goAway(none, codeNoError),
		"103, PROTOCOL_ERROR": hint("103", reset(codeProtocolError)),
	} {
		for _, early := range []bool{false, true} {
			for kind, want := range map[string]wanted{
				"write": lostAfter, "read": {"TransportError", false, 3},
			} {
				t.Run(fmt.Sprintf("%s/early %t/%s", name, early, kind), func(t *testing.T) {
					t.Parallel()
					server := &frames{script: []func(net.Conn, uint32, string) error{step}, early: early}
					call := addGroup
					if kind == "read" {
						call = getItemList
					}
					var info ews.ResponseInfo
					err := call(ews.WithResponseInfo(t.Context(), &info), server.client(t))
					got := wanted{kindOfError(err), errors.Is(err, ews.ErrOutcomeUnknown), server.count()}
					if got != want || info.Attempts != want.executed {
						t.Errorf("got %+v in %d attempts, want %+v: %v", got, info.Attempts, want, err)
					}
				})
			}
		}
	}
}

// A connection that turned out to be closed before anything was written to it is no reason to fail:
// the body may be had again.
func TestFaultInjection_HTTP2ConnectionGoneBefore(t *testing.T) {
	t.Parallel()
	server := &frames{script: []func(net.Conn, uint32, string) error{
		func(c net.Conn, stream uint32, body string) error {
			if err := goAwayAndRespond(c, stream, body); err != nil {
				return err
			}
			return io.EOF
		}, respond,
	}}
	client := server.client(t)
	for range 2 {
		if err := addGroup(t.Context(), client); err != nil {
			t.Error(err)
		}
	}
	if got := server.count(); got != 2 {
		t.Errorf("the server got %d requests, want 2", got)
	}
}

// Informational responses without an end end the call.
func TestFaultInjection_EndlessHints(t *testing.T) {
	t.Parallel()
	endless := func(hints int) string {
		return strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n", hints) +
			fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(enveloped(scriptGroup)), enveloped(scriptGroup))
	}
	if err := addGroup(t.Context(), wireClient(t, []byte(endless(20)))); err != nil {
		t.Error(err)
	}
	err := addGroup(t.Context(), wireClient(t, []byte(endless(1000))))
	if kindOfError(err) != "TransportError" || !errors.Is(err, ews.ErrOutcomeUnknown) {
		t.Error(err)
	}
}
