// Package cli is the common part of the commands: how they run and end, the sources of flags
// besides the command line, the texts of errors.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

// Process is the process that a command runs in. Tests make their own.
type Process struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	LookupEnv      func(name string) (value string, ok bool)

	// ReadPassword asks for a password at the terminal, without echo. Nil: there is no terminal.
	ReadPassword func(ctx context.Context, prompt string) (string, error)
}

// Main runs the command of this process and ends it.
func Main(run func(ctx context.Context, p *Process, args []string) (status int)) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal ends the process at once
	p := &Process{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, LookupEnv: os.LookupEnv}
	if term.IsTerminal(int(os.Stdin.Fd())) {
		p.ReadPassword = readPassword
	}
	status := run(ctx, p, os.Args[1:])
	stop()
	os.Exit(status)
}

// readPassword reads a line from the terminal. Nothing can interrupt the read, so after an
// interrupt it goes on, and the echo of the terminal is restored.
func readPassword(ctx context.Context, prompt string) (string, error) {
	fd := int(os.Stdin.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("the terminal: %w", err)
	}
	fmt.Fprint(os.Stderr, prompt)
	defer fmt.Fprintln(os.Stderr) // the line feed that was not echoed
	type line struct {
		text []byte
		err  error
	}
	read := make(chan line, 1)
	go func() {
		text, err := term.ReadPassword(fd)
		read <- line{text, err}
	}()
	select {
	case l := <-read:
		if errors.Is(l.err, io.EOF) {
			l.err = nil // an empty password, which the caller refuses
		}
		return string(l.text), l.err
	case <-ctx.Done():
		return "", errors.Join(context.Cause(ctx), term.Restore(fd, before))
	}
}
