package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/examples/commands/internal/textfile"
)

// maxInput bounds an input file: some three million rows.
const maxInput = 256 << 20

// input is what is wanted, and what of the file could not be understood.
type input struct {
	mailboxes []mailbox
	problems  []problem
	keepAll   bool // a problem may be about any mailbox, so nothing may be removed
}

// mailbox is a mailbox with the list that it is to have.
type mailbox struct {
	Address string        `json:"mailbox"`
	Roster  imsync.Roster `json:"roster"`

	// Incomplete says that a row of it was bad. What that row wanted must not be pruned.
	Incomplete bool `json:"incomplete,omitempty"`
}

// problem is a row, or a JSON object, that is left out.
type problem struct {
	Line   int
	Reason string
}

func (p problem) String() string { return fmt.Sprintf("line %d: %s", p.Line, p.Reason) }

func (in *input) add(line int, format string, args ...any) {
	in.problems = append(in.problems, problem{line, fmt.Sprintf(format, args...)})
}

// readInput reads a file: JSON if it begins with a bracket, else CSV.
func readInput(name string) (*input, error) {
	data, err := textfile.Read(name, maxInput)
	if err != nil {
		return nil, err
	}
	in := parseInput(data)
	if len(in.mailboxes) == 0 && len(in.problems) == 0 {
		return nil, fmt.Errorf("%s names no mailbox", name)
	}
	return in, nil
}

func parseInput(data []byte) *input {
	text := bytes.TrimLeft(data, space)
	if len(text) > 0 && (text[0] == '[' || text[0] == '{') {
		return parseJSON(data)
	}
	return parseCSV(data)
}

// key tells runs apart: one is resumed only with the same input, and the same of what else it is about,
// such as the server.
func (in *input) key(about ...any) (string, error) {
	hash := sha256.New()
	encoder := json.NewEncoder(hash) // one mailbox after the other: all of them as one text need memory
	if err := encoder.Encode(about); err != nil {
		return "", err
	}
	for _, m := range in.mailboxes {
		if err := encoder.Encode(m); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// checkAddress says what is wrong with the address of a mailbox.
func checkAddress(address string) error {
	local, domain, ok := strings.Cut(address, "@")
	switch {
	case address == "":
		return errors.New("no mailbox")
	case !ok || local == "" || domain == "" || strings.Contains(domain, "@") ||
		strings.ContainsFunc(address, func(r rune) bool {
			return unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar
		}):
		return fmt.Errorf("mailbox %q is no SMTP address", address)
	}
	return nil
}
