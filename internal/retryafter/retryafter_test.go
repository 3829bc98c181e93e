package retryafter_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-ews/exchange/internal/retryafter"
)

func TestHeader(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	synctest.Test(t, func(t *testing.T) {
		in := func(d time.Duration) string { return time.Now().UTC().Add(d).Format(http.TimeFormat) }
		for _, tc := range []struct {
			value, date string
			want        time.Duration
			ok          bool
		}{
			{"", "", 0, false},
			{"soon", "", 0, false},
			{"1.5", "", 0, false},
			{"0", "", 0, true},
			{" 120 ", "", 2 * time.Minute, true},
			{"-5", "", 0, true},
			{"86401", "", day, true},
			{"99999999999999999999", "", day, true},
			{"-99999999999999999999", "", 0, true},
			{in(time.Minute), "", time.Minute, true},
			{in(-time.Minute), "", 0, true},
			{in(100 * day), "", day, true},
			{in(time.Hour + time.Minute), in(time.Hour), time.Minute, true},
			{in(time.Minute), "not a date", time.Minute, true},
		} {
			h := http.Header{"Retry-After": {tc.value}, "Date": {tc.date}}
			if got, ok := retryafter.Header(h); got != tc.want || ok != tc.ok {
				t.Errorf("%q at %q: %v, %v, want %v, %v", tc.value, tc.date, got, ok, tc.want, tc.ok)
			}
		}
	})
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"250": 250 * time.Millisecond, "\t297749 ": 297749 * time.Millisecond, "1e3": -1, "": -1} {
		got, ok := retryafter.Number(text, time.Millisecond)
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("%q: %v, %v", text, got, ok)
		}
	}
}
