package ewstest_test

import (
	"encoding/xml"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/internal/xmltest"
)

// TestSchemaFault_Reference sends the requests for which the reference data has .NET's own verdict.
func TestSchemaFault_Reference(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(xmltest.Reference(t), "schema-faults")
	table, err := os.ReadFile(filepath.Join(dir, "expected.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(table), "\n"), "\n")
	if len(lines) != 25 {
		t.Errorf("%d cases, want 25", len(lines))
	}
	for _, line := range lines {
		column := strings.SplitN(line, "\t", 4)
		t.Run(column[0], func(t *testing.T) {
			t.Parallel()
			request, err := os.ReadFile(filepath.Join(dir, column[0]))
			if err != nil {
				t.Fatal(err)
			}
			r := post(t, ewstest.NewServer(nil), string(request))
			if column[0] == "schema-version-unknown.xml" { // servers read this header before they validate
				if got := r.parse(t).text("ResponseCode"); got != "ErrorInvalidRequest" {
					t.Errorf("code %q, want ErrorInvalidRequest", got)
				}
				return
			}
			if column[3] == "ok" {
				if r.Status != http.StatusOK {
					t.Errorf("HTTP %d: %s", r.Status, r.Body)
				}
				return
			}
			want := verdict{http.StatusInternalServerError, column[1], column[2], column[3]}
			if diff := cmp.Diff(want, readVerdict(t, r)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// verdict is what a schema fault says.
type verdict struct {
	Status                    int
	Line, Position, Violation string
}

// readVerdict reads a schema fault, in which encoding/xml has to be spared the references to
// characters that XML forbids. The expected texts have these characters themselves, or left out.
func readVerdict(t *testing.T, r reply) verdict {
	t.Helper()
	const placeholder = "\uE00B"
	body := strings.ReplaceAll(r.Body, "&#xB;", placeholder)
	var n node
	if err := xml.Unmarshal([]byte(body), &n); err != nil {
		t.Fatalf("%v in %s", err, r.Body)
	}
	violation := strings.ReplaceAll(n.text("Violation"), placeholder, "\v")
	if got, want := n.text("faultstring"), "The request failed schema validation: "+n.text("Violation"); got != want {
		t.Errorf("faultstring %q, want %q", got, want)
	}
	return verdict{r.Status, n.text("LineNumber"), n.text("LinePosition"), violation}
}
