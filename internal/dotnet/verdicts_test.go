package dotnet

import (
	_ "embed"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// verdictTable holds requests with .NET's verdicts: name, line, position, text, request; the last
// two quoted as in Go. TestCheck_AgainstDotNet writes it.
//
//go:embed testdata/verdicts.tsv
var verdictTable string

func TestCheck_Verdicts(t *testing.T) {
	t.Parallel()
	for line := range strings.Lines(verdictTable) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 5 {
			t.Fatalf("cannot read %q", line)
		}
		text, err := strconv.Unquote(fields[3])
		if err != nil {
			t.Fatalf("%s: %v", fields[0], err)
		}
		request, err := strconv.Unquote(fields[4])
		if err != nil {
			t.Fatalf("%s: %v", fields[0], err)
		}
		t.Run(fields[0], func(t *testing.T) {
			t.Parallel()
			_, v := Check([]byte(request), nil)
			if diff := cmp.Diff([]string{fields[1], fields[2], text}, verdict(v)); diff != "" {
				t.Errorf("verdict on %q (-want +got):\n%s", request, diff)
			}
		})
	}
}
