package rosterfile

import (
	"bytes"
	"errors"
	"strings"
)

// maxQuotedLines bounds a field between quotes. A quote that is open for longer has lost its end, and the
// rows after it are read from the next line on. Without the bound, a file of such quotes would be read once
// for each of them.
const maxQuotedLines = 8

var (
	errOpenQuote  = errors.New("a quote is opened and not closed")
	errAfterQuote = errors.New("something follows a closing quote; a quote within quotes is written twice")
	errBareQuote  = errors.New("a quote within a field that does not begin with one")
)

// csvReader reads rows as RFC 4180 has them, with any separator, and with CR, LF or both as line ends.
type csvReader struct {
	data  []byte
	comma byte
	pos   int
	line  int // of pos, from 1

	steps int // bytes looked at, rows read again included: a test counts them
}

// next returns the fields of the next row that is not blank, and its line. A nil row is the end of the
// text. After an error the reader is on the line below the row's first one.
func (r *csvReader) next() (row []string, line int, err error) {
	for r.pos < len(r.data) && r.lineEnd(r.pos) > 0 {
		r.endLine()
	}
	if r.pos >= len(r.data) {
		return nil, r.line, nil
	}
	begin, line := r.pos, r.line
	for {
		field, err := r.field()
		if err != nil {
			r.pos, r.line = begin, line
			r.skipLine()
			return nil, line, err
		}
		row = append(row, field)
		if r.pos < len(r.data) && r.data[r.pos] == r.comma {
			r.pos++
			continue
		}
		if r.pos < len(r.data) {
			r.endLine()
		}
		return row, line, nil
	}
}

// field reads a field up to the separator or line end after it.
func (r *csvReader) field() (string, error) {
	if r.pos < len(r.data) && r.data[r.pos] == '"' {
		return r.quoted()
	}
	begin := r.pos
	for r.pos < len(r.data) && r.data[r.pos] != r.comma && r.lineEnd(r.pos) == 0 {
		if r.data[r.pos] == '"' {
			return "", errBareQuote
		}
		r.pos++
	}
	r.steps += r.pos - begin
	return string(r.data[begin:r.pos]), nil
}

func (r *csvReader) quoted() (string, error) {
	var text strings.Builder
	begin := r.line
	for r.pos++; r.pos < len(r.data); {
		r.steps++
		switch c := r.data[r.pos]; {
		case c == '"' && r.pos+1 < len(r.data) && r.data[r.pos+1] == '"':
			text.WriteByte(c)
			r.pos += 2
		case c == '"':
			r.pos++
			switch {
			case r.pos == len(r.data) || r.data[r.pos] == r.comma || r.lineEnd(r.pos) > 0:
				return text.String(), nil
			case r.line > begin: // it is the quote that begins a field of another row
				return "", errOpenQuote
			}
			return "", errAfterQuote
		case r.lineEnd(r.pos) > 0:
			text.WriteByte('\n')
			r.endLine()
			if r.line > begin+maxQuotedLines {
				return "", errOpenQuote
			}
		default:
			text.WriteByte(c)
			r.pos++
		}
	}
	return "", errOpenQuote
}

// lineEnd returns the length of the line end at i, 0 if there is none.
func (r *csvReader) lineEnd(i int) int {
	switch {
	case r.data[i] == '\n':
		return 1
	case r.data[i] != '\r':
		return 0
	case i+1 < len(r.data) && r.data[i+1] == '\n':
		return 2
	}
	return 1
}

func (r *csvReader) endLine() {
	r.pos += r.lineEnd(r.pos)
	r.line++
}

func (r *csvReader) skipLine() {
	for r.pos < len(r.data) && r.lineEnd(r.pos) == 0 {
		r.pos++
		r.steps++
	}
	if r.pos < len(r.data) {
		r.endLine()
	}
}

// preamble skips the lines that programs put before the titles, and finds the separator: the one that a
// line such as "sep=;" names, else the one of comma, semicolon and tab that the first row has most of.
func (r *csvReader) preamble() {
	for r.pos < len(r.data) {
		begin, line := r.pos, r.line
		r.skipLine()
		text := strings.Trim(strings.TrimRight(string(r.data[begin:r.pos]), "\r\n"), `" `)
		lower := strings.ToLower(text)
		switch {
		case strings.TrimSpace(text) == "", strings.HasPrefix(lower, "#type"): // Export-Csv of PowerShell 5.1
		case strings.HasPrefix(lower, "sep=") && len(text) == len("sep=")+1: // spreadsheets
			r.comma = text[len("sep=")]
		default:
			r.pos, r.line = begin, line
			if r.comma == 0 {
				r.comma = separator(r.data[begin:])
			}
			return
		}
	}
	if r.comma == 0 {
		r.comma = ','
	}
}

func separator(data []byte) byte {
	counts := map[byte]int{}
	quoted := false
	for _, c := range data {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\n' || c == '\r':
			data = nil
		default:
			counts[c]++
		}
		if data == nil {
			break
		}
	}
	best := byte(',')
	for _, c := range []byte(";\t") {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return best
}

// endsLine reports whether the last row has its line end.
func endsLine(data []byte) bool {
	return len(data) == 0 || bytes.HasSuffix(data, []byte("\n")) || bytes.HasSuffix(data, []byte("\r"))
}
