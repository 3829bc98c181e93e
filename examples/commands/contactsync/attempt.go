package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/directory"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// errPlanned ends an attempt that made a plan: the job continues when the plans of all mailboxes
// are made.
var errPlanned = errors.New("planned")

// plannedFor is the delay of a planned job, unless it is released. A delay of more than a year
// distinguishes it from jobs that wait for a busy server.
const plannedFor = 10 * 365 * 24 * time.Hour

// unlimited leaves the limits of removals to the run.
var unlimited = imsync.Limit{AtLeast: math.MaxInt}

// attempt is an attempt at a mailbox. It is the client that imsync works with, and notes every write.
type attempt struct {
	*ews.Client // of the mailbox

	worker  *worker
	mailbox string // in lower case
	holder  string // of the mailbox's record, see records
	list    *imgroup.ItemList
	again   bool              // the list serves the next read as well
	use     directory.Use     // of the list, before the run wrote to it; "": not known yet
	names   map[string]string // of groups and contacts, by id
	last    *auditEntry       // the last write; its result is not noted yet
}

func newAttempt(w *worker, job *river.Job[syncArgs]) *attempt {
	return &attempt{
		Client: w.client.Impersonate(ews.PrimarySMTP(job.Args.Mailbox)), worker: w,
		mailbox: strings.ToLower(job.Args.Mailbox), names: map[string]string{}, use: outcomeOf(job.JobRow).Use,
		holder: fmt.Sprintf("%s job %d of %s, attempt %d", time.Now().UTC().Format(time.RFC3339Nano), job.ID,
			processOf(job), job.Attempt),
	}
}

// processOf returns the process that works on a job.
func processOf(job *river.Job[syncArgs]) string {
	if n := len(job.AttemptedBy); n > 0 {
		return job.AttemptedBy[n-1]
	}
	return ""
}

// take makes this attempt the one that may write to the mailbox, and returns the ownership record.
// A dry run only reads it.
func (a *attempt) take(ctx context.Context) (*imsync.Ownership, error) {
	if a.worker.run.Options.DryRun {
		return a.worker.records.owned(ctx, a.worker.run.Server, a.mailbox)
	}
	return a.worker.records.take(ctx, a.worker.run.Server, a.mailbox, a.holder)
}

func (a *attempt) save(ctx context.Context, owned *imsync.Ownership) error {
	return a.worker.records.keepOwned(ctx, a.worker.run.Server, a.mailbox, a.holder, owned)
}

func (a *attempt) backUp(ctx context.Context, backup *imsync.Backup) error {
	return a.worker.records.keepBackup(ctx, a.worker.run.ID, a.mailbox, backup)
}

// memberships returns how many memberships a list has, as limits of removals count them.
func memberships(list *imgroup.ItemList) (n int) {
	if list == nil {
		return 0
	}
	for _, g := range list.Groups {
		if !g.GroupType.BuiltIn() {
			n += max(1, len(g.Members))
		}
	}
	return n
}

// removals returns how many memberships a plan removes.
func removals(plan imsync.Plan) (n int) {
	for _, s := range plan.Steps {
		switch {
		case s.Kind == imsync.RemoveGroup:
			n += max(1, s.Members)
		case s.Kind.Removes():
			n++
		}
	}
	return n
}

func (a *attempt) GetImItemList(ctx context.Context, query imgroup.ListQuery) (*imgroup.ItemList, error) {
	if a.again {
		a.again = false
		return a.list, nil
	}
	list, err := a.Client.GetImItemList(ctx, query)
	if err != nil || list == nil {
		return list, err
	}
	a.list = list
	for i := range list.Groups {
		a.names[list.Groups[i].ExchangeStoreID.ID] = list.Groups[i].DisplayName
	}
	for i := range list.Personas {
		p := &list.Personas[i]
		if id, ok := p.ContactID(); ok {
			a.names[id.ID] = addressOf(p)
		}
	}
	return list, nil
}

// addressOf returns the address of a contact, or its number, for people.
func addressOf(p *imgroup.Persona) string {
	for _, text := range []string{imgroup.BareAddress(p.ImAddress), p.EmailAddress.Address, p.PhoneNumber.Number} {
		if text != "" {
			return text
		}
	}
	return p.DisplayName
}

// name returns the name of a group or a contact, else its id.
func (a *attempt) name(id string) string {
	if name := a.names[id]; name != "" {
		return name
	}
	return id
}

// write notes a write, sends it, and notes its result with the next write, or at the end of the attempt. If
// it cannot be noted, it is not sent.
func (a *attempt) write(ctx context.Context, operation, what string, send func(context.Context) error) error {
	w := a.worker
	entry := newEntry(w.run.ID, a.mailbox, operation, what)
	if err := w.records.note(ctx, entry, a.last, w.run.Server, a.holder); err != nil {
		// The database may have noted it all the same.
		entry.Result = resultFailed + "not sent, since it could not be noted: " + err.Error()
		a.settle(ctx, entry)
		return err
	}
	var info ews.ResponseInfo
	err := send(ews.WithResponseInfo(ctx, &info))
	entry.RequestID, entry.ClientRequestID = info.RequestID, info.ClientRequestID
	entry.Result = resultOf(err)
	a.last = entry
	if failed := w.audit.append(entry); failed != nil {
		w.giveUp(failed)
	}
	return err
}

// settle notes the result of the last write of the attempt, and those of others.
func (a *attempt) settle(ctx context.Context, others ...*auditEntry) {
	if a.last != nil {
		others = append(others, a.last)
		a.last = nil
	}
	if len(others) == 0 {
		return
	}
	if err := a.worker.settle(ctx, others...); err != nil {
		a.worker.logger.WarnContext(ctx, "the result of a write will be noted later", slog.Any("error", err))
	}
}

func (a *attempt) AddImGroup(ctx context.Context, name string) (g *imgroup.ImGroup, err error) {
	err = a.write(ctx, "AddImGroup", fmt.Sprintf("group %q", name), func(ctx context.Context) (err error) {
		g, err = a.Client.AddImGroup(ctx, name)
		if err == nil {
			a.names[g.ExchangeStoreID.ID] = name
		}
		return err
	})
	return g, err
}

func (a *attempt) SetImGroup(ctx context.Context, group imgroup.GroupID, name string) error {
	what := fmt.Sprintf("group %q is called %q", a.name(group.ID), name)
	return a.write(ctx, "SetImGroup", what, func(ctx context.Context) error {
		return a.Client.SetImGroup(ctx, group, name)
	})
}

func (a *attempt) RemoveImGroup(ctx context.Context, group imgroup.GroupID) error {
	return a.write(ctx, "RemoveImGroup", fmt.Sprintf("group %q", a.name(group.ID)), func(ctx context.Context) error {
		return a.Client.RemoveImGroup(ctx, group)
	})
}

func (a *attempt) AddNewImContactToGroup(ctx context.Context, c imgroup.ContactSpec) (p *imgroup.Persona, err error) {
	what := fmt.Sprintf("%s to group %q", imgroup.BareAddress(c.Address), a.name(c.Group.ID))
	err = a.write(ctx, "AddNewImContactToGroup", what, func(ctx context.Context) (err error) {
		p, err = a.Client.AddNewImContactToGroup(ctx, c)
		a.remember(p, imgroup.BareAddress(c.Address))
		return err
	})
	return p, err
}

func (a *attempt) AddNewTelUriContactToGroup(ctx context.Context, c imgroup.TelContactSpec) (p *imgroup.Persona, err error) {
	what := fmt.Sprintf("%s to group %q", c.TelURI, a.name(c.Group.ID))
	err = a.write(ctx, "AddNewTelUriContactToGroup", what, func(ctx context.Context) (err error) {
		p, err = a.Client.AddNewTelUriContactToGroup(ctx, c)
		a.remember(p, c.TelURI)
		return err
	})
	return p, err
}

// remember notes the name of a contact that was made.
func (a *attempt) remember(p *imgroup.Persona, name string) {
	if p == nil {
		return
	}
	if id, ok := p.ContactID(); ok {
		a.names[id.ID] = name
	}
}

func (a *attempt) AddImContactToGroup(ctx context.Context, contact imgroup.ContactID, group imgroup.GroupID) error {
	what := fmt.Sprintf("%s to group %q", a.name(contact.ID), a.name(group.ID))
	return a.write(ctx, "AddImContactToGroup", what, func(ctx context.Context) error {
		return a.Client.AddImContactToGroup(ctx, contact, group)
	})
}

func (a *attempt) RemoveImContactFromGroup(ctx context.Context, contact imgroup.ContactID, group imgroup.GroupID) error {
	what := fmt.Sprintf("%s from group %q", a.name(contact.ID), a.name(group.ID))
	return a.write(ctx, "RemoveImContactFromGroup", what, func(ctx context.Context) error {
		return a.Client.RemoveImContactFromGroup(ctx, contact, group)
	})
}

func (a *attempt) AddDistributionGroupToImList(ctx context.Context, address, name string) (g *imgroup.ImGroup, err error) {
	what := fmt.Sprintf("distribution group %s", address)
	err = a.write(ctx, "AddDistributionGroupToImList", what, func(ctx context.Context) (err error) {
		g, err = a.Client.AddDistributionGroupToImList(ctx, address, name)
		return err
	})
	return g, err
}

func (a *attempt) RemoveDistributionGroupFromImList(ctx context.Context, group imgroup.GroupID) error {
	what := fmt.Sprintf("distribution group %q", a.name(group.ID))
	return a.write(ctx, "RemoveDistributionGroupFromImList", what, func(ctx context.Context) error {
		return a.Client.RemoveDistributionGroupFromImList(ctx, group)
	})
}
