package sspi

import (
	"runtime"
	"strings"
	"testing"
)

func TestCurrentAccount(t *testing.T) {
	t.Parallel()
	if _, err := CurrentAccount(&Options{ServicePrincipal: "HTTP/mail\x00"}); err == nil || !strings.Contains(err.Error(), "NUL") {
		t.Errorf("a NUL character: %v", err)
	}
	m, err := CurrentAccount(nil)
	switch {
	case runtime.GOOS == "windows" && m == nil:
		t.Error(err)
	case runtime.GOOS != "windows" && (m != nil || err == nil || !strings.Contains(err.Error(), "only Windows")):
		t.Errorf("%v, %v", m, err)
	}
}
