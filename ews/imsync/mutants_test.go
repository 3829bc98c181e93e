package imsync_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mutant is the package with one fault.
type mutant struct{ name, file, old, new string }

// TestMutants puts one fault of testdata/mutants.txt at a time into the package: each must make a test
// fail. With EWS_OWNERSHIP_MUTANTS it takes minutes; else it requires that each fault fits the code.
func TestMutants(t *testing.T) {
	t.Parallel()
	all := os.Getenv("EWS_OWNERSHIP_MUTANTS") != ""
	mutants := readMutants(t)
	for _, m := range mutants {
		source, err := os.ReadFile(m.file)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(source, []byte(m.old)); n != 1 {
			t.Errorf("%s: %s has the lines %d times, and must have them once:\n%s", m.name, m.file, n, m.old)
			continue
		}
		if all {
			m.mustFail(t, bytes.Replace(source, []byte(m.old), []byte(m.new), 1))
		}
	}
	if all && !t.Failed() {
		t.Logf("%d mutants were found", len(mutants))
	}
}

// readMutants reads the faults: a line "# name", one with the file, and the lines to remove and to add.
func readMutants(t *testing.T) (all []mutant) {
	t.Helper()
	text, err := os.ReadFile("testdata/mutants.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range strings.Split(string(text), "\n# ")[1:] {
		lines := strings.Split(strings.TrimRight(part, "\n"), "\n")
		if len(lines) < 4 {
			t.Fatalf("%q has no file, or no lines to remove or to add", lines[0])
		}
		m := mutant{name: lines[0], file: lines[1]}
		for _, line := range lines[2:] {
			switch sign, rest := line[:1], line[1:]; sign {
			case "-":
				m.old += rest + "\n"
			case "+":
				m.new += rest + "\n"
			default:
				t.Fatalf("%s: %q is no line to remove or to add", m.name, line)
			}
		}
		all = append(all, m)
	}
	return all
}

// mustFail requires that a test fails with the mutated source. One that does not compile proves nothing.
func (m mutant) mustFail(t *testing.T, source []byte) {
	t.Helper()
	dir := t.TempDir()
	file, err := filepath.Abs(m.file)
	if err != nil {
		t.Fatal(err)
	}
	mutated, overlay, binary := filepath.Join(dir, m.file), filepath.Join(dir, "overlay.json"), filepath.Join(dir, "imsync.test")
	text, err := json.Marshal(map[string]any{"Replace": map[string]string{file: mutated}})
	if err == nil {
		err = os.WriteFile(mutated, source, 0o600)
	}
	if err == nil {
		err = os.WriteFile(overlay, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	run := func(name string, args ...string) (string, error) {
		command := exec.CommandContext(t.Context(), name, args...)
		command.Env = append(os.Environ(), "EWS_OWNERSHIP_MUTANTS=", "EWS_OWNERSHIP_PROGRAMS=2000", "GOGC=1000")
		out, err := command.CombinedOutput()
		return string(out), err
	}
	if out, err := run("go", "test", "-c", "-overlay", overlay, "-o", binary, "."); err != nil {
		t.Errorf("%s: %v\n%s", m.name, err, out)
		return
	}
	for _, tests := range []string{"^Test[^O]|^TestOwnership_[^P]", "^TestOwnership_P"} {
		if out, err := run(binary, "-test.failfast", "-test.run", tests, "-test.skip", "^TestMutants$"); err != nil {
			_, out, failed := strings.Cut(out, "--- FAIL: ")
			if by, _, _ := strings.Cut(out, " "); failed {
				t.Logf("%s: found by %s", m.name, by)
			} else {
				t.Errorf("%s: %v, and no test fails", m.name, err)
			}
			return
		}
	}
	t.Errorf("%s: no test fails", m.name)
}
