package arch_test

import (
	"bytes"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-ews/exchange/internal/xmltest"
)

// TestCases_AllRead holds that each recorded response of ../shared/cases is read by a test: a file
// of some testdata/cases has the same bytes, and a test of its package names it.
func TestCases_AllRead(t *testing.T) {
	t.Parallel()
	cases := filepath.Join(xmltest.Reference(t), "..", "cases")
	recorded, err := filepath.Glob(filepath.Join(cases, "*.http"))
	if err != nil || len(recorded) == 0 {
		t.Skipf("no recorded responses in %s, next to those of EWS_REFERENCE: %v", cases, err)
	}
	tree, err := readTree(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range recorded {
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !tree.readsCase(whole) {
			t.Errorf("no test reads %s", file)
		}
	}
}

// readsCase reports whether a test reads a recorded response.
func (t *tree) readsCase(whole []byte) bool {
	for name, text := range t.files {
		pkg, file, ok := strings.Cut(name, "/testdata/cases/")
		if !ok || !bytes.Equal(text, whole) {
			continue
		}
		quoted := []byte(`"` + strings.TrimSuffix(file, ".http") + `"`)
		for test, source := range t.files {
			if path.Dir(test) == pkg && strings.HasSuffix(test, "_test.go") && bytes.Contains(source, quoted) {
				return true
			}
		}
	}
	return false
}
