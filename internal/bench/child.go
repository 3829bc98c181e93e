package main

import (
	"context"
	"io"
	"os"
	"os/exec"
)

// child is a process that ends with its standard input.
type child struct {
	stdin  io.Closer
	stdout io.Reader
	cmd    *exec.Cmd
}

func startChild(ctx context.Context, name string, args ...string) (child, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return child{}, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return child{}, err
	}
	return child{stdin, stdout, cmd}, cmd.Start()
}

func (c child) stop() {
	_ = c.stdin.Close()
	_ = c.cmd.Wait()
}
