package arch_test

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

var (
	// relativeLink is a link of Markdown to a file of the repository.
	relativeLink = regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)

	// fileName is a file's name in the text of the page about the architecture.
	fileName = regexp.MustCompile("`([a-z0-9_/.]+\\.(?:go|tsv|txt))`")
)

const architecturePage = ".github/ARCHITECTURE.md"

// checkPages finds links that lead nowhere, and files that the architecture page names and the
// repository lacks.
func checkPages(t *tree) (bad []string) {
	for name, text := range t.files {
		if path.Ext(name) != ".md" {
			continue
		}
		for _, link := range relativeLink.FindAllSubmatch(text, -1) {
			if target := path.Join(path.Dir(name), string(link[1])); !t.has(func(file string) bool {
				return file == target || strings.HasPrefix(file, target+"/")
			}) {
				bad = append(bad, fmt.Sprintf("%s has a link to %s, which is not there", name, target))
			}
		}
	}
	for _, named := range fileName.FindAllSubmatch(t.files[architecturePage], -1) {
		if !t.has(func(file string) bool { return strings.HasSuffix("/"+file, "/"+string(named[1])) }) {
			bad = append(bad, fmt.Sprintf("%s names %s, which is not there", architecturePage, named[1]))
		}
	}
	return bad
}

// has reports whether the tree has such a file.
func (t *tree) has(is func(file string) bool) bool {
	for name := range t.files {
		if is(name) {
			return true
		}
	}
	return false
}
