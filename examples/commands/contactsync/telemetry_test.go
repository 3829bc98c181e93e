package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// TestTelemetry is a collector for traces and metrics of one run. Protocol buffers hold texts as they are.
func TestTelemetry(t *testing.T) {
	var mu sync.Mutex
	got := map[string]string{}
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		got[r.URL.Path] += string(body)
	}))
	t.Cleanup(collector.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	command(t.Context(), "--generate", "1", "--delay", "0").must(t, statusInStep, "1 in step (1 changed")
	mu.Lock()
	defer mu.Unlock()
	want := map[string][]string{
		"/v1/traces":  {"contactsync", "sync mailbox", "river.job.id", "in step", "EWS GetImItemList", "EWS AddImGroup"},
		"/v1/metrics": {"contactsync", "contactsync.mailbox.duration", "http.client.request.duration"},
	}
	for path, texts := range want {
		for _, text := range texts {
			if !strings.Contains(got[path], text) {
				t.Errorf("%s: want %q in it", path, text)
			}
		}
		if strings.Contains(got[path], "@contoso.com") {
			t.Errorf("%s: it names a mailbox", path)
		}
	}
}

// TestTelemetry_Lost is a collector that is out of order: what it does not get is no failure of a mailbox,
// and no error of the run.
func TestTelemetry_Lost(t *testing.T) {
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
	}))
	t.Cleanup(collector.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	got := command(t.Context(), "--generate", "1", "--delay", "0")
	got.must(t, statusInStep, "1 in step (1 changed", "warning: ")
	if strings.Contains(got.stderr, "error:") {
		t.Errorf("an error with status 0:\n%s", got.stderr)
	}
}
