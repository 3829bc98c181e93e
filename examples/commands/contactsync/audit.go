package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
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

// note notes a write that is about to be sent, unless another attempt has taken over the mailbox.
func (r records) note(ctx context.Context, e *auditEntry, server, holder string) (id string, err error) {
	id = fmt.Sprintf("%020d-%s", e.Time.UnixNano(), rand.Text()[:6])
	return id, r.change(ctx, "noting a write", `INSERT INTO sync_audit
		(id, run, mailbox, at, operation, what, request, result)
		SELECT $1, $2, $3, CAST($4 AS BIGINT), $5, $6, '', $7 FROM sync_owned WHERE server = $8 AND mailbox = $3 AND holder = $9`,
		id, e.Run, e.Mailbox, e.Time.UnixMilli(), e.Operation, e.What, resultSent, server, holder)
}

// complete notes the result of a write.
func (r records) complete(ctx context.Context, id string, e *auditEntry) error {
	request, err := json.Marshal([]string{e.RequestID, e.ClientRequestID})
	if err != nil {
		return err
	}
	return r.keep(ctx, "noting the result of a write",
		`UPDATE sync_audit SET request = $1, result = $2 WHERE id = $3`, string(request), e.Result, id)
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
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, ownerOnly) //nolint:gosec // the command line names it
	if err != nil {
		return nil, fmt.Errorf("--audit: %w", err)
	}
	return &auditFile{file: file}, nil
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
		return fmt.Errorf("--audit: %w", err)
	}
	return nil
}

func (f *auditFile) close() error {
	if f == nil {
		return nil
	}
	return f.file.Close()
}
