package rosterfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/examples/commands/internal/textfile"
)

// entry is a mailbox in a JSON file: a roster as imsync has it, with the mailbox's address.
type entry struct {
	Mailbox string `json:"mailbox"`
	imsync.Roster
}

// maxDepth bounds how deep the braces and brackets of an entry may be nested; a roster needs 5. An entry
// whose end is missing is read again from its next line on: with the bound, no byte is read more often.
const maxDepth = 16

// parseJSON reads an array of entries, or entries one after the other, such as one a line. An entry
// that cannot be used is reported and left out. After one that is not JSON, an array cannot be read
// any further; otherwise the next line that begins with a brace begins an entry.
func parseJSON(data []byte) (*File, error) {
	p := newJSONParser(data)
	err := p.parse()
	for address := range p.bad {
		if i, ok := p.byAddress[address]; ok {
			p.file.Mailboxes[i].Incomplete = true
		}
	}
	return p.file, err
}

func newJSONParser(data []byte) *jsonParser {
	return &jsonParser{
		data: data, file: &File{}, lines: lineCounter{data: data}, byAddress: map[string]int{}, bad: map[string]bool{},
	}
}

type jsonParser struct {
	data      []byte
	file      *File
	lines     lineCounter
	byAddress map[string]int  // index of the mailbox, by its address in lower case
	bad       map[string]bool // mailboxes with entries that were left out
	steps     int             // bytes looked at for the ends of entries: a test counts them
}

// parse reads all entries. An error means that none of them can be trusted.
func (p *jsonParser) parse() error {
	at := p.skipSpace(0)
	array := p.data[at] == '['
	if array {
		at++
	}
	for entries, comma := 0, false; ; entries++ {
		at = p.skipSpace(at)
		switch {
		case at == len(p.data):
			p.atEnd(array, entries)
			return nil
		case array && p.data[at] == ']' && !comma:
			p.afterBracket(at + 1)
			return nil
		}
		next, err := p.entry(at)
		bad, isJSONError := errors.AsType[*textfile.JSONError](err)
		switch {
		case isJSONError && bad.Repeated:
			line, column := p.lines.at(at + bad.Offset)
			return fmt.Errorf("line %d, column %d: %s", line, column, bad.Reason)
		case isJSONError && array:
			p.broken(at, bad, ", and nothing after it can be read")
			return nil
		case isJSONError:
			p.broken(at, bad, "")
		}
		at, comma = next, false
		if array {
			if at = p.skipSpace(at); at < len(p.data) && p.data[at] == ',' {
				at, comma = at+1, true
			} else if at < len(p.data) && p.data[at] != ']' {
				p.broken(at, &textfile.JSONError{Reason: "a comma is missing"}, ", and nothing after it can be read")
				return nil
			}
		}
	}
}

func (p *jsonParser) skipSpace(at int) int {
	return len(p.data) - len(bytes.TrimLeft(p.data[at:], space))
}

// atEnd notes that the end of the text is missing.
func (p *jsonParser) atEnd(array bool, entries int) {
	switch {
	case array:
		p.broken(len(p.data), &textfile.JSONError{Reason: "the closing bracket is missing"}, "")
		p.cut("the closing bracket is missing")
	case entries > 1 && !endsLine(p.data):
		p.cut("the last line has no line end")
	}
}

func (p *jsonParser) cut(why string) {
	if p.file.Cut == "" {
		p.file.Cut = why
	}
}

func (p *jsonParser) afterBracket(at int) {
	if at = p.skipSpace(at); at < len(p.data) {
		line, _ := p.lines.at(at)
		p.file.add(line, "what follows the closing bracket is not read")
		p.file.KeepAll = true
	}
}

// broken notes that the entry at begin is not JSON.
func (p *jsonParser) broken(begin int, err *textfile.JSONError, more string) {
	line, column := p.lines.at(begin + err.Offset)
	p.file.add(line, "column %d: not JSON%s: %s", column, more, err.Reason)
	p.file.KeepAll = true
}

// entry reads the entry at begin and returns where to go on. A [*textfile.JSONError] means that it is no
// JSON object, or has two values of one name.
func (p *jsonParser) entry(begin int) (next int, err error) {
	end, whole := p.entryEnd(begin)
	raw := p.data[begin:end]
	var e entry
	bad, ok := errors.AsType[*textfile.JSONError](textfile.DecodeJSON(raw, &e))
	switch {
	case !ok:
		line, _ := p.lines.at(begin)
		p.add(line, &e, raw)
	case bad.Repeated:
		return end, bad
	case whole && json.Valid(raw):
		line, column := p.lines.at(begin + bad.Offset)
		p.file.add(line, "column %d: %s", column, bad.Reason)
		p.leaveOut(raw)
	default:
		if end == len(p.data) && !whole && bad.Offset == len(bytes.TrimRight(raw, space)) {
			bad.Offset, bad.Reason = 0, "the end of this entry is missing"
			p.cut(bad.Reason)
		}
		return p.nextEntry(begin), bad
	}
	return end, nil
}

// nextEntry returns the next line that begins with a brace, or the end of the text.
func (p *jsonParser) nextEntry(begin int) int {
	length := bytes.Index(p.data[begin:], []byte("\n{"))
	if length < 0 {
		return len(p.data)
	}
	return begin + length + 1
}

// entryEnd returns where the entry that begins there ends, and whether its braces are closed.
func (p *jsonParser) entryEnd(begin int) (end int, whole bool) {
	if p.data[begin] != '{' {
		return begin + 1, false
	}
	depth, quoted := 0, false
	for i := begin; i < len(p.data); i++ {
		p.steps++
		switch c := p.data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted && c == '\n':
			return i, false
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return i, false
			}
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return i + 1, true
			}
		}
	}
	return len(p.data), false
}

func (p *jsonParser) add(line int, e *entry, raw []byte) {
	key := strings.ToLower(e.Mailbox)
	_, again := p.byAddress[key]
	err, reason := CheckAddress(e.Mailbox), RosterProblems(&e.Roster)
	switch {
	case err != nil:
		p.file.add(line, "%v", err)
	case reason != "":
		p.file.add(line, "%s: %s", e.Mailbox, reason)
	case again:
		p.file.add(line, "%s: the mailbox came before: put both rosters into one entry", e.Mailbox)
	default:
		p.byAddress[key] = len(p.file.Mailboxes)
		p.file.Mailboxes = append(p.file.Mailboxes, Mailbox{Address: e.Mailbox, Roster: e.Roster})
		return
	}
	p.leaveOut(raw)
}

// leaveOut remembers the mailbox of a bad entry, whose contacts must not be removed.
func (p *jsonParser) leaveOut(raw []byte) {
	var who struct {
		Mailbox string `json:"mailbox"`
	}
	if json.Unmarshal(raw, &who) != nil || CheckAddress(who.Mailbox) != nil {
		p.file.KeepAll = true
		return
	}
	p.bad[strings.ToLower(who.Mailbox)] = true
}

// lineCounter returns lines and columns of offsets, in linear time as long as these grow.
type lineCounter struct {
	data                []byte
	offset, begin, line int // begin is that of the line, which counts from 0
}

// at returns the line and the column, from 1 and in bytes, of an offset.
func (c *lineCounter) at(offset int) (line, column int) {
	offset = min(offset, len(c.data))
	if offset < c.offset {
		c.offset, c.begin, c.line = 0, 0, 0
	}
	passed := c.data[c.offset:offset]
	c.line += bytes.Count(passed, []byte("\n"))
	if i := bytes.LastIndexByte(passed, '\n'); i >= 0 {
		c.begin = c.offset + i + 1
	}
	c.offset = offset
	return c.line + 1, offset - c.begin + 1
}
