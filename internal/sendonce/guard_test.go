package sendonce

import (
	"errors"
	"net/http/httptrace"
	"testing"
)

func TestProgress_Transitions(t *testing.T) {
	t.Parallel()
	for phase, after := range map[progress][5]progress{
		// phase:  getConn, gotConn, wroteRequest, gotFirstByte, got1xx
		untraced:  {asked, connected, written, responded, informed},
		asked:     {asked, connected, written, responded, informed},
		connected: {asked, connected, written, responded, informed},
		written:   {asked | resent, connected | resent, written, responded, informed},
		informed:  {asked | resent, connected | resent, informed, responded, informed},
		responded: {asked | resent, connected | resent, responded, responded, informed},
	} {
		for e, want := range after {
			for _, history := range []progress{0, resent} {
				if got := (phase | history).after(event(e)); got != want|history {
					t.Errorf("%b after event %d is %b, want %b", phase|history, e, got, want|history)
				}
			}
		}
	}
}

func TestProgress_Says(t *testing.T) {
	t.Parallel()
	for phase, want := range map[progress]struct{ notSent, mayRepeat bool }{
		untraced:           {false, true},
		asked:              {true, true},
		connected:          {false, true},
		written:            {false, false},
		informed:           {false, false},
		responded:          {false, true},
		untraced | resent:  {false, true},
		asked | resent:     {false, true},
		connected | resent: {false, true},
		written | resent:   {false, false},
		informed | resent:  {false, false},
		responded | resent: {false, true},
	} {
		if phase.notSent() != want.notSent || phase.mayRepeat() != want.mayRepeat {
			t.Errorf("%b: not sent %t, may repeat %t, want %+v", phase, phase.notSent(), phase.mayRepeat(), want)
		}
	}
}

// The events that net/http reports of a request, and the conclusions of the guard.
func TestGuard(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		report             func(*Guard)
		notSent, mayRepeat bool
	}{
		"nothing":                 {func(*Guard) {}, false, true},
		"no connection":           {func(g *Guard) { g.getConn("") }, true, true},
		"a connection":            {func(g *Guard) { g.onConnection() }, false, true},
		"written":                 {func(g *Guard) { g.onConnection().write(nil) }, false, false},
		"written in part":         {func(g *Guard) { g.onConnection().write(errors.New("reset")) }, false, false},
		"an early hint":           {func(g *Guard) { g.onConnection().write(nil).hint() }, false, false},
		"two early hints":         {func(g *Guard) { g.onConnection().write(nil).hint().hint() }, false, false},
		"a hint before the end":   {func(g *Guard) { g.onConnection().hint().write(nil) }, false, false},
		"a response":              {func(g *Guard) { g.onConnection().write(nil).gotFirstByte() }, false, true},
		"a response before it":    {func(g *Guard) { g.onConnection().gotFirstByte(); g.write(nil) }, false, true},
		"stale, then none":        {func(g *Guard) { g.onConnection().getConn("") }, true, true},
		"written, then none":      {func(g *Guard) { g.onConnection().write(nil).getConn("") }, false, true},
		"hinted, then none":       {func(g *Guard) { g.onConnection().write(nil).hint().getConn("") }, false, true},
		"responded, then none":    {func(g *Guard) { g.onConnection().gotFirstByte(); g.getConn("") }, false, true},
		"written, then written":   {func(g *Guard) { g.onConnection().write(nil).onConnection().write(nil) }, false, false},
		"on a connection at hand": {func(g *Guard) { g.write(nil) }, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := new(Guard)
			g.body = []byte("request")
			tt.report(g)
			if got := g.now().notSent(); got != tt.notSent {
				t.Errorf("not sent: %t", got)
			}
			if body, err := g.getBody(); (err == nil) != tt.mayRepeat || (body == nil) == tt.mayRepeat {
				t.Errorf("the body once more: %v", err)
			}
		})
	}
}

func (g *Guard) onConnection() *Guard {
	g.getConn("")
	g.gotConn(httptrace.GotConnInfo{})
	return g
}

func (g *Guard) write(err error) *Guard {
	g.wroteRequest(httptrace.WroteRequestInfo{Err: err})
	return g
}

// hint is an informational response, of which net/http reports the first byte too.
func (g *Guard) hint() *Guard {
	g.gotFirstByte()
	_ = g.got1xx(103, nil)
	return g
}

// Those who look at informational responses must bound them: net/http then does not.
func TestGuard_TooManyHints(t *testing.T) {
	t.Parallel()
	g := new(Guard)
	for n := 1; n <= 2*maxInformational; n++ {
		if err := g.got1xx(103, nil); (err != nil) != (n > maxInformational) {
			t.Errorf("after %d: %v", n, err)
		}
	}
}
