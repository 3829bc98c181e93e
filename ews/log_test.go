package ews_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
)

// logged makes a logger and a function that returns its records, without what differs by chance.
func logged(level slog.Level) (*slog.Logger, func(testing.TB) []map[string]any) {
	var buffer bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&buffer, &slog.HandlerOptions{Level: level}))
	return logger, func(t testing.TB) []map[string]any {
		t.Helper()
		var records []map[string]any
		dec := json.NewDecoder(&buffer)
		for dec.More() {
			var record map[string]any
			if err := dec.Decode(&record); err != nil {
				t.Fatal(err)
			}
			if id, ok := record["client_request_id"].(string); ok && len(id) != 36 {
				t.Errorf("client_request_id %q", id)
			}
			for _, key := range []string{"time", "client_request_id"} {
				delete(record, key)
			}
			records = append(records, record)
		}
		return records
	}
}

func TestLog_CallAttemptsAndWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		logger, records := logged(slog.LevelDebug)
		server := script(
			withHeader(responding(429, htmlPage, "Retry-After", "2"), "request-id", "first"),
			unconnected,
			withHeader(faulted(500, "ErrorServerBusy", "BackOffMilliseconds", "250"), "request-id", "third"),
			withHeader(done, "request-id", "fourth"))
		opts := &ews.Options{Logger: logger, Retry: ews.RetryPolicy{MaxAttempts: 4}}
		if err := addGroup(t.Context(), server.client(t, opts)); err != nil {
			t.Fatal(err)
		}
		jittered := server.waits()[1]
		record := func(level, msg string, duration time.Duration, rest map[string]any) map[string]any {
			r := map[string]any{"level": level, "msg": msg, "op": "AddImGroup"}
			if msg == "ews wait" {
				r["wait"] = float64(duration)
			} else {
				r["duration"] = float64(duration)
			}
			maps.Copy(r, rest)
			return r
		}
		type m = map[string]any
		want := []map[string]any{
			record("DEBUG", "ews attempt", 0, m{"attempt": 1., "status": 429., "request_id": "first", "error": "HTTP 429"}),
			record("WARN", "ews wait", 2*time.Second, m{"attempt": 1., "error": "HTTP 429"}),
			record("DEBUG", "ews attempt", 0, m{"attempt": 2., "status": 0., "request_id": "", "error": "not sent", "class": "other"}),
			record("WARN", "ews wait", jittered, m{"attempt": 2., "error": "not sent", "class": "other"}),
			record("DEBUG", "ews attempt", 0, m{"attempt": 3., "status": 500., "request_id": "third", "error": "ErrorServerBusy"}),
			record("WARN", "ews wait", 250*time.Millisecond, m{"attempt": 3., "error": "ErrorServerBusy"}),
			record("DEBUG", "ews attempt", 0, m{"attempt": 4., "status": 200., "request_id": "fourth"}),
			record("INFO", "ews call", 2250*time.Millisecond+jittered, m{"attempts": 4., "status": 200., "request_id": "fourth"}),
		}
		if diff := cmp.Diff(want, records(t)); diff != "" {
			t.Errorf("records (-want +got):\n%s", diff)
		}
	})
}

// At the default level there is one record per call and one per wait, and a failure is a warning.
func TestLog_Levels(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		steps []step
		call  func(context.Context, *ews.Client) error
		want  []string // level, message, error
	}{
		"success":              {[]step{done}, addGroup, []string{"INFO ews call"}},
		"refused":              {[]step{erring("ErrorAccessDenied")}, addGroup, []string{"WARN ews call ErrorAccessDenied"}},
		"lost":                 {[]step{dropped}, addGroup, []string{"WARN ews call no readable response"}},
		"a code that is none":  {[]step{erring("what the user wrote")}, addGroup, []string{"WARN ews call unknown code"}},
		"a page":               {[]step{responding(403, htmlPage)}, addGroup, []string{"WARN ews call HTTP 403"}},
		"a schema fault":       {[]step{faulted(500, "ErrorSchemaValidation")}, addGroup, []string{"WARN ews call ErrorSchemaValidation"}},
		"a read, tried thrice": {[]step{dropped, dropped, done}, getItemList, []string{"WARN ews wait no readable response", "WARN ews wait no readable response", "INFO ews call"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				logger, records := logged(slog.LevelInfo)
				_ = tt.call(t.Context(), script(tt.steps...).client(t, &ews.Options{Logger: logger})) // as wanted below
				var got []string
				for _, r := range records(t) {
					line := r["level"].(string) + " " + r["msg"].(string) //nolint:errcheck // slog's own keys
					if kind, ok := r["error"].(string); ok {
						line += " " + kind
					}
					got = append(got, line)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("records (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// A read is not tried again, and no wait is announced, once the context has ended.
func TestLog_ContextEnds(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		end  func(context.Context) (context.Context, context.CancelFunc)
		want string
	}{
		"deadline exceeded": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Second)
		}, "deadline exceeded"},
		"canceled": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(time.Second, cancel)
			return ctx, cancel
		}, "canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				logger, records := logged(slog.LevelInfo)
				ctx, cancel := tt.end(t.Context())
				defer cancel()
				if err := getItemList(ctx, script(silent).client(t, &ews.Options{Logger: logger})); err == nil {
					t.Fatal("no error")
				}
				if got := records(t); len(got) != 1 || got[0]["error"] != tt.want {
					t.Errorf("records: %v", got)
				}
			})
		})
	}
}
