package main

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTelemetry is a collector for traces and metrics of one run.
func TestTelemetry(t *testing.T) {
	var mu sync.Mutex
	got := map[string]bool{}
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got[r.URL.Path] = true
	}))
	t.Cleanup(collector.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	command(t.Context(), "-generate", "1", "-delay", "0").must(t, statusInStep, "1 in step (1 changed")
	mu.Lock()
	defer mu.Unlock()
	if diff := cmp.Diff([]string{"/v1/metrics", "/v1/traces"}, slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
