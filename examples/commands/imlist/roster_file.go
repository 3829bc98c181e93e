package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// exportRoster writes the list as a roster, to a file that only its owner can read, or to standard
// output.
func exportRoster(ctx context.Context, a *app, args []string) error {
	items, err := a.client.GetImItemList(ctx, imgroup.ListQuery{})
	if err != nil {
		return err
	}
	roster := imsync.Export(items)
	if len(args) == 0 {
		return writeJSON(a.out, roster)
	}
	file, err := os.OpenFile(args[0], os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // the user names the file
	if err != nil {
		return err
	}
	if err := errors.Join(writeJSON(file, roster), file.Close()); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "wrote %d groups to %s\n", len(roster.Groups)+len(roster.DistributionGroups), args[0])
	return nil
}

// readRoster reads a roster. A name that it does not have is an error: a misspelled "contacts" would
// empty the group with -prune.
func readRoster(name string) (roster imsync.Roster, err error) {
	file, err := os.Open(name) //nolint:gosec // the user names the file
	if err != nil {
		return roster, err
	}
	defer func() { _ = file.Close() }() // was only read
	const most = 16 << 20
	in := &io.LimitedReader{R: file, N: most + 1}
	dec := json.NewDecoder(in)
	dec.DisallowUnknownFields()
	err = dec.Decode(&roster)
	if err == nil {
		if _, more := dec.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows the roster")
		}
	}
	switch {
	case in.N <= 0:
		return roster, fmt.Errorf("%s: larger than %d MiB, which is no roster", name, most>>20)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return roster, fmt.Errorf("%s: the JSON ends too early", name)
	case err != nil:
		return roster, fmt.Errorf("%s: byte %d: %w", name, dec.InputOffset(), err)
	}
	return roster, nil
}
