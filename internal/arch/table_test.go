package arch_test

import (
	"path"
	"slices"
	"strings"
)

// module is the path that every package of ours starts with.
const module = "github.com/go-ews/exchange"

// rule is a row of the import table for non-test files. Patterns are package paths, ours relative
// to the module; "x/..." matches x and the packages below it.
type rule struct {
	may    []string // packages of ours
	mustBe []string // what others' packages may be imported; the standard library needs no mention
	mustNo []string // what neither the package nor what it imports from internal may import
}

// importTable has the packages of the module. One that is not here is a mistake: a new package gets
// its row first.
var importTable = map[string]rule{
	"soap":             {may: []string{"internal/..."}, mustNo: []string{"net/..."}},
	"imgroup":          {may: []string{"imgroup/mapi"}, mustNo: []string{"net/..."}},
	"imgroup/mapi":     {mustNo: []string{"net/..."}},
	"ews":              {may: []string{"soap", "imgroup/...", "internal/..."}},
	"ews/imsync":       {may: []string{"ews", "imgroup", "internal/..."}},
	"ews/directory":    {may: []string{"ews", "imgroup", "internal/..."}},
	"ews/transcript":   {may: []string{"internal/..."}},
	"ews/ewstest":      {may: []string{"ews", "imgroup/...", "internal/..."}, mustNo: []string{"testing/..."}},
	"ews/autodiscover": {may: []string{"ews", "internal/..."}},
	"auth": {
		may:    []string{"internal/..."},
		mustBe: []string{"github.com/Azure/go-ntlmssp", "golang.org/x/oauth2/..."},
	},
	"auth/kerberos": {may: []string{"auth"}, mustBe: []string{"..."}},
	"auth/sspi":     {may: []string{"auth"}, mustBe: []string{"..."}},
}

// examples, nested modules and commands below internal are held to less, the rest of internal to
// more: it must be usable from every package that may import internal.
var (
	exampleRule  = rule{may: []string{"soap", "imgroup/...", "ews/...", "auth/...", "examples/..."}, mustBe: []string{"..."}}
	internalRule = rule{may: []string{"internal/..."}}
	leafRule     = rule{may: []string{"..."}, mustBe: []string{"..."}}
)

// ruleFor finds the row of a package; leaf says that no package of the main module can import it.
func ruleFor(pkg string, leaf bool) (rule, bool) {
	if r, ok := importTable[pkg]; ok {
		return r, true
	}
	switch {
	case strings.HasPrefix(pkg, "examples/"):
		return exampleRule, true
	case strings.HasPrefix(pkg, "internal/") && leaf:
		return leafRule, true
	case strings.HasPrefix(pkg, "internal/"):
		return internalRule, true
	}
	return rule{}, false
}

// topLevel lists the entries that the root may have besides dot files.
var topLevel = []string{
	"ews", "imgroup", "soap", "auth", "examples", "internal",
	"go.mod", "go.sum", "README.md", "LICENSE",
}

// requirements are the direct ones of the main module, all of them.
var requirements = []string{
	"github.com/Azure/go-ntlmssp", "github.com/google/go-cmp", "golang.org/x/oauth2",
}

// goVersion is the older of the two supported releases; raised only when code needs it.
const goVersion = "1.26.0"

// maxClientMethods keeps Client readable: another family of operations becomes a package of
// functions.
const maxClientMethods = 20

// emptyNames say nothing about the content of a package or a file.
var emptyNames = []string{"util", "utils", "common", "types", "helper", "helpers", "misc"}

// isEmptyName reports whether a package or a Go file is named after nothing.
func isEmptyName(file string) bool {
	name := strings.TrimSuffix(path.Base(file), ".go")
	return slices.Contains(emptyNames, strings.TrimSuffix(name, "_test"))
}

// matches reports whether the import path is one of the patterns.
func matches(patterns []string, importPath string) bool {
	for _, p := range patterns {
		prefix, below := strings.CutSuffix(p, "...")
		prefix = strings.TrimSuffix(prefix, "/")
		if importPath == prefix || below && (prefix == "" || strings.HasPrefix(importPath, prefix+"/")) {
			return true
		}
	}
	return false
}
