package arch_test

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// goMod is the part of a go.mod file that the checks need. Comments are dropped, except that "//
// indirect" keeps a requirement out.
type goMod struct {
	path, goVersion string
	direct          []string
	required        []string          // indirect ones included
	replaced        map[string]string // module to what stands for it
	others          []string          // verbs that these modules do not need
}

func parseMod(text string) goMod {
	m := goMod{replaced: map[string]string{}}
	block := ""
	for line := range strings.Lines(text) {
		line, comment, _ := strings.Cut(line, "//")
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
			continue
		case block != "" && words[0] == ")":
			block = ""
			continue
		case block != "":
			words = append([]string{block}, words...)
		case words[len(words)-1] == "(":
			block = words[0]
			continue
		}
		m.take(words, strings.TrimSpace(comment) == "indirect")
	}
	return m
}

func (m *goMod) take(words []string, indirect bool) {
	switch verb := words[0]; {
	case verb == "module" && len(words) > 1:
		m.path = words[1]
	case verb == "go" && len(words) > 1:
		m.goVersion = words[1]
	case verb == "require" && len(words) > 1:
		m.required = append(m.required, words[1])
		if !indirect {
			m.direct = append(m.direct, words[1])
		}
	case verb == "replace" && slices.Contains(words, "=>"):
		if at := slices.Index(words, "=>"); at > 1 && at+1 < len(words) {
			m.replaced[words[1]] = words[at+1]
		}
	default:
		m.others = append(m.others, verb)
	}
}

// checkMainModule keeps what every importer's module graph has to carry as small as it is.
func checkMainModule(t *tree) (bad []string) {
	text, ok := t.modules["."]
	if !ok {
		return []string{"there is no go.mod at the root"}
	}
	m := parseMod(text)
	if m.path != module {
		bad = append(bad, fmt.Sprintf("go.mod names the module %s, want %s", m.path, module))
	}
	if m.goVersion != goVersion {
		bad = append(bad, fmt.Sprintf("go.mod says go %s, want %s", m.goVersion, goVersion))
	}
	for _, direct := range m.direct {
		if !slices.Contains(requirements, direct) {
			bad = append(bad, "go.mod requires "+direct)
		}
	}
	for _, want := range requirements {
		if !slices.Contains(m.direct, want) {
			bad = append(bad, "go.mod does not require "+want)
		}
	}
	for replaced := range m.replaced {
		bad = append(bad, "go.mod replaces "+replaced+", which importers would not see")
	}
	for _, verb := range m.others {
		bad = append(bad, "go.mod has a line "+verb)
	}
	return bad
}

// checkNestedModules ties each nested module to the tree that it lies in: each of our modules that
// it requires comes from the tree.
func checkNestedModules(t *tree) (bad []string) {
	for _, dir := range slices.Sorted(maps.Keys(t.modules)) {
		m := parseMod(t.modules[dir])
		file := path.Join(dir, "go.mod")
		if dir == "." {
			continue
		}
		if want := path.Join(module, dir); m.path != want {
			bad = append(bad, fmt.Sprintf("%s names the module %s, want %s", file, m.path, want))
		}
		if !slices.Contains(m.required, module) {
			bad = append(bad, file+" does not require "+module)
		}
		for _, required := range m.required {
			own, ok := ours(required)
			if !ok {
				continue
			}
			if target := m.replaced[required]; !isRelative(target) || path.Join(dir, target) != own {
				bad = append(bad, fmt.Sprintf("%s does not replace %s by its relative path", file, required))
			}
		}
	}
	return bad
}

func isRelative(target string) bool {
	return strings.HasPrefix(target, "./") || strings.HasPrefix(target, "../") || target == ".."
}
