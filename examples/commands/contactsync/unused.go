package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/go-ews/exchange/ews/directory"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/examples/commands/internal/listuse"
	"github.com/go-ews/exchange/imgroup"
)

// classify reads the list and finds out how the mailbox uses it, once for all attempts, because what
// the run adds makes any list look used. The sync goes on with the list that was read. If the mailbox
// does not say what its folders hold, the use is listuse.Unknown, or with --skip-unused that is an
// error. Trouble of the server or the account is always one: a later attempt asks again.
func (a *attempt) classify(ctx context.Context, owned *imsync.Ownership) error {
	if a.use != "" {
		return nil
	}
	list, err := a.GetImItemList(ctx, imgroup.ListQuery{})
	if err != nil {
		return err
	}
	a.again = true
	a.use, err = listuse.Of(ctx, a.Client, list, owned)
	if err != nil && ctx.Err() == nil && concernsMailbox(err) && !a.worker.run.Options.SkipUnused {
		a.use, err = listuse.Unknown, nil
	}
	return err
}

// concernsMailbox reports whether an error may repeat for as long as the mailbox is asked, so that waiting
// for the server does not help.
func concernsMailbox(err error) bool {
	kind := troubleOf(err)
	return (kind == ofMailbox || kind == gateway) && !notSent(err)
}

// leavesAlone reports whether the run leaves alone mailboxes that use their lists in this way.
func (o runOptions) leavesAlone(use directory.Use) bool {
	return o.SkipUnused && use != "" && use != directory.InUse
}

// unused is the mailboxes whose lists are used in the same way, which is not [directory.InUse].
type unused struct {
	Use       directory.Use
	Mailboxes []string
	LeftAlone bool
}

// addUse counts a mailbox by the use of its list.
func (s *summary) addUse(mailbox string, use directory.Use) {
	if use == "" || use == directory.InUse {
		return
	}
	i := slices.IndexFunc(s.Unused, func(u unused) bool { return u.Use == use })
	if i < 0 {
		i = len(s.Unused)
		s.Unused = append(s.Unused, unused{Use: use, LeftAlone: s.Run.Options.leavesAlone(use)})
	}
	s.Unused[i].Mailboxes = append(s.Unused[i].Mailboxes, mailbox)
}

// Text says what the lists are, and what that means.
func (u unused) Text() string {
	if u.LeftAlone {
		return "left alone, " + listuse.Describe(u.Use)
	}
	return listuse.Describe(u.Use)
}

// Listed returns the mailboxes that the page has.
func (u unused) Listed() []string { return u.Mailboxes[:min(len(u.Mailboxes), maxListed)] }

func (u unused) write(w io.Writer) {
	fmt.Fprintf(w, "%d lists %s\n", len(u.Mailboxes), u.Text())
	for _, mailbox := range u.Mailboxes {
		fmt.Fprintf(w, "  %s\n", mailbox)
	}
}
