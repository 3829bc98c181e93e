package auth

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestMain fails when the tests together leave a connection's goroutine or a descriptor behind.
func TestMain(m *testing.M) {
	before := descriptors()
	code := m.Run()
	left := ""
	for range 1000 { // a busy machine takes its time
		if left = leftovers(before); left == "" {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if code == 0 && left != "" {
		fmt.Fprintln(os.Stderr, "left behind:", left)
		code = 1
	}
	os.Exit(code)
}

func leftovers(before int) string {
	buf := make([]byte, 1<<22)
	for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if strings.Contains(stack, "net/http.(*persistConn)") || strings.Contains(stack, "exchange/auth.(*") {
			return stack
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
