package dotnet

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write testdata/verdicts.tsv from .NET's verdicts")

// TestCheck_AgainstDotNet compares verdicts on requests in UTF-8 with .NET's own.
// EWS_DOTNET_VERDICT names the program for those: it takes files and prints file, line, position
// and text of each. EWS_DOTNET_SEED and EWS_DOTNET_COUNT choose other random requests, and more of
// them.
func TestCheck_AgainstDotNet(t *testing.T) {
	t.Parallel()
	program := os.Getenv("EWS_DOTNET_VERDICT")
	if program == "" {
		t.Skip("EWS_DOTNET_VERDICT does not name the program for .NET's verdicts")
	}
	seed, count := number(t, "EWS_DOTNET_SEED", 1), number(t, "EWS_DOTNET_COUNT", 2000)
	all := slices.Concat(typedMutants(), cutMutants(), fragmentMutants(),
		mutants(uint64(seed), count), longMutants(uint64(seed), count), soupMutants(uint64(seed), count))
	all = slices.DeleteFunc(all, func(m mutant) bool { return !inUTF8(m.doc) })
	verdicts := askDotNet(t, program, all)
	if *update {
		writeVerdicts(t, all, verdicts)
	}
	disagree := 0
	for i, m := range all {
		want, ok := verdicts[i]
		if !ok {
			t.Logf("%s: .NET gave no verdict", m)
			continue
		}
		_, v := Check([]byte(m.doc), nil)
		if got := strings.Join(verdict(v), "\t"); got != want {
			if disagree++; disagree <= 50 {
				t.Logf("%s:\nwant %s\ngot  %s\n%s", m, want, got, strings.ToValidUTF8(m.doc, "?"))
			}
		}
	}
	t.Logf("%d of %d verdicts agree", len(verdicts)-disagree, len(verdicts))
	if disagree*200 > len(verdicts) || len(verdicts)*100 < len(all)*99 {
		t.Errorf("of %d requests %d got a verdict and %d another than .NET's, want 99 in 100 and at most 5 in 1,000",
			len(all), len(verdicts), disagree)
	}
}

// number reads a number from the environment.
func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// askDotNet returns the verdicts by number. A request that the program dies of has none.
func askDotNet(t *testing.T, program string, all []mutant) map[int]string {
	t.Helper()
	dir := t.TempDir()
	files := make([]string, len(all))
	for i, m := range all {
		files[i] = filepath.Join(dir, fmt.Sprintf("%06d.xml", i))
		if err := os.WriteFile(files[i], []byte(m.doc), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	verdicts := map[int]string{}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	for done := 0; done < len(files); {
		batch := files[done:min(done+2000, len(files))]
		out, err := exec.CommandContext(ctx, program, batch...).Output()
		if ctx.Err() != nil || err != nil && len(out) == 0 {
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

// writeVerdicts keeps the shortest requests for each sort of verdict.
func writeVerdicts(t *testing.T, all []mutant, verdicts map[int]string) {
	t.Helper()
	const each = 2
	particular := regexp.MustCompile(`'[^']*'|"[^"]*"|[0-9]+|[\w.:-]*:[\w.:-]*`)
	sorts := map[string][]int{}
	for i := range all {
		if verdicts[i] != "" && len(all[i].doc) < 2000 {
			key := particular.ReplaceAllString(verdicts[i], "_")
			if kind := all[i].kind; strings.HasSuffix(verdicts[i], "\tok") {
				if strings.Contains(kind, "+") || len(sorts[key+kind]) > 0 {
					continue
				}
				key += kind
			}
			sorts[key] = append(sorts[key], i)
		}
	}
	var lines []string
	for _, numbers := range sorts {
		slices.SortStableFunc(numbers, func(a, b int) int { return len(all[a].doc) - len(all[b].doc) })
		for _, i := range numbers[:min(each, len(numbers))] {
			fields := strings.SplitN(verdicts[i], "\t", 3)
			lines = append(lines, fmt.Sprintf("%s\t%s\t%s\t%q\t%q\n", all[i], fields[0], fields[1], fields[2], all[i].doc))
		}
	}
	slices.Sort(lines)
	if err := os.WriteFile(filepath.Join("testdata", "verdicts.tsv"), []byte(strings.Join(lines, "")), 0o600); err != nil {
		t.Fatal(err)
	}
}
