package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/go-ews/exchange/examples/commands/internal/cli"
)

// progress shows the progress of a run.
type progress interface {
	show(c counts)
	end()
}

// newProgress returns a bar on a terminal, else plain lines now and then.
func newProgress(out io.Writer) progress {
	if shared, ok := out.(*sharedWriter); ok && shared.canDraw() {
		return &bar{out: &barWriter{shared}}
	}
	return &lines{out: out}
}

// sharedWriter is a writer that workers, logger and progress write to at the same time.
type sharedWriter struct {
	mu    sync.Mutex
	to    io.Writer
	drawn bool // the last line is a bar
}

// Write writes whole lines. They replace a bar, which is soon drawn again below them.
func (w *sharedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.drawn {
		w.drawn = false
		if _, err := io.WriteString(w.to, "\r\x1b[K"); err != nil {
			return 0, err
		}
	}
	return w.to.Write(p)
}

// barWriter is the same writer for a bar, which is drawn on the last line again and again.
type barWriter struct{ *sharedWriter }

func (w *barWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.drawn = !bytes.HasSuffix(p, []byte("\n"))
	return w.to.Write(p)
}

// canDraw reports whether the writer is a terminal on which a line can be erased.
func (w *sharedWriter) canDraw() bool {
	f, ok := w.to.(*os.File)
	return ok && cli.Escapes(f, os.Getenv("TERM"))
}

// bar draws a progress bar.
type bar struct {
	out io.Writer
	bar *progressbar.ProgressBar
}

func (b *bar) show(c counts) {
	if b.bar == nil {
		b.bar = progressbar.NewOptions(c.total(),
			progressbar.OptionSetWriter(b.out),
			progressbar.OptionSetWidth(40),
			progressbar.OptionShowCount(),
			progressbar.OptionShowIts(),
			progressbar.OptionSetItsString("mailboxes"),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionFullWidth(),
		)
	}
	if c.failed > 0 {
		b.bar.Describe(fmt.Sprintf("%d failed", c.failed))
	}
	_ = b.bar.Set(c.over()) // fails only where it cannot draw
}

func (b *bar) end() {
	if b.bar != nil {
		fmt.Fprintln(b.out)
	}
}

// lines prints a line every few seconds, and at the end.
type lines struct {
	out     io.Writer
	last    counts
	printed time.Time
}

func (l *lines) show(c counts) {
	const every = 5 * time.Second
	l.last = c
	if l.printed.IsZero() {
		l.printed = time.Now()
	}
	if time.Since(l.printed) >= every {
		l.print()
	}
}

func (l *lines) print() {
	l.printed = time.Now()
	c := l.last
	planned := ""
	if c.planned > 0 {
		planned = fmt.Sprintf(", %d planned", c.planned)
	}
	fmt.Fprintf(l.out, "%d of %d mailboxes, %d failed, %d waiting%s\n", c.over(), c.total(), c.failed, c.waiting, planned)
}

func (l *lines) end() {
	if l.last.total() > 0 {
		l.print()
	}
}
