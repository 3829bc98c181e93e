package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/go-ews/exchange/ews/imsync"
)

// entry is a mailbox in a JSON file: a roster as imsync has it, with the mailbox's address.
type entry struct {
	Mailbox string `json:"mailbox"`
	imsync.Roster
}

// parseJSON reads an array of entries, or entries one after the other, such as one a line. An entry
// that cannot be used is reported and left out; after one that is not JSON nothing can be read.
func parseJSON(data []byte) *input {
	in := &input{}
	seen := map[string]bool{}
	decoder := json.NewDecoder(bytes.NewReader(data))
	array := bytes.TrimLeft(data, " \t\r\n")[0] == '['
	if array {
		_, _ = decoder.Token() // the bracket that was just seen
	}
	for {
		if array && !decoder.More() {
			if _, err := decoder.Token(); err != nil { // the closing bracket
				in.broken(data, decoder, err)
			}
			return in
		}
		var raw json.RawMessage
		err := decoder.Decode(&raw)
		if errors.Is(err, io.EOF) && !array {
			return in
		}
		if err != nil {
			in.broken(data, decoder, err)
			return in
		}
		in.entry(lineAt(data, decoder.InputOffset()-int64(len(raw))), raw, seen)
	}
}

// broken notes where the file stops being JSON.
func (in *input) broken(data []byte, decoder *json.Decoder, err error) {
	offset := decoder.InputOffset()
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = syntax.Offset
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		offset = int64(len(data))
		err = errors.New("the file ends in the middle")
	}
	in.add(lineAt(data, offset), "not JSON, and nothing after it can be read: %v", err)
	in.keepAll = true
}

func (in *input) entry(line int, raw []byte, seen map[string]bool) {
	var e entry
	strict := json.NewDecoder(bytes.NewReader(raw))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&e); err != nil {
		in.add(line, "%s", strings.TrimPrefix(err.Error(), "json: "))
		return
	}
	if err := checkAddress(e.Mailbox); err != nil {
		in.add(line, "%v", err)
		return
	}
	if reason := rosterProblems(&e.Roster); reason != "" {
		in.add(line, "%s: %s", e.Mailbox, reason)
		return
	}
	key := strings.ToLower(e.Mailbox)
	if seen[key] {
		in.add(line, "%s: the mailbox came before: put both rosters into one entry", e.Mailbox)
		return
	}
	seen[key] = true
	in.mailboxes = append(in.mailboxes, mailbox{Address: e.Mailbox, Roster: e.Roster})
}

// lineAt returns the line of an offset, from 1.
func lineAt(data []byte, offset int64) int {
	return bytes.Count(data[:min(max(offset, 0), int64(len(data)))], []byte("\n")) + 1
}
