package loopback_test

import (
	"testing"

	"github.com/go-ews/exchange/internal/loopback"
)

func TestIsHost(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "LocalHost": true, "127.0.0.1": true, "127.8.8.8": true, "::1": true,
		"::ffff:127.0.0.1": true, "": false, "localhost.example.com": false, "127.0.0.1.example.com": false,
		"10.0.0.1": false, "0.0.0.0": false, "::": false,
	} {
		if got := loopback.IsHost(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
}
