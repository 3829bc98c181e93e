package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/examples/commands/internal/rosterfile"
	"github.com/go-ews/exchange/examples/commands/internal/textfile"
	"github.com/go-ews/exchange/imgroup"
)

// export writes the list as a roster, to a file that only its owner can read, or to standard output.
func (a *app) export(ctx context.Context, files ...string) error {
	items, err := a.client.GetImItemList(ctx, imgroup.ListQuery{})
	if err != nil {
		return err
	}
	roster := imsync.Export(items)
	if roster.Groups == nil {
		roster.Groups = []imsync.Group{}
	}
	if len(files) == 0 {
		return writeJSON(a.process.Stdout, roster)
	}
	file, err := os.OpenFile(files[0], os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // the user names the file
	if err != nil {
		return err
	}
	if err := errors.Join(writeJSON(file, roster), file.Close()); err != nil {
		return err
	}
	fmt.Fprintf(a.process.Stdout, "wrote %d groups to %s\n", len(roster.Groups)+len(roster.DistributionGroups), files[0])
	return nil
}

// readRoster reads a roster in JSON or CSV from a file, or from standard input if the name is "-". A name
// that a roster does not have is an error: a misspelled "contacts" would empty the group with --remove all.
func (a *app) readRoster(name string) (roster imsync.Roster, err error) {
	const most = 16 << 20
	text, name, err := textfile.ReadInput(name, a.process.Stdin, most)
	if err != nil {
		return roster, err
	}
	if roster, err = rosterfile.ParseOne(text); err == nil {
		return roster, nil
	}
	var other struct {
		Version int `json:"version"`
	}
	if json.Unmarshal(text, &other) == nil && other.Version != 0 {
		return roster, fmt.Errorf("%s is a backup or a record of --owned, and no roster: imlist restore reads backups", name)
	}
	return roster, fmt.Errorf("%s: %w", name, err)
}
