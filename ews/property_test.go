package ews_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/imgroup"
)

const programs = 2000

// Random programs of operations meet random faults. A shadow, without faults, executes what the
// results say was done, so at every step both lists are the same: ErrOutcomeUnknown is the only
// doubt, and then it was done once or not at all. EWS_PROPERTY_SEED repeats a run.
func TestProperty_ResultsTellTheTruth(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("EWS_PROPERTY_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seed = n
	}
	t.Logf("EWS_PROPERTY_SEED=%d", seed)
	// In a bubble time stands still, so both servers date what they make alike.
	synctest.Test(t, func(t *testing.T) { runPrograms(t, seed) })
}

func runPrograms(t *testing.T, seed uint64) {
	t.Helper()
	var doubts, steps int
	for n := range programs {
		p := newProgram(t, seed, uint64(n))
		for i := range 5 + p.random.IntN(15) {
			if err := p.step(t.Context()); err != nil {
				t.Fatalf("EWS_PROPERTY_SEED=%d: program %d, step %d: %v\n%s", seed, n, i, err, strings.Join(p.trace, "\n"))
			}
			steps++
		}
		doubts += p.doubts
	}
	t.Logf("%d programs, %d steps, %d with an unknown outcome", programs, steps, doubts)
	if doubts == 0 {
		t.Error("no outcome was ever unknown: the faults do not work")
	}
}

// program is a client among faults, and the shadow.
type program struct {
	random       *rand.Rand
	real, shadow *ewstest.Server
	faulty, calm *ews.Client
	doubts       int
	trace        []string
}

func newProgram(t *testing.T, seed, n uint64) *program {
	t.Helper()
	p := &program{
		random: rand.New(rand.NewPCG(seed, n)),
		real:   ewstest.NewServer(nil), shadow: ewstest.NewServer(nil),
	}
	connect := func(rt http.RoundTripper) *ews.Client {
		client, err := ews.NewClient(ewstest.Endpoint, &ews.Options{
			HTTPClient: &http.Client{Transport: rt},
			Retry:      ews.RetryPolicy{MaxWait: time.Nanosecond, MaxAttempts: 1 + p.random.IntN(4)},
		})
		if err != nil {
			t.Fatal(err)
		}
		return client
	}
	p.faulty = connect(&unreliable{server: p.real, random: p.random, trace: &p.trace})
	p.calm = connect(p.shadow)
	return p
}

// move is one operation with its arguments.
type move struct {
	name string
	do   func(context.Context, *ews.Client) (any, error)
}

// step makes one random move and holds its result against the shadow.
func (p *program) step(ctx context.Context) error {
	m := p.choose()
	p.trace = append(p.trace, m.name)
	got, err := m.do(ctx, p.faulty)
	p.trace = append(p.trace, fmt.Sprintf("\t= %v", err))
	if err != nil && kindOfError(err) == "" {
		return fmt.Errorf("an error without a type: %w", err)
	}
	var said *ews.Error
	switch {
	case errors.Is(err, ews.ErrOutcomeUnknown):
		p.doubts++
		if !reflect.DeepEqual(p.real.List(""), p.shadow.List("")) {
			_, _ = m.do(ctx, p.calm) // it was done, so both are the same now
		}
	case err == nil:
		want, shadowErr := m.do(ctx, p.calm)
		if shadowErr != nil {
			return fmt.Errorf("succeeded, and should have failed: %w", shadowErr)
		}
		if !reflect.DeepEqual(want, got) {
			return fmt.Errorf("the result differs: %v, want %v", got, want)
		}
	case errors.As(err, &said) && !passing(said.Code):
		if _, shadowErr := m.do(ctx, p.calm); !errors.Is(shadowErr, said.Code) {
			return fmt.Errorf("failed for another reason than without faults: %w, want %w", err, shadowErr)
		}
	}
	if real, shadow := p.real.List(""), p.shadow.List(""); !reflect.DeepEqual(real, shadow) {
		return fmt.Errorf("the lists differ (-reported +real):\n%s", cmp.Diff(shadow, real, everything))
	}
	return nil
}

// everything lets cmp see unexported fields too.
var everything = cmp.Exporter(func(reflect.Type) bool { return true })

// passing reports whether a code comes from the faults and not from the operation.
func passing(code ews.ResponseCode) bool {
	return code == "" || code == ews.ErrorServerBusy || code == ews.ErrorTimeoutExpired ||
		code == ews.ErrorInternalServerTransientError
}

// choose picks an operation with arguments that make sense more often than not.
func (p *program) choose() move {
	list := p.shadow.List("")
	group, contact := p.group(list), p.contact(list)
	name := "Group " + strconv.Itoa(p.random.IntN(6))
	address := fmt.Sprintf("person%d@exchange.test", p.random.IntN(5))
	nothing := func(err error) (any, error) { return nil, err }
	moves := []move{
		{"AddImGroup " + name, func(ctx context.Context, c *ews.Client) (any, error) { return c.AddImGroup(ctx, name) }},
		{"SetImGroup " + group.ID + " " + name, func(ctx context.Context, c *ews.Client) (any, error) {
			return nothing(c.SetImGroup(ctx, group, name))
		}},
		{"RemoveImGroup " + group.ID, func(ctx context.Context, c *ews.Client) (any, error) {
			return nothing(c.RemoveImGroup(ctx, group))
		}},
		{"AddNewImContactToGroup " + address, func(ctx context.Context, c *ews.Client) (any, error) {
			return c.AddNewImContactToGroup(ctx, imgroup.ContactSpec{Address: address, DisplayName: address, Group: group})
		}},
		{"AddNewTelUriContactToGroup " + address, func(ctx context.Context, c *ews.Client) (any, error) {
			return c.AddNewTelUriContactToGroup(ctx, imgroup.TelContactSpec{
				TelURI: "tel:+1" + strconv.Itoa(len(name)), SIPURI: "sip:" + address, TelephoneNumber: "1", Group: group,
			})
		}},
		{"AddImContactToGroup", func(ctx context.Context, c *ews.Client) (any, error) {
			return nothing(c.AddImContactToGroup(ctx, contact, group))
		}},
		{"RemoveImContactFromGroup", func(ctx context.Context, c *ews.Client) (any, error) {
			return nothing(c.RemoveImContactFromGroup(ctx, contact, group))
		}},
		{"RemoveContactFromImList", func(ctx context.Context, c *ews.Client) (any, error) {
			return nothing(c.RemoveContactFromImList(ctx, contact))
		}},
		{"AddDistributionGroupToImList", func(ctx context.Context, c *ews.Client) (any, error) {
			return c.AddDistributionGroupToImList(ctx, "list"+address, name)
		}},
		{"RemoveDistributionGroupFromImList", func(ctx context.Context, c *ews.Client) (any, error) {
			return nothing(c.RemoveDistributionGroupFromImList(ctx, group))
		}},
		{"GetImItemList", func(ctx context.Context, c *ews.Client) (any, error) {
			return c.GetImItemList(ctx, imgroup.ListQuery{})
		}},
		{"GetImItems", func(ctx context.Context, c *ews.Client) (any, error) {
			return c.GetImItems(ctx, imgroup.ItemQuery{Groups: []imgroup.GroupID{group}})
		}},
	}
	if p.random.IntN(3) == 0 {
		return moves[0] // operations that are not idempotent
	}
	return moves[p.random.IntN(len(moves))]
}

func (p *program) group(l *imgroup.ItemList) imgroup.GroupID {
	if len(l.Groups) == 0 {
		return imgroup.GroupID{ID: "AAMkNone"}
	}
	return l.Groups[p.random.IntN(len(l.Groups))].ExchangeStoreID
}

func (p *program) contact(l *imgroup.ItemList) imgroup.ContactID {
	for i := range l.Personas {
		if id, ok := l.Personas[i].ContactID(); ok && p.random.IntN(2) == 0 {
			return id
		}
	}
	return imgroup.ContactID{ID: "AAMkNone"}
}

// unreliable stands between a client and its server. It loses requests, responses and connections.
type unreliable struct {
	server  *ewstest.Server
	random  *rand.Rand
	trace   *[]string
	earlier string // id of a request that was executed
}

func (u *unreliable) RoundTrip(r *http.Request) (*http.Response, error) {
	faults := []struct {
		name     string
		executed bool
		response step // nil: the server's
	}{
		{"never connected", false, unconnected},
		{"lost before", false, dropped},
		{"lost after", true, dropped},
		{"503 before", false, responding(503, htmlPage)},
		{"503 after", true, responding(503, htmlPage, "Retry-After", "0")},
		{"504 after", true, responding(504, "")},
		{"gateway's fault after", true, faulted(504, "")},
		{"codeless fault before", false, faulted(500, "")},
		{"codeless fault after", true, faulted(500, "")},
		{"request timeout after", true, responding(408, "")},
		{"429", false, responding(429, "", "Retry-After", "0")},
		{"busy", false, faulted(500, "ErrorServerBusy", "BackOffMilliseconds", "0")},
		{"timed out before", false, faulted(500, "ErrorTimeoutExpired")},
		{"timed out after", true, faulted(500, "ErrorInternalServerTransientError")},
		{"unreadable 503 after", true, responding(503, "", "Content-Encoding", "gzip", "Retry-After", "0")},
		{"unreadable 429", false, responding(429, htmlPage, "Content-Encoding", "gzip", "Retry-After", "0")},
		{"hint, then reset", true, hinted(u.server)},
		{"another's response", true, echoing(u.earlier)},
		{"page before", false, responding(502, htmlPage)},
		{"page after", true, responding(200, htmlPage)},
		{"outage", true, responding(302, "", "Location", "/ews/genericerrorpage.htm")},
		{"malformed", true, responding(200, "<a:Envelope>")},
		{"another operation", true, responding(200, enveloped("<m:Other/>"))},
		{"cut", true, nil},
	}
	if u.random.IntN(100) >= 35 {
		*u.trace = append(*u.trace, "\tpassed")
		u.earlier = r.Header.Get(clientRequestID)
		return u.server.RoundTrip(r)
	}
	fault := faults[u.random.IntN(len(faults))]
	*u.trace = append(*u.trace, "\t"+fault.name)
	if fault.executed {
		res, err := u.server.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		if fault.response == nil {
			part := io.LimitReader(res.Body, u.random.Int64N(res.ContentLength))
			res.Body = io.NopCloser(io.MultiReader(part, failingReader{io.ErrUnexpectedEOF}))
			return res, nil
		}
		res.Body.Close()
	} else {
		r.Body.Close()
	}
	return fault.response(r)
}

// hinted loses the connection after an early hint. As net/http does over HTTP/2, it has the request
// executed once more if it can have the body.
func hinted(server *ewstest.Server) step {
	return func(r *http.Request) (*http.Response, error) {
		connected(r)
		trace := httptrace.ContextClientTrace(r.Context())
		trace.GotFirstResponseByte()
		if err := trace.Got1xxResponse(http.StatusEarlyHints, nil); err != nil {
			return nil, err
		}
		body, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		r.Body = body
		return server.RoundTrip(r)
	}
}

// echoing is the operation's success as the response to another request, if there was one.
func echoing(id string) step {
	return func(r *http.Request) (*http.Response, error) {
		if id == "" {
			return dropped(r)
		}
		return responding(http.StatusOK, enveloped(scriptGroup), clientRequestID, id)(r)
	}
}
