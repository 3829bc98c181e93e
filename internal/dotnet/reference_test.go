package dotnet

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// referenceDir is the folder of Microsoft's schemas and samples, which are read in place.
func referenceDir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("EWS_REFERENCE")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "reference")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no reference files (set EWS_REFERENCE): %v", err)
	}
	return dir
}

func TestCheck_ReferenceFaults(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(referenceDir(t), "schema-faults")
	table, err := os.ReadFile(filepath.Join(dir, "expected.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(table)) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 4)
		if len(fields) != 4 {
			t.Fatalf("expected.tsv: cannot read %q", line)
		}
		t.Run(fields[0], func(t *testing.T) {
			t.Parallel()
			request, err := os.ReadFile(filepath.Join(dir, fields[0]))
			if err != nil {
				t.Fatal(err)
			}
			_, v := Check(request, nil)
			if diff := cmp.Diff(fields[1:], verdict(v)); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
		})
	}
}

// verdict spells a violation as dotnet-verdict prints it: line, position, text.
func verdict(v *Violation) []string {
	if v == nil {
		return []string{"0", "0", "ok"}
	}
	return []string{strconv.Itoa(v.Line), strconv.Itoa(v.Position), strings.ReplaceAll(v.Text, "\n", " ")}
}
