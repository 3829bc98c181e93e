package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/go-ews/exchange/ews"
)

// auditEntry is one write: a line of JSON in the file of --audit, and a row in the database.
type auditEntry struct {
	Time      time.Time `json:"time"` // when it was sent
	Run       string    `json:"run"`
	Mailbox   string    `json:"mailbox"`
	Operation string    `json:"operation"`
	What      string    `json:"what"`

	// RequestID is the server's id of the request, as in its logs; ClientRequestID is ours.
	RequestID       string `json:"requestId,omitempty"`
	ClientRequestID string `json:"clientRequestId,omitempty"`

	Result string `json:"result"`

	id string // of the row
}

// The results of a write. In the file of --audit each write has its final one.
const (
	resultDone    = "done"
	resultSent    = "sent"     // the process ended before it noted the result
	resultFailed  = "failed: " // with the reason
	resultUnknown = "unknown: "
)

func resultOf(err error) string {
	switch {
	case err == nil:
		return resultDone
	case errors.Is(err, ews.ErrOutcomeUnknown):
		return resultUnknown + err.Error()
	}
	return resultFailed + err.Error()
}

// newEntry returns the entry of a write that is about to be sent.
func newEntry(run, mailbox, operation, what string) *auditEntry {
	now := time.Now().UTC()
	return &auditEntry{
		Time: now, Run: run, Mailbox: mailbox, Operation: operation, What: what,
		id: fmt.Sprintf("%020d-%s", now.UnixNano(), rand.Text()[:6]),
	}
}

// requestIDs returns the ids of the request as the database has them.
func (e *auditEntry) requestIDs() string {
	text, _ := json.Marshal([]string{e.RequestID, e.ClientRequestID}) // strings have a JSON form
	return string(text)
}

// note notes a write that is about to be sent, unless another attempt has taken over the mailbox. The
// result of the write before goes with it, so that a write costs one transaction; nil if there is none.
func (r records) note(ctx context.Context, e, before *auditEntry, server, holder string) error {
	rows := int64(2)
	if before == nil {
		before, rows = &auditEntry{}, 1
	}
	n, err := r.execute(ctx, "noting a write", `INSERT INTO sync_audit
		(id, run, mailbox, at, operation, what, request, result)
		SELECT $1, $2, $3, CAST($4 AS BIGINT), $5, $6, '', $7 FROM sync_owned
			WHERE server = $8 AND mailbox = $3 AND holder = $9
		UNION ALL SELECT id, run, mailbox, at, operation, what, $10, $11 FROM sync_audit WHERE id = $12
		ON CONFLICT (id) DO UPDATE SET request = excluded.request, result = excluded.result`,
		e.id, e.Run, e.Mailbox, e.Time.UnixMilli(), e.Operation, e.What, resultSent, server, holder,
		before.requestIDs(), before.Result, before.id)
	if err == nil && n < rows {
		err = errTakenOver
	}
	return err
}

// complete notes the result of a write.
func (r records) complete(ctx context.Context, e *auditEntry) error {
	return r.keep(ctx, "noting the result of a write",
		`UPDATE sync_audit SET request = $1, result = $2 WHERE id = $3`, e.requestIDs(), e.Result, e.id)
}

// results are those of writes that the database could not take, because it was away.
type results struct {
	mu   sync.Mutex
	late []*auditEntry
}

// settle notes the results of writes, and those that are late. What cannot be noted now is late from then on.
func (w *worker) settle(ctx context.Context, last ...*auditEntry) error {
	w.results.mu.Lock()
	entries := w.results.late
	w.results.late = nil
	w.results.mu.Unlock()
	entries = append(entries, last...)
	for i, e := range entries {
		// There is no row of a write that was not sent, as a rule.
		if err := w.records.complete(ctx, e); err != nil && !errors.Is(err, errTakenOver) {
			w.results.mu.Lock()
			defer w.results.mu.Unlock()
			w.results.late = append(w.results.late, entries[i:]...)
			return fmt.Errorf("the results of %d writes are not noted: %w", len(w.results.late), err)
		}
	}
	return nil
}

// writes calls f for each write of a run, in the order in which they were sent.
func (r records) writes(ctx context.Context, run string, f func(auditEntry) error) (err error) {
	rows, err := r.db.QueryContext(ctx, `SELECT mailbox, at, operation, what, request, result FROM sync_audit
		WHERE run = $1 ORDER BY id`, run)
	if err != nil {
		return fmt.Errorf("reading the writes: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		e, at, request := auditEntry{Run: run}, int64(0), ""
		if err := rows.Scan(&e.Mailbox, &at, &e.Operation, &e.What, &request, &e.Result); err != nil {
			return err
		}
		e.Time = time.UnixMilli(at).UTC()
		ids := []string{"", ""}
		if request != "" {
			if err := json.Unmarshal([]byte(request), &ids); err != nil || len(ids) != 2 {
				return fmt.Errorf("a write of run %s: its request ids: %w", run, err)
			}
		}
		e.RequestID, e.ClientRequestID = ids[0], ids[1]
		if err := f(e); err != nil {
			return err
		}
	}
	return rows.Err()
}

// auditFile is the file of --audit. A nil one ignores all writes.
type auditFile struct {
	mu   sync.Mutex
	file *os.File
}

// openAudit opens a file for appending; "" is none.
func openAudit(name string) (*auditFile, error) {
	if name == "" {
		return nil, nil //nolint:nilnil // a nil file ignores all writes
	}
	const ownerOnly = 0o600
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, ownerOnly) //nolint:gosec // the command line names it
	if err == nil {
		err = endLine(file)
	}
	if err != nil {
		return nil, fmt.Errorf("--audit: %w", err)
	}
	return &auditFile{file: file}, nil
}

// endLine ends the last line of a file, which is cut where a disk was full or a process was killed.
func endLine(file *os.File) error {
	end, err := file.Seek(0, io.SeekEnd)
	if err != nil || end == 0 {
		return nil //nolint:nilerr // a pipe has no lines of earlier runs
	}
	last := []byte{0}
	if _, err := file.ReadAt(last, end-1); err != nil || last[0] == '\n' {
		return nil //nolint:nilerr // such as a terminal
	}
	_, err = file.WriteString("\n")
	return err
}

func (f *auditFile) append(e *auditEntry) error {
	if f == nil {
		return nil
	}
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := f.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("--audit: %w; the database has the write as well: contactsync audit --run %s", err, e.Run)
	}
	return nil
}

func (f *auditFile) close() error {
	if f == nil {
		return nil
	}
	return f.file.Close()
}
