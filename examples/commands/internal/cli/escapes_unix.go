//go:build !windows

package cli

import (
	"os"

	"golang.org/x/term"
)

// Escapes reports whether f is a terminal that takes escape sequences, as the variable TERM has it.
func Escapes(f *os.File, kind string) bool {
	return kind != "" && kind != "dumb" && term.IsTerminal(int(f.Fd()))
}
