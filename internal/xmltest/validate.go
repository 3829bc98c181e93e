package xmltest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Validate fails the test if doc, a whole SOAP envelope, is not valid against the newest schema of
// the reference data. It skips as [Reference] does, and where xmllint is not installed.
func Validate(t testing.TB, doc []byte) {
	t.Helper()
	ValidateAll(t, map[string][]byte{"document": doc})
}

// ValidateAll is [Validate] for many documents at the price of one: xmllint spends its time on
// compiling the schema, so it runs once. The keys name the documents in the report.
func ValidateAll(t testing.TB, docs map[string][]byte) {
	t.Helper()
	if len(docs) == 0 {
		t.Fatal("xmltest: no document to validate")
	}
	schema := filepath.Join(Reference(t), "schema", "validate", "v2018_01_08.xsd")
	tool, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmltest: xmllint is not installed (Debian: libxml2-utils; macOS brings it)")
	}
	faults, err := lint(t.Context(), t.TempDir(), tool, schema, docs)
	if err != nil {
		t.Fatalf("xmltest: %v", err)
	}
	for _, name := range slices.Sorted(maps.Keys(faults)) {
		t.Errorf("%s is not valid:\n%s\nin\n%s", name, faults[name], docs[name])
	}
	// .ci/run requires this line of the packages that validate.
	t.Logf("xmltest: xmllint found %d of %d documents valid", len(docs)-len(faults), len(docs))
}

// lint writes the documents into dir and returns the tool's lines for each that is not valid.
func lint(ctx context.Context, dir, tool, schema string, docs map[string][]byte) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	names := slices.Sorted(maps.Keys(docs))
	args := []string{"--noout", "--nonet", "--schema", schema}
	for i, name := range names {
		file := fmt.Sprintf("%06d.xml", i)
		if err := os.WriteFile(filepath.Join(dir, file), docs[name], 0o600); err != nil {
			return nil, err
		}
		args = append(args, file)
	}
	cmd := exec.CommandContext(ctx, tool, args...)
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	// Statuses 1, 3 and 4 mean that a document is malformed or not valid, the others that none was
	// checked.
	exit, _ := errors.AsType[*exec.ExitError](err)
	if err != nil && (exit == nil || !slices.Contains([]int{1, 3, 4}, exit.ExitCode())) {
		return nil, fmt.Errorf("%s: %w: %s", tool, err, firstLines(out.String()))
	}
	return verdicts(names, out.String()), nil
}

// verdicts sorts the tool's lines by document. Only one with the line "FILE validates" is valid.
func verdicts(names []string, out string) map[string]string {
	faults := map[string]string{}
	lines := strings.Split(out, "\n")
	for i, name := range names {
		file := fmt.Sprintf("%06d.xml", i)
		if slices.Contains(lines, file+" validates") {
			continue
		}
		var said []string
		for _, line := range lines {
			if rest, ok := strings.CutPrefix(line, file+":"); ok {
				said = append(said, "line "+rest)
			}
		}
		if len(said) == 0 {
			said = []string{"xmllint did not say that it is valid"}
		}
		faults[name] = strings.Join(said, "\n")
	}
	return faults
}

func firstLines(s string) string {
	lines := strings.SplitN(s, "\n", 6)
	return strings.Join(lines[:min(len(lines), 5)], "; ")
}
