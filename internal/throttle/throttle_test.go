package throttle

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// TestThrottle_ForgetsPastHolds has many mailboxes back off, a few at any time.
func TestThrottle_ForgetsPastHolds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var th Throttle
		for i := range 50_000 {
			mailbox := fmt.Sprint(i, "@contoso.com")
			th.Hold(mailbox, time.Second)
			th.EndRow()
			if n := len(th.mailboxes); n > 256 {
				t.Fatalf("%d mailboxes are kept after %d back-offs, of which 100 are going on", n, i+1)
			}
			if until := th.Until(mailbox); time.Until(until) != time.Second {
				t.Fatalf("a mailbox is held until %v", until)
			}
			time.Sleep(10 * time.Millisecond)
		}
	})
}
