package arch_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// tree is the module as the checks see it, read once from a file system.
type tree struct {
	top     []string           // entries of the root
	modules map[string]string  // folder of each go.mod, "." for the main one, to its text
	pkgs    map[string]*source // non-test Go, by folder
	files   map[string][]byte  // every file outside .git
}

// source is a package as written: its imports with one file that has each, and its declarations.
type source struct {
	imports map[string]string
	decls   map[string]*ast.File
}

func readTree(fsys fs.FS) (*tree, error) {
	t := &tree{modules: map[string]string{}, pkgs: map[string]*source{}, files: map[string][]byte{}}
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		t.top = append(t.top, e.Name())
	}
	return t, fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && name == ".git":
			return fs.SkipDir
		case e.IsDir(), name == ".git": // a file in a worktree
			return nil
		}
		return t.read(fsys, name)
	})
}

func (t *tree) read(fsys fs.FS, name string) error {
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	t.files[name] = text
	if path.Base(name) == "go.mod" {
		t.modules[path.Dir(name)] = string(text)
	}
	if path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || inTestdata(name) {
		return nil
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("parse: %w", err)
	}
	dir := path.Dir(name)
	if t.pkgs[dir] == nil {
		t.pkgs[dir] = &source{imports: map[string]string{}, decls: map[string]*ast.File{}}
	}
	t.pkgs[dir].decls[name] = file
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		t.pkgs[dir].imports[imported] = name
	}
	return nil
}

func inTestdata(name string) bool {
	return strings.HasPrefix(name, "testdata/") || strings.Contains(name, "/testdata/")
}

// nested reports whether a folder belongs to a module below the root.
func (t *tree) nested(dir string) bool {
	for ; dir != "."; dir = path.Dir(dir) {
		if _, ok := t.modules[dir]; ok {
			return true
		}
	}
	return false
}

// leaf reports whether no package of the main module can import a folder: it is a command, or
// belongs to a module below the root.
func (t *tree) leaf(dir string) bool {
	isCommand := func(f *ast.File) bool { return f.Name.Name == "main" }
	return t.nested(dir) || slices.ContainsFunc(slices.Collect(maps.Values(t.pkgs[dir].decls)), isCommand)
}
