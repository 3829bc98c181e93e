package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"

	"github.com/go-ews/exchange/examples/commands/internal/rosterfile"
	"github.com/go-ews/exchange/examples/commands/internal/textfile"
)

// maxInput bounds an input file: some three million rows.
const maxInput = 256 << 20

// input holds the desired lists, and the rows that could not be used.
type input struct {
	name      string // of the file, for people
	mailboxes []mailbox
	problems  []problem
	notes     []problem // remarks that keep nothing from being done
	keepAll   bool      // a problem may be about any mailbox, so nothing may be removed from any
	cut       string    // the reason to believe that the end of the file is missing, "" if there is none
	contacts  int       // members of all groups
}

type (
	mailbox = rosterfile.Mailbox
	problem = rosterfile.Problem
)

// readInput reads a file, or stdin for the name "-": JSON if it begins with a bracket, else CSV.
// The end of ctx ends the wait for a pipe whose other end writes nothing.
func readInput(ctx context.Context, name string, stdin io.Reader) (*input, error) {
	type result struct {
		in  *input
		err error
	}
	read := make(chan result, 1)
	go func() {
		in, err := readAll(name, stdin)
		read <- result{in, err}
	}()
	select {
	case r := <-read:
		return r.in, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func readAll(name string, stdin io.Reader) (*input, error) {
	text, name, err := textfile.ReadInput(name, stdin, maxInput)
	if err != nil {
		return nil, err
	}
	file, err := rosterfile.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	in := newInput(name, file)
	if len(in.mailboxes) == 0 && len(in.problems) == 0 {
		return nil, fmt.Errorf("%s names no mailbox", name)
	}
	return in, nil
}

func newInput(name string, file *rosterfile.File) *input {
	return &input{
		name: name, mailboxes: file.Mailboxes, problems: file.Problems, keepAll: file.KeepAll, cut: file.Cut,
		contacts: file.Contacts(),
	}
}

// mayRemove returns an error if the input must not lead to removals: its end is missing, so it
// lacks rows that were never deleted.
func (in *input) mayRemove() error {
	if in.cut == "" {
		return nil
	}
	return fmt.Errorf("%s looks cut short (%s), and what is missing would be removed: write the file again, "+
		"or run without removal", in.name, in.cut)
}

// key identifies a run: it is resumed only with the same input, and with equal values of about,
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
