package cli

import (
	"os"

	"golang.org/x/sys/windows"
)

// Escapes reports whether f is a console that takes escape sequences. The console of Windows 10 and later
// takes them once they are switched on; older ones would print them.
func Escapes(f *os.File, _ string) bool {
	console := windows.Handle(f.Fd())
	var mode uint32
	if windows.GetConsoleMode(console, &mode) != nil {
		return false
	}
	const sequences = windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING
	return mode&sequences != 0 || windows.SetConsoleMode(console, mode|sequences) == nil
}
