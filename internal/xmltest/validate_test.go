package xmltest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// note is a schema of the test's own, so that the validator is tested without the reference data.
const note = `<?xml version="1.0"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:element name="note"><xs:complexType><xs:sequence>
    <xs:element name="to" type="xs:int"/>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>
`

func TestLint(t *testing.T) {
	t.Parallel()
	tool, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint is not installed")
	}
	dir := t.TempDir()
	schema := filepath.Join(dir, "note.xsd")
	if err := os.WriteFile(schema, []byte(note), 0o600); err != nil {
		t.Fatal(err)
	}
	faults, err := lint(t.Context(), dir, tool, schema, map[string][]byte{
		"valid":       []byte("<note><to>1</to></note>"),
		"wrong value": []byte("<note>\n<to>one</to></note>"),
		"not closed":  []byte("<note><to>1</to>"),
		"empty":       nil,
		"valid too":   []byte("<note><to>2</to></note>"),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"wrong value": "'one' is not a valid value", "not closed": "line 1", "empty": "line 1"}
	for name, part := range want {
		if !strings.Contains(faults[name], part) {
			t.Errorf("%s: reported %q, want a report with %q", name, faults[name], part)
		}
		delete(faults, name)
	}
	if len(faults) > 0 {
		t.Errorf("reported without a reason: %q", faults)
	}
}

func TestLint_NothingChecked(t *testing.T) {
	t.Parallel()
	tool, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint is not installed")
	}
	doc := map[string][]byte{"d": []byte("<note/>")}
	if _, err := lint(t.Context(), t.TempDir(), tool, "missing.xsd", doc); err == nil {
		t.Error("a schema that does not exist is no error")
	}
	if _, err := lint(t.Context(), t.TempDir(), "missing-tool", "missing.xsd", doc); err == nil {
		t.Error("a tool that does not exist is no error")
	}
}

func TestVerdicts_SilenceIsNoPass(t *testing.T) {
	t.Parallel()
	got := verdicts([]string{"a", "b"}, "000000.xml validates\n")
	want := map[string]string{"b": "xmllint did not say that it is valid"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
}

// TestValidateAll runs the documented requests through the validator: all but the one that
// reference/README.md lists as wrong are valid.
func TestValidateAll(t *testing.T) {
	t.Parallel()
	dir := Reference(t)
	files, err := filepath.Glob(filepath.Join(dir, "samples", "*", "request.xml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples in %s: %v", dir, err)
	}
	docs := map[string][]byte{}
	for _, file := range files {
		operation := filepath.Base(filepath.Dir(file))
		if operation == "AddDistributionGroupToImList" {
			continue // lacks the DisplayName that the schema requires
		}
		doc, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		docs[operation] = doc
	}
	ValidateAll(t, docs)
}
