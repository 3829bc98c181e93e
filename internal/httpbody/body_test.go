package httpbody_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-ews/exchange/internal/httpbody"
)

// moment is how long a body may hold up what does not depend on it.
const moment = 100 * time.Millisecond

// slow is a body that pauses before each byte. It ends when it is closed.
type slow struct {
	pause  time.Duration
	text   string
	once   sync.Once
	closed chan struct{}
}

func newSlow(pause time.Duration, text string) *slow {
	return &slow{pause: pause, text: text, closed: make(chan struct{})}
}

func (s *slow) Read(p []byte) (int, error) {
	select {
	case <-time.After(s.pause):
	case <-s.closed:
		return 0, errors.New("closed")
	}
	if s.text == "" {
		return 0, io.EOF
	}
	n := copy(p[:1], s.text)
	s.text = s.text[n:]
	return n, nil
}

func (s *slow) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

// empty returns neither bytes nor an error.
type empty struct{}

func (empty) Read([]byte) (int, error) { return 0, nil }
func (empty) Close() error             { return nil }

func TestDiscard(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		pause  time.Duration
		text   string
		unread string
		most   time.Duration
	}{
		"short":   {0, "page", "", 0},
		"stalled": {time.Hour, "page", "page", moment},
		"drips":   {20 * time.Millisecond, strings.Repeat("page", 9), "?", moment},
		"long":    {0, strings.Repeat("p", 65<<10), strings.Repeat("p", 1<<10), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				body := newSlow(tt.pause, tt.text)
				begin := time.Now()
				httpbody.Discard(t.Context(), body)
				if took := time.Since(begin); took > tt.most {
					t.Errorf("took %v", took)
				}
				<-body.closed
				synctest.Wait()
				if tt.unread == "?" && body.text == "" || tt.unread != "?" && body.text != tt.unread {
					t.Errorf("left %q", body.text)
				}
			})
		})
	}
}

func TestDiscard_ContextEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		begin := time.Now()
		httpbody.Discard(ctx, newSlow(time.Hour, ""))
		if took := time.Since(begin); took != time.Millisecond {
			t.Errorf("took %v", took)
		}
		body := newSlow(0, "page")
		if httpbody.Discard(ctx, body); body.text != "page" {
			t.Error("read after the end of the context")
		}
	})
}

func TestBody_HurryAndRelax(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var b httpbody.Body
		b.Reset(newSlow(30*time.Millisecond, "0123456789"))
		if _, err := io.ReadFull(&b, make([]byte, 4)); err != nil { // as long as it takes
			t.Error(err)
		}
		b.Hurry(t.Context())
		if n, err := io.ReadFull(&b, make([]byte, 4)); n != 1 || err == nil {
			t.Errorf("read %d in a hurry: %v", n, err)
		}
		b.Finish(t.Context())

		b.Reset(newSlow(30*time.Millisecond, "0123456789"))
		b.Hurry(t.Context())
		b.Relax()
		if all, err := io.ReadAll(&b); err != nil || string(all) != "0123456789" {
			t.Errorf("%q, %v", all, err)
		}
		b.Finish(t.Context())

		b.Reset(newSlow(time.Hour, "0123456789"))
		b.Hurry(t.Context())
		b.Relax()
		begin := time.Now()
		if n, err := b.Read(make([]byte, 1)); n != 0 || err == nil {
			t.Errorf("read %d of a body that stalls: %v", n, err)
		}
		b.Finish(t.Context())
		if took := time.Since(begin); took > 11*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestBody_FinishAfterRelax(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var b httpbody.Body
		b.Reset(newSlow(time.Hour, "0123456789"))
		b.Hurry(t.Context())
		b.Relax()
		begin := time.Now()
		b.Finish(t.Context())
		if took := time.Since(begin); took > moment {
			t.Errorf("took %v for a body of which nothing is needed", took)
		}
	})
}

func TestBody_Empty(t *testing.T) {
	t.Parallel()
	for _, hurry := range []bool{false, true} {
		var b httpbody.Body
		b.Reset(empty{})
		if hurry {
			b.Hurry(t.Context())
		}
		if n, err := b.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.ErrNoProgress) {
			t.Errorf("hurry %t: %d, %v", hurry, n, err)
		}
		b.Finish(t.Context())
	}
}

func TestBody_Drop(t *testing.T) {
	t.Parallel()
	body := newSlow(0, "page")
	var b httpbody.Body
	b.Reset(body)
	b.Drop()
	if b.Finish(t.Context()); body.text != "page" {
		t.Error("read a body that was to be dropped")
	}
}
