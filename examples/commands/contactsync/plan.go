package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/examples/commands/internal/textfile"
)

const planVersion = 1

// planFile is the file that plan writes and apply reads.
type planFile struct {
	Version   int        `json:"version"`
	Made      time.Time  `json:"made"`
	Server    string     `json:"server"`
	Account   string     `json:"account,omitempty"`
	Input     string     `json:"input,omitempty"`
	Options   runOptions `json:"options"`
	Mailboxes []planned  `json:"mailboxes"` // those that change
	Found     int        `json:"found"`     // memberships in the lists of all mailboxes of the input
}

// writePlan writes the plans of a run to --out, whole or not at all.
func (e *engine) writePlan(ctx context.Context, run *runRecord) (err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	f, err := os.CreateTemp(filepath.Dir(e.out), filepath.Base(e.out)+".*") // readable by its owner only
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("--out: %w", err), os.Remove(f.Name())) //nolint:gosec // it was just made
		}
	}()
	w := bufio.NewWriter(f)
	n, err := e.encodePlan(ctx, w, run)
	if err = errors.Join(err, w.Flush(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), e.out); err != nil { //nolint:gosec // likewise
		return err
	}
	fmt.Fprintf(e.stdout, "%s has the plans of the %d mailboxes that would change\n", e.out, n)
	return nil
}

// encodePlan writes the file a mailbox at a time, since all plans may need much memory.
func (e *engine) encodePlan(ctx context.Context, w io.Writer, run *runRecord) (mailboxes int, err error) {
	head, err := json.Marshal(planFile{
		Version: planVersion, Made: run.Begun.UTC().Truncate(time.Second), Server: run.Server, Account: run.Account,
		Input: run.Input, Options: run.Options, Mailboxes: []planned{},
	})
	if err != nil {
		return 0, err
	}
	const tail = `],"found":0}` // the text after the empty array
	if _, err := w.Write(head[:len(head)-len(tail)]); err != nil {
		return 0, err
	}
	between, found := "\n", 0
	err = e.queue.records().plans(ctx, run.ID, func(p planned) error {
		found += p.Found
		if p.Steps == 0 {
			return nil
		}
		line, err := json.Marshal(p)
		if err != nil {
			return err
		}
		mailboxes++
		_, err = io.WriteString(w, between+string(line))
		between = ",\n"
		return err
	})
	if err != nil {
		return 0, err
	}
	_, err = fmt.Fprintf(w, "\n],\"found\":%d}\n", found)
	return mailboxes, err
}

// readPlan reads a file that writePlan wrote.
func readPlan(name string) (*planFile, error) {
	const most = 1 << 30
	data, err := textfile.Read(name, most)
	if err != nil {
		return nil, err
	}
	file := &planFile{}
	if err := textfile.DecodeJSON(data, file); err != nil {
		return nil, fmt.Errorf("%s is no plan: %w", name, err)
	}
	if file.Version != planVersion {
		return nil, fmt.Errorf("%s: the plan has version %d, and this program reads version %d: "+
			"is it a file of contactsync plan?", name, file.Version, planVersion)
	}
	return file, nil
}

// haltedError reports that the plans of a file remove more than is allowed, so that no run was begun.
type haltedError struct {
	brake *brake
	sum   *summary
}

func (e *haltedError) Error() string { return "more would be removed than is allowed" }

// halt reports on plans that are not carried out.
func (e *engine) halt(halted *haltedError) (status int, err error) {
	halted.sum.write(e.stdout, e.stderr, 0)
	halted.brake.write(e.stderr, true)
	if err := e.writeReport(halted.sum); err != nil {
		return statusGaveUp, err
	}
	return statusHalted, nil
}

// beginApply queues the plans of a file.
func (e *engine) beginApply(ctx context.Context, server string) (*runRecord, error) {
	file, err := readPlan(e.input)
	if err != nil {
		return nil, err
	}
	if file.Server != server {
		return nil, fmt.Errorf("%s is a plan for the server %s, and --endpoint is %s", e.input, file.Server, server)
	}
	run := e.record(commandApply, server, e.input)
	run.Options.Remove, run.Options.Adopt = file.Options.Remove, file.Options.Adopt
	b, sum := &brake{Limit: e.maxRemovals}, &summary{Run: run, Begun: time.Now()}
	jobs := make([]job, len(file.Mailboxes))
	for i, p := range file.Mailboxes {
		steps := &imsync.Plan{}
		if err := json.Unmarshal(p.Plan, steps); err != nil {
			return nil, fmt.Errorf("%s: mailbox %s: %w", e.input, p.Mailbox, err)
		}
		p.Removals = removals(*steps) // the number in the file does not count
		b.add(p)
		sum.planned++
		sum.Plans = append(sum.Plans, plan{p.Mailbox, steps.String()})
		jobs[i] = e.job(syncArgs{Mailbox: p.Mailbox, Plan: steps})
	}
	if len(jobs) == 0 {
		return nil, nil //nolint:nilnil // there is nothing to do
	}
	b.total(max(b.Found, file.Found))
	if b.exceeded() && !e.allowRemovals {
		run.Phase = phaseHalted
		return nil, &haltedError{b, sum}
	}
	return e.enqueue(ctx, run, &input{}, jobs, file)
}

// beginRestore queues the mailboxes that a run has backups of.
func (e *engine) beginRestore(ctx context.Context, server string) (*runRecord, error) {
	from, err := e.queue.records().run(ctx, e.from)
	if err != nil {
		return nil, err
	}
	if from.Server != server {
		return nil, fmt.Errorf("run %s was one of the server %s, and --endpoint is %s", from.ID, from.Server, server)
	}
	backedUp, err := e.queue.records().backedUp(ctx, from.ID)
	if err != nil {
		return nil, err
	}
	mailboxes, err := choose(backedUp, e.only)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", from.ID, err)
	}
	if len(mailboxes) == 0 {
		return nil, nil //nolint:nilnil // it removed nothing
	}
	jobs := make([]job, len(mailboxes))
	for i, mailbox := range mailboxes {
		jobs[i] = e.job(syncArgs{Mailbox: mailbox, From: from.ID})
	}
	return e.enqueue(ctx, e.record(commandRestore, server, "run "+from.ID), &input{}, jobs, mailboxes)
}
