package connect

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
)

// secretFrom returns the password or token: EWS_PASSWORD, else the first line of standard input.
// The read goes on in the background if ctx ends first: nothing can interrupt it.
func secretFrom(ctx context.Context, stdin io.Reader) (string, error) {
	if s, ok := os.LookupEnv("EWS_PASSWORD"); ok {
		return s, nil
	}
	if f, ok := stdin.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			fmt.Fprint(os.Stderr, "password or token (shown as typed; EWS_PASSWORD avoids that): ")
		}
	}
	type line struct {
		text string
		err  error
	}
	read := make(chan line, 1)
	go func() {
		const most = 64 << 10 // tokens are long
		text, err := bufio.NewReader(io.LimitReader(stdin, most)).ReadString('\n')
		if err == io.EOF {
			err = nil
		}
		read <- line{strings.TrimRight(text, "\r\n"), err}
	}()
	select {
	case l := <-read:
		if l.err != nil {
			return "", fmt.Errorf("reading the password from standard input: %w", l.err)
		}
		return l.text, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}
