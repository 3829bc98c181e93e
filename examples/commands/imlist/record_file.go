package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/examples/commands/internal/textfile"
)

// recordFile is the file of --owned, which has the ownership records of mailboxes.
type recordFile struct{ name, mailbox string }

// records are its content, by mailbox.
type records struct {
	Version   int                          `json:"version"`
	Mailboxes map[string]*imsync.Ownership `json:"mailboxes"`
}

const (
	recordsVersion = 1
	maxFile        = 64 << 20
	lockPatience   = 10 * time.Second
	lockExpiry     = time.Minute // of a lock whose process was killed: it is held for milliseconds
)

// load returns the record of the mailbox, nil if there is none, and reports whether the file exists.
func (f recordFile) load() (owned *imsync.Ownership, exists bool, err error) {
	all, exists, err := f.read()
	if err != nil {
		return nil, exists, err
	}
	return all.Mailboxes[f.mailbox], exists, nil
}

func (f recordFile) read() (all records, exists bool, err error) {
	all = records{Version: recordsVersion, Mailboxes: map[string]*imsync.Ownership{}}
	data, err := textfile.Read(f.name, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return all, false, nil
	}
	if err != nil {
		return all, true, err
	}
	all = records{}
	if err := json.Unmarshal(data, &all); err != nil {
		return all, true, fmt.Errorf("%s is no file of --owned: %w", f.name, err)
	}
	if all.Version != recordsVersion || all.Mailboxes == nil {
		return all, true, fmt.Errorf("%s has version %d, and this program reads version %d: is it a file of --owned?",
			f.name, all.Version, recordsVersion)
	}
	for mailbox, owned := range all.Mailboxes {
		if owned == nil {
			return all, true, fmt.Errorf("%s: the record of mailbox %s is empty", f.name, printable(mailbox))
		}
	}
	return all, true, nil
}

// save replaces the record of the mailbox. Other processes may write those of others meanwhile.
func (f recordFile) save(ctx context.Context, owned *imsync.Ownership) (err error) {
	unlock, err := f.lock(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	all, _, err := f.read()
	if err != nil {
		return err
	}
	all.Mailboxes[f.mailbox] = owned
	return replaceFile(f.name, all)
}

// lock keeps other processes from writing the file.
func (f recordFile) lock(ctx context.Context) (unlock func() error, err error) {
	name := f.name + ".lock"
	ctx, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	for {
		file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the user names the file
		if err == nil {
			return func() error { return os.Remove(name) }, file.Close()
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		if info, err := os.Stat(name); err == nil && time.Since(info.ModTime()) > lockExpiry {
			_ = os.Remove(name) // the next attempt says if that failed
			continue
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%s is in use: remove %s if no other imlist runs", f.name, name)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// replaceFile writes a file in JSON, for its owner alone. A crash leaves the old one or the new one.
func replaceFile(name string, v any) (err error) {
	file, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	if err = writeAndClose(file, v); err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
	return err
}

// newFile writes a file in JSON, for its owner alone. It never replaces one.
func newFile(name string, v any) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the user names the file
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already, and a backup is never replaced: name another file", name)
	}
	if err != nil {
		return err
	}
	return writeAndClose(file, v)
}

// writeAndClose writes JSON and waits until it is on the disk.
func writeAndClose(file *os.File, v any) error {
	var text bytes.Buffer
	err := writeJSON(&text, v)
	if err == nil {
		_, err = file.Write(text.Bytes())
	}
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}
