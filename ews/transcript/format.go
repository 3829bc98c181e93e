package transcript

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// title is the first line of a transcript. The number is the version of the format.
const title = "EWS transcript 1"

// entry is a call in a transcript:
//
//	--- 1 request
//	POST https://host/EWS/Exchange.asmx
//	Content-Type: text/xml; charset=utf-8
//	Body: 12
//
//	<twelve/>...
//	--- 1 response
//	200
//	Body: 0
//
// A response that ended too early has "200 reset" instead, with the kind of the failure; where none
// came, "--- 1 failure" and a line with the kind stand in its place.
type entry struct {
	method, url string
	request     message
	status      int    // 0: there is no response
	failure     string // the kind of failure; "": none
	response    message
}

// message is the header and the body of a request or response.
type message struct {
	header []string
	body   []byte
}

func (e *entry) appendTo(b []byte, n int) []byte {
	b = fmt.Appendf(b, "--- %d request\n%s %s\n", n, e.method, e.url)
	b = e.request.appendTo(b)
	if e.status == 0 {
		return fmt.Appendf(b, "--- %d failure\n%s\n", n, e.failure)
	}
	b = fmt.Appendf(b, "--- %d response\n%s\n", n, strings.TrimSpace(fmt.Sprint(e.status, " ", e.failure)))
	return e.response.appendTo(b)
}

func (m *message) appendTo(b []byte) []byte {
	for _, line := range m.header {
		b = append(append(b, line...), '\n')
	}
	b = fmt.Appendf(b, "Body: %d\n\n", len(m.body))
	return append(append(b, m.body...), '\n')
}

// scanner reads a transcript.
type scanner struct {
	r    *bufio.Reader
	line int
}

// maxTranscript bounds what Replay reads.
const maxTranscript = 1 << 30

func newScanner(r io.Reader) *scanner {
	return &scanner{r: bufio.NewReader(io.LimitReader(r, maxTranscript))}
}

// entries reads all calls.
func (s *scanner) entries() ([]entry, error) {
	if line, err := s.next(); err != nil || line != title {
		return nil, s.bad("the first line is not %q", title)
	}
	var all []entry
	for {
		line, err := s.next()
		if errors.Is(err, io.EOF) && line == "" {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		if line != fmt.Sprintf("--- %d request", len(all)+1) {
			return nil, s.bad("request %d should begin here", len(all)+1)
		}
		e, err := s.entry(len(all) + 1)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
}

// entry reads the rest of a call.
func (s *scanner) entry(n int) (e entry, err error) {
	line, err := s.next()
	if err != nil {
		return e, err
	}
	var ok bool
	if e.method, e.url, ok = strings.Cut(line, " "); !ok {
		return e, s.bad("a method and a URL should stand here")
	}
	if e.request, err = s.message(); err != nil {
		return e, err
	}
	kind, err := s.next()
	if err != nil {
		return e, err
	}
	first, err := s.next()
	switch {
	case err != nil:
		return e, err
	case kind == fmt.Sprintf("--- %d failure", n):
		e.failure = first
		return e, nil
	case kind != fmt.Sprintf("--- %d response", n):
		return e, s.bad("the response to request %d should begin before this line", n)
	}
	status, failure, _ := strings.Cut(first, " ")
	if e.status, err = strconv.Atoi(status); err != nil || e.status < 100 || e.status > 999 {
		return e, s.bad("a status should stand here")
	}
	e.failure = failure
	e.response, err = s.message()
	return e, err
}

// message reads header lines and a body.
func (s *scanner) message() (m message, err error) {
	for {
		line, err := s.next()
		if err != nil {
			return m, err
		}
		name, value, ok := strings.Cut(line, ": ")
		if !ok {
			return m, s.bad("a header line should stand here")
		}
		if name != "Body" {
			m.header = append(m.header, line)
			continue
		}
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 || n > maxTranscript {
			return m, s.bad("the body has no length")
		}
		return m, s.body(&m, n)
	}
}

// body reads the empty line before a body, the body, and the line end after it.
func (s *scanner) body(m *message, n int) error {
	if line, err := s.next(); err != nil || line != "" {
		return s.bad("an empty line should stand before a body")
	}
	var b bytes.Buffer
	if _, err := io.CopyN(&b, s.r, int64(n)); err != nil {
		return s.bad("the body is shorter than its length says")
	}
	m.body = b.Bytes()
	s.line += bytes.Count(m.body, []byte("\n"))
	if end, err := s.next(); err != nil || end != "" {
		return s.bad("the body is longer than its length says")
	}
	return nil
}

// next returns the next line without its end.
func (s *scanner) next() (string, error) {
	line, err := s.r.ReadString('\n')
	if err == io.EOF && line == "" {
		return "", err
	}
	s.line++
	if err != nil {
		return line, s.bad("the transcript ends in the middle of a line")
	}
	return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), nil
}

func (s *scanner) bad(format string, args ...any) error {
	return fmt.Errorf("transcript: line %d: %s", s.line, fmt.Sprintf(format, args...))
}
