package source_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/examples/commands/internal/source"
)

// exchange is an Exchange with a directory, which counts requests.
type exchange struct {
	*ewstest.Server

	client *ews.Client
	mu     sync.Mutex
	counts map[string]int
	fail   map[string]int // operation and number of the request that fails
}

func newExchange(t *testing.T, entries ...ewstest.Recipient) *exchange {
	t.Helper()
	x := &exchange{counts: map[string]int{}, fail: map[string]int{}}
	x.Server = ewstest.NewServer(&ewstest.Options{Intercept: x.intercept})
	x.SetDirectory(entries...)
	var err error
	x.client, err = ews.NewClient(ewstest.Endpoint, &ews.Options{HTTPClient: x.Client()})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func (x *exchange) intercept(r ewstest.Request) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.counts[r.Op]++
	if x.counts[r.Op] == x.fail[r.Op] {
		return ews.ErrorAccessDenied
	}
	return nil
}

func employee(name string) ewstest.Recipient {
	return ewstest.Recipient{Name: "The " + name, Address: name + "@c.com", SIP: name + "@sip.c.com"}
}

func department(name string, members ...string) ewstest.Recipient {
	g := ewstest.Recipient{Name: "The " + name, Address: name + "@c.com", Type: "PublicDL"}
	for _, m := range members {
		g.Members = append(g.Members, m+"@c.com")
	}
	return g
}

func staff() []ewstest.Recipient {
	external, mute, hidden, lists := employee("ext"), employee("mute"), employee("hidden"), employee("folder")
	external.Type, mute.SIP, hidden.Hidden, lists.Type, lists.SIP = "Contact", "", true, "PublicFolder", ""
	dynamic, secret, modern := department("dynamic", "anna"), department("secret", "anna"), department("modern", "anna")
	dynamic.Dynamic, secret.Hidden, modern.Type = true, true, "GroupMailbox"
	nameless := department("nameless", "anna")
	nameless.Members = append(nameless.Members, "")
	return []ewstest.Recipient{
		employee("anna"), employee("bert"), employee("carl"), external, mute, hidden, lists, dynamic, secret, modern,
		department("sales", "anna", "bert"), department("all", "carl", "sales", "anna"),
		department("loop", "anna", "pool"), department("pool", "bert", "loop"),
		department("with", "anna", "ext", "mute", "hidden", "folder"),
		department("none"), department("in1", "anna", "none"), department("in2", "anna", "dynamic"),
		department("in3", "anna", "secret"), department("in4", "anna", "modern"),
		nameless,
		{Name: "No Address"},
	}
}

// described returns a group in a line of text.
func described(g *source.Group, err error) string {
	if err != nil {
		return err.Error()
	}
	text := g.Name + ":"
	for _, p := range g.Members {
		text += fmt.Sprintf(" %s=%s", p.Mailbox, p.Address)
		if p.External {
			text += "(external)"
		}
	}
	if len(g.Unread) > 0 {
		text += " unread " + strings.Join(g.Unread, " ")
	}
	for _, c := range g.Cycles {
		text += " cycle " + strings.Join(c, ">")
	}
	return strings.ReplaceAll(text, "@c.com", "")
}

func TestExchange_Group(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"sales@c.com":    "The sales: anna=anna@sip.c.com bert=bert@sip.c.com",
		"SALES@c.com":    "The sales: anna=anna@sip.c.com bert=bert@sip.c.com",
		"all@c.com":      "The all: carl=carl@sip.c.com anna=anna@sip.c.com bert=bert@sip.c.com",
		"loop@c.com":     "The loop: anna=anna@sip.c.com bert=bert@sip.c.com cycle loop>pool>loop",
		"with@c.com":     "The with: anna=anna@sip.c.com ext=ext@sip.c.com(external) mute= folder=(external) unread hidden",
		"nameless@c.com": "The nameless: anna=anna@sip.c.com unread No Address",
		"none@c.com":     "no member of none@c.com is shown, as of a dynamic group or of one whose members are hidden",
		"dynamic@c.com":  "no member of dynamic@c.com is shown, as of a dynamic group or of one whose members are hidden",
		"in1@c.com":      "no member of none@c.com is shown, as of a dynamic group or of one whose members are hidden",
		"in2@c.com":      "no member of dynamic@c.com is shown, as of a dynamic group or of one whose members are hidden",
		"in3@c.com":      "the group secret@c.com in it is not shown, as one that is hidden from the address lists",
		"in4@c.com":      "modern@c.com in it is a Microsoft 365 group, whose members ExpandDL does not return",
		"secret@c.com":   "no group has this address, or it is hidden from the address lists",
		"nothing@c.com":  "no group has this address, or it is hidden from the address lists",
		"anna@c.com":     "it is no distribution group, but of the type Mailbox",
	} {
		x := newExchange(t, staff()...)
		got := described(source.NewExchange(x.client, &source.ExchangeConfig{}, 4).Group(t.Context(), name))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestExchange_Requests looks each person up once, and none if the SIP address is the mail address.
func TestExchange_Requests(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		config source.ExchangeConfig
		want   map[string]int
	}{
		{source.ExchangeConfig{}, map[string]int{"ResolveNames": 2 + 3, "ExpandDL": 1 + 2}},
		{source.ExchangeConfig{SIPIsMail: true}, map[string]int{"ResolveNames": 2, "ExpandDL": 1 + 2}},
	} {
		x := newExchange(t, staff()...)
		d := source.NewExchange(x.client, &tc.config, 1)
		for _, name := range []string{"sales@c.com", "all@c.com"} {
			g, err := d.Group(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range g.Members {
				if want := map[bool]string{true: p.Mailbox, false: strings.Replace(p.Mailbox, "@", "@sip.", 1)}[tc.config.SIPIsMail]; p.Address != want {
					t.Errorf("%+v: want the address %s", p, want)
				}
			}
		}
		if diff := cmp.Diff(tc.want, x.counts); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", tc.config, diff)
		}
	}
}

// TestExchange_FailsInTheMiddle returns an error wherever a request fails, and never a smaller group. The
// next look-up works.
func TestExchange_FailsInTheMiddle(t *testing.T) {
	t.Parallel()
	for op, requests := range map[string]int{"ExpandDL": 2, "ResolveNames": 4} {
		for n := range requests {
			x := newExchange(t, staff()...)
			x.fail[op] = n + 1
			d := source.NewExchange(x.client, &source.ExchangeConfig{}, 3)
			if g, err := d.Group(t.Context(), "all@c.com"); g != nil || !errors.Is(err, ews.ErrorAccessDenied) {
				t.Errorf("%s number %d fails: %v, %v", op, n+1, g, err)
			}
			if g, err := d.Group(t.Context(), "all@c.com"); err != nil || len(g.Members) != 3 {
				t.Errorf("after %s number %d: %v, %v", op, n+1, g, err)
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	x := newExchange(t, staff()...)
	if _, err := source.NewExchange(x.client, &source.ExchangeConfig{}, 3).Group(ctx, "all@c.com"); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// TestExchange_SameAddress refuses to guess which of two entries with one address is meant.
func TestExchange_SameAddress(t *testing.T) {
	t.Parallel()
	entries := append(slices.Clone(staff()), ewstest.Recipient{Name: "Another", Address: "bert@c.com", SIP: "other@sip.c.com"})
	x := newExchange(t, entries...)
	d := source.NewExchange(x.client, &source.ExchangeConfig{}, 1)
	if _, err := d.Group(t.Context(), "sales@c.com"); err == nil ||
		err.Error() != "member bert@c.com: several entries of the directory have the address bert@c.com" {
		t.Errorf("%v", err)
	}
}
