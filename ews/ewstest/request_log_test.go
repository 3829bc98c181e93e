package ewstest

import "testing"

// TestRequestLog_KeepsNotTooMuch is an internal test because reading so many large requests takes
// its time.
func TestRequestLog_KeepsNotTooMuch(t *testing.T) {
	t.Parallel()
	var l requestLog
	large := Request{Body: make([]byte, 7<<20)}
	for range 6 {
		l.add(large)
	}
	if len(l.kept) != 4 {
		t.Errorf("%d requests of 7 MiB are kept, want 4", len(l.kept))
	}
	l.add(Request{Body: make([]byte, keptBytes+1)})
	if len(l.kept) != 1 {
		t.Errorf("%d requests are kept, want the last one, of any size", len(l.kept))
	}
}
