package arch_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// checks are all the rules; each returns one line per violation.
var checks = []func(*tree) []string{
	checkTop, checkPackages, checkImports, checkReach, checkClient, checkInit, checkNames, checkPaths,
	checkPages, checkMainModule, checkNestedModules,
}

func checkTop(t *tree) (bad []string) {
	for _, name := range t.top {
		if !strings.HasPrefix(name, ".") && !slices.Contains(topLevel, name) {
			bad = append(bad, name+" does not belong at the top level")
		}
	}
	return bad
}

func checkPackages(t *tree) (bad []string) {
	for _, dir := range slices.Sorted(maps.Keys(t.pkgs)) {
		if _, ok := ruleFor(dir, t.leaf(dir)); !ok {
			bad = append(bad, dir+" is not in the import table")
		}
	}
	return bad
}

func checkImports(t *tree) (bad []string) {
	for _, dir := range slices.Sorted(maps.Keys(t.pkgs)) {
		r, _ := ruleFor(dir, t.leaf(dir))
		imports := t.pkgs[dir].imports
		for _, imported := range slices.Sorted(maps.Keys(imports)) {
			if !r.allows(imported) {
				bad = append(bad, fmt.Sprintf("%s imports %s (%s)", dir, imported, imports[imported]))
			}
		}
	}
	return bad
}

// allows says whether a package under the rule may import a package: ours, the standard library's
// or another's.
func (r rule) allows(imported string) bool {
	if own, ok := ours(imported); ok {
		return matches(r.may, own)
	}
	if host, _, _ := strings.Cut(imported, "/"); !strings.Contains(host, ".") {
		return !matches(r.mustNo, imported)
	}
	return matches(r.mustBe, imported)
}

// ours strips the module's path.
func ours(imported string) (string, bool) {
	if imported == module {
		return ".", true
	}
	return strings.CutPrefix(imported, module+"/")
}

// checkReach looks for what a rule forbids behind packages of internal, which are part of their
// importer in all but name.
func checkReach(t *tree) (bad []string) {
	for _, dir := range slices.Sorted(maps.Keys(t.pkgs)) {
		r, _ := ruleFor(dir, t.leaf(dir))
		for _, via := range t.internals(dir) {
			for _, imported := range slices.Sorted(maps.Keys(t.pkgs[via].imports)) {
				if matches(r.mustNo, imported) {
					bad = append(bad, fmt.Sprintf("%s imports %s by way of %s", dir, imported, via))
				}
			}
		}
	}
	return bad
}

// internals lists the packages below internal that a package imports, directly or through each
// other.
func (t *tree) internals(dir string) []string {
	var found []string
	queue := []string{dir}
	for len(queue) > 0 {
		next := queue[0]
		queue = queue[1:]
		for imported := range t.pkgs[next].imports {
			own, ok := ours(imported)
			if !ok || !strings.HasPrefix(own, "internal/") || t.pkgs[own] == nil || slices.Contains(found, own) {
				continue
			}
			found, queue = append(found, own), append(queue, own)
		}
	}
	slices.Sort(found)
	return found
}

func checkClient(t *tree) []string {
	methods := clientMethods(t)
	if len(methods) <= maxClientMethods {
		return nil
	}
	return []string{fmt.Sprintf("ews.Client has %d methods, %d at most: %s",
		len(methods), maxClientMethods, strings.Join(methods, ", "))}
}

func clientMethods(t *tree) []string {
	var methods []string
	if t.pkgs["ews"] == nil {
		return nil
	}
	for _, file := range t.pkgs["ews"].decls {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if ok && f.Name.IsExported() && receiver(f) == "Client" {
				methods = append(methods, f.Name.Name)
			}
		}
	}
	slices.Sort(methods)
	return methods
}

// receiver names the type that a method belongs to.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	typ := f.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if name, ok := typ.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

// checkInit finds code that runs when a package is imported.
func checkInit(t *tree) (bad []string) {
	for _, dir := range slices.Sorted(maps.Keys(t.pkgs)) {
		for name, file := range t.pkgs[dir].decls {
			for _, d := range file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
					bad = append(bad, name+" has an init function")
				}
			}
		}
	}
	return bad
}

func checkNames(t *tree) (bad []string) {
	for name := range t.files {
		if path.Ext(name) == ".go" && (isEmptyName(name) || isEmptyName(path.Dir(name))) {
			bad = append(bad, name+" is named after nothing")
		}
	}
	return bad
}

// machinePath is a path that only one machine has.
var machinePath = regexp.MustCompile(`/(work|farm|root)/[a-z]\S{0,40}`)

func checkPaths(t *tree) (bad []string) {
	for name, text := range t.files {
		if bytes.IndexByte(text, 0) >= 0 || path.Base(name) == "go.sum" {
			continue // what a build left behind, or nothing but hashes
		}
		if found := machinePath.Find(text); found != nil {
			bad = append(bad, fmt.Sprintf("%s names a path of one machine, %s", name, found))
		}
	}
	return bad
}
