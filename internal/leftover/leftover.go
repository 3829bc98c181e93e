// Package leftover finds goroutines and descriptors that tests leave behind.
package leftover

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// Run runs the tests of a package and returns their exit code. It is 1 if they leave a connection of
// net/http, a goroutine in one of the frames or a descriptor behind.
func Run(tests interface{ Run() int }, frames ...string) int {
	before := descriptors()
	code := tests.Run()
	left := ""
	for range 1000 { // a busy machine takes its time
		if left = leftovers(before, frames); left == "" {
			return code
		}
		time.Sleep(20 * time.Millisecond)
	}
	fmt.Fprintln(os.Stderr, "left behind:", left)
	return max(code, 1)
}

func leftovers(before int, frames []string) string {
	buf := make([]byte, 1<<22)
	for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		for _, frame := range append(frames, "net/http.(*persistConn)") {
			if strings.Contains(stack, frame) {
				return stack
			}
		}
	}
	// The poller keeps two descriptors from its first use on.
	if now := descriptors(); now > before+4 {
		return fmt.Sprintf("%d descriptors, %d at the start", now, before)
	}
	return ""
}

// descriptors counts the open ones; 0 where the system does not report them.
func descriptors() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil || runtime.GOOS != "linux" { // under Wine that is the folder of another process
		return 0
	}
	return len(entries)
}
