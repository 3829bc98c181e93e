package xmltest

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// ReferenceVariable is the environment variable for the folder of the reference data.
const ReferenceVariable = "EWS_REFERENCE"

// mainModule finds the root's go.mod among those of nested modules.
var mainModule = regexp.MustCompile(`(?m)^module github\.com/go-ews/exchange$`)

// Reference returns the folder with Microsoft's schema, samples and schema faults: $EWS_REFERENCE,
// or ../shared/reference next to the module's root. The data is not part of the module. Without the
// variable and without the folder the test is skipped; a variable that names no folder fails it.
func Reference(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv(ReferenceVariable); dir != "" {
		abs, err := filepath.Abs(dir)
		if err != nil || !isDir(filepath.Join(abs, "schema")) {
			t.Fatalf("xmltest: $%s is %q, which has no folder schema", ReferenceVariable, dir)
		}
		return found(t, abs)
	}
	root, ok := moduleRoot()
	if !ok {
		t.Fatalf("xmltest: no go.mod of github.com/go-ews/exchange above the working directory")
	}
	dir := filepath.Join(filepath.Dir(root), "shared", "reference")
	if !isDir(filepath.Join(dir, "schema")) {
		t.Skipf("xmltest: no reference data: set $%s or put it at ../shared/reference", ReferenceVariable)
	}
	return found(t, dir)
}

// found logs a line for .ci/run, which requires it of the packages that use the data.
func found(t testing.TB, dir string) string {
	t.Helper()
	t.Logf("xmltest: reference data in %s", dir)
	return dir
}

// moduleRoot looks for the main module upwards from the working directory, which go test sets to
// the package's folder.
func moduleRoot() (string, bool) {
	dir, err := os.Getwd()
	if err != nil {
		return "", false
	}
	for {
		mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && mainModule.Match(mod) {
			return dir, true
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", false
		}
		dir = parent
	}
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
