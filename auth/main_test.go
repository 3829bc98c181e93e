package auth

import (
	"os"
	"testing"

	"github.com/go-ews/exchange/internal/leftover"
)

// TestMain fails when the tests together leave a connection's goroutine or a descriptor behind.
func TestMain(m *testing.M) { os.Exit(leftover.Run(m, "exchange/auth.(*")) }
