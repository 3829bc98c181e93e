package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/examples/commands/internal/textfile"
)

// entry is a mailbox in a JSON file: a roster as imsync has it, with the mailbox's address.
type entry struct {
	Mailbox string `json:"mailbox"`
	imsync.Roster
}

const space = " \t\r\n" // JSON's

// parseJSON reads an array of entries, or entries one after the other, such as one a line. An entry
// that cannot be used is reported and left out. After one that is not JSON, an array cannot be read
// any further; otherwise the next line that begins with a brace begins an entry.
func parseJSON(data []byte) *input {
	p := &jsonParser{in: &input{}, lines: lineCounter{data: data}, byAddress: map[string]int{}, bad: map[string]bool{}}
	if bytes.TrimLeft(data, space)[0] == '[' {
		p.array(data)
	} else {
		for next := 0; next >= 0; {
			next = p.sequence(data, next)
		}
	}
	for address := range p.bad {
		if i, ok := p.byAddress[address]; ok {
			p.in.mailboxes[i].Incomplete = true
		}
	}
	return p.in
}

type jsonParser struct {
	in        *input
	lines     lineCounter
	byAddress map[string]int  // index of the mailbox, by its address in lower case
	bad       map[string]bool // mailboxes with entries that were left out
}

func (p *jsonParser) array(data []byte) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	_, _ = decoder.Token() // the bracket that was just seen
	for decoder.More() {
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err != nil {
			p.broken(data, int(decoder.InputOffset()), err, ", and nothing after it can be read")
			return
		}
		p.entry(int(decoder.InputOffset())-len(raw), raw)
	}
	if _, err := decoder.Token(); err != nil { // the closing bracket
		p.broken(data, int(decoder.InputOffset()), err, ", and nothing after it can be read")
		return
	}
	end := int(decoder.InputOffset())
	if rest := bytes.TrimLeft(data[end:], space); len(rest) > 0 {
		p.in.add(p.lines.at(len(data)-len(rest)), "what follows the closing bracket is not read")
		p.in.keepAll = true
	}
}

// sequence reads entries from begin on and returns where to go on after one that is not JSON, -1 at
// the end.
func (p *jsonParser) sequence(data []byte, begin int) (next int) {
	decoder := json.NewDecoder(bytes.NewReader(data[begin:]))
	for {
		var raw json.RawMessage
		err := decoder.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return -1
		}
		end := begin + int(decoder.InputOffset())
		if err == nil {
			p.entry(end-len(raw), raw)
			continue
		}
		bad := len(data) - len(bytes.TrimLeft(data[end:], space))
		length := bytes.Index(data[bad:], []byte("\n{"))
		if length < 0 {
			p.broken(data, bad, err, ", and nothing after it can be read")
			return -1
		}
		p.broken(data[:bad+length], bad, err, "")
		return bad + length + 1
	}
}

// broken notes where an entry stops being JSON. The decoder's own offsets leave out what lies between
// the entries of an array, so the entry is read once more by itself.
func (p *jsonParser) broken(data []byte, begin int, err error, more string) {
	again := json.NewDecoder(bytes.NewReader(data[begin:])).Decode(&json.RawMessage{})
	at := begin
	if syntax, ok := errors.AsType[*json.SyntaxError](again); ok {
		at += int(syntax.Offset) - 1 // it counts the byte at fault
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		at = len(data)
		err = errors.New("its end is missing")
	}
	p.in.add(p.lines.at(at), "column %d: not JSON%s: %v", p.lines.column(at), more, err)
	p.in.keepAll = true
}

func (p *jsonParser) entry(begin int, raw []byte) {
	line := p.lines.at(begin)
	var e entry
	if bad, ok := errors.AsType[*textfile.JSONError](textfile.DecodeJSON(raw, &e)); ok {
		at := begin + bad.Offset
		p.in.add(p.lines.at(at), "column %d: %s", p.lines.column(at), bad.Reason)
		p.leaveOut(raw)
		return
	}
	if err := checkAddress(e.Mailbox); err != nil {
		p.in.add(line, "%v", err)
		p.leaveOut(raw)
		return
	}
	if reason := rosterProblems(&e.Roster); reason != "" {
		p.in.add(line, "%s: %s", e.Mailbox, reason)
		p.leaveOut(raw)
		return
	}
	key := strings.ToLower(e.Mailbox)
	if _, ok := p.byAddress[key]; ok {
		p.in.add(line, "%s: the mailbox came before: put both rosters into one entry", e.Mailbox)
		p.leaveOut(raw)
		return
	}
	p.byAddress[key] = len(p.in.mailboxes)
	p.in.mailboxes = append(p.in.mailboxes, mailbox{Address: e.Mailbox, Roster: e.Roster})
}

// leaveOut remembers whose entry was bad, for what it wanted must not be pruned.
func (p *jsonParser) leaveOut(raw []byte) {
	var who struct {
		Mailbox string `json:"mailbox"`
	}
	if json.Unmarshal(raw, &who) != nil || checkAddress(who.Mailbox) != nil {
		p.in.keepAll = true
		return
	}
	p.bad[strings.ToLower(who.Mailbox)] = true
}

// lineCounter tells lines, from 1, of offsets that grow.
type lineCounter struct {
	data          []byte
	offset, lines int
}

func (c *lineCounter) at(offset int) int {
	offset = min(offset, len(c.data))
	if offset < c.offset {
		c.offset, c.lines = 0, 0
	}
	c.lines += bytes.Count(c.data[c.offset:offset], []byte("\n"))
	c.offset = offset
	return c.lines + 1
}

// column tells the column, from 1 and in bytes, of an offset.
func (c *lineCounter) column(offset int) int {
	offset = min(offset, len(c.data))
	return offset - bytes.LastIndexByte(c.data[:offset], '\n')
}
