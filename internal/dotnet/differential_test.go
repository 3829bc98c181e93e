package dotnet

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestCheck_AgainstDotNet compares verdicts with .NET's own. EWS_DOTNET_VERDICT names the program that
// gives them: it takes files and prints file, line, position and text of each.
func TestCheck_AgainstDotNet(t *testing.T) {
	t.Parallel()
	program := os.Getenv("EWS_DOTNET_VERDICT")
	if program == "" {
		t.Skip("EWS_DOTNET_VERDICT does not name the program that gives .NET's verdicts")
	}
	seed, count := uint64(1), 3000
	if s := os.Getenv("EWS_DOTNET_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	if s := os.Getenv("EWS_DOTNET_COUNT"); s != "" {
		count, _ = strconv.Atoi(s)
	}
	all := slices.Concat(typedMutants(), cutMutants(), fragmentMutants(), mutants(seed, count))
	verdicts := askDotNet(t, program, all)
	compared, agreed := 0, 0
	for i, m := range all {
		want, ok := verdicts[i]
		if !ok {
			t.Logf("%s: .NET gave no verdict", m.name)
			continue
		}
		compared++
		_, v := Check([]byte(m.doc), nil)
		got := strings.Join(verdict(v), "\t")
		if got == want {
			agreed++
			continue
		}
		t.Logf("%s:\nwant %s\ngot  %s\n%s", m.name, want, got, strings.ToValidUTF8(m.doc, "?"))
	}
	t.Logf("%d of %d agree", agreed, compared)
	if agreed*100 < compared*98 {
		t.Errorf("%d of %d verdicts agree, want 98 in 100", agreed, compared)
	}
}

// askDotNet returns the verdicts by number. The program dies of some encodings: those have none.
func askDotNet(t *testing.T, program string, all []mutant) map[int]string {
	t.Helper()
	dir := t.TempDir()
	var files []string
	for i, m := range all {
		file := filepath.Join(dir, fmt.Sprintf("%06d.xml", i))
		if err := os.WriteFile(file, []byte(m.doc), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	verdicts := map[int]string{}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	for done := 0; done < len(files); {
		batch := files[done:min(done+1000, len(files))]
		out, err := exec.CommandContext(ctx, program, batch...).Output()
		if ctx.Err() != nil {
			t.Fatalf("%s: %v after %d verdicts", program, err, done)
		}
		n := 0
		for line := range strings.Lines(string(out)) {
			name, verdict, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			if !ok || name != filepath.Base(batch[n]) {
				t.Fatalf("%s: line %q for %s", program, line, batch[n])
			}
			verdicts[done+n] = verdict
			n++
		}
		done += n
		if n < len(batch) {
			done++ // the one it died of
		}
	}
	return verdicts
}
