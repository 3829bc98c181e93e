package arch_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// TestModule holds the rules against the tree that this file lies in.
func TestModule(t *testing.T) {
	t.Parallel()
	tree, err := readTree(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.pkgs) == 0 || tree.modules["."] == "" {
		t.Fatalf("found %d packages and the modules %q: not the root", len(tree.pkgs), tree.modules)
	}
	for _, violation := range violations(tree) {
		t.Error(violation)
	}
}

func violations(t *tree) []string {
	var all []string
	for _, check := range checks {
		all = append(all, check(t)...)
	}
	slices.Sort(all)
	return all
}

// sound is a small tree without violations. Each case below spoils it in one way.
func sound() fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range map[string]string{
		"go.mod": "module " + module + "\n\ngo 1.26.0\n\nrequire (\n\tgithub.com/Azure/go-ntlmssp v0.1.1\n" +
			"\tgithub.com/google/go-cmp v0.7.0 // a comment\n\tgolang.org/x/net v0.1.0 // indirect\n)\n\n" +
			"require golang.org/x/oauth2 v0.37.0\n",
		"README.md":                 "text",
		".github/x.md":              "text",
		"soap/reader.go":            "package soap\n\nimport _ \"bytes\"\n",
		"soap/reader_test.go":       "package soap_test\n\nimport _ \"net/http\"\n",
		"soap/testdata/x.go":        "package x\n\nimport _ \"net/http\"\n",
		"ews/client.go":             "package ews\n\ntype Client struct{}\n\nfunc (c *Client) Call() {}\n",
		"ews/ewstest/server.go":     "package ewstest\n\nimport _ \"" + module + "/internal/dotnet\"\n",
		"internal/dotnet/check.go":  "package dotnet\n\nimport _ \"strings\"\n",
		"internal/serve/main.go":    "package main\n\nimport _ \"" + module + "/ews/ewstest\"\n",
		"internal/bench/go.mod":     nestedMod("internal/bench", "../.."),
		"internal/bench/main.go":    "package main\n\nimport _ \"example.com/rival\"\n",
		"auth/transport.go":         "package auth\n\nimport _ \"golang.org/x/oauth2/clientcredentials\"\n",
		"auth/kerberos/go.mod":      nestedMod("auth/kerberos", "../.."),
		"auth/kerberos/kerberos.go": "package kerberos\n\nimport _ \"" + module + "/auth\"\n",
		"examples/imlist/main.go":   "package main\n\nimport _ \"" + module + "/ews/ewstest\"\n",
	} {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func nestedMod(dir, root string) string {
	return "module " + module + "/" + dir + "\n\ngo 1.26.0\n\nrequire " + module + " v0.0.0\n\n" +
		"replace " + module + " => " + root + "\n"
}

func TestChecks_Sound(t *testing.T) {
	t.Parallel()
	if got := found(t, sound()); len(got) > 0 {
		t.Errorf("violations in a sound tree:\n%s", strings.Join(got, "\n"))
	}
}

// TestChecks_Violations shows that each rule can fail, and that nothing else fails with it.
func TestChecks_Violations(t *testing.T) {
	t.Parallel()
	imports := func(pkg, imported string) string { return "package " + pkg + "\n\nimport _ \"" + imported + "\"\n" }
	for _, tc := range []struct{ name, file, text, want string }{
		{"top level", "Makefile", "all:", "Makefile does not belong at the top level"},
		{"link", ".github/x.md", "[x](../soap/reader.go#L1), [y](gone.md)", ".github/x.md has a link to .github/gone.md"},
		{"file on the page", ".github/ARCHITECTURE.md", "`reader.go` and `gone.go`", ".github/ARCHITECTURE.md names gone.go"},
		{"unknown package", "ews/calendar/x.go", "package calendar", "ews/calendar is not in the import table"},
		{"soap and net", "soap/x.go", imports("soap", "net"), "soap imports net (soap/x.go)"},
		{"soap and net/http", "soap/x.go", imports("soap", "net/http"), "soap imports net/http (soap/x.go)"},
		{
			"soap and net behind internal", "soap/x.go", imports("soap", module+"/internal/wire"),
			"soap imports net/url by way of internal/deep",
		},
		{"imgroup and net", "imgroup/x.go", imports("imgroup", "net/url"), "imgroup imports net/url (imgroup/x.go)"},
		{"imgroup and ours", "imgroup/x.go", imports("imgroup", module+"/soap"), "imgroup imports " + module + "/soap"},
		{"ews and auth", "ews/x.go", imports("ews", module+"/auth"), "ews imports " + module + "/auth"},
		{"ews and below", "ews/x.go", imports("ews", module+"/ews/ewstest"), "ews imports " + module + "/ews/ewstest"},
		{"ews and another's", "ews/x.go", imports("ews", "golang.org/x/oauth2"), "ews imports golang.org/x/oauth2"},
		{"ewstest and testing", "ews/ewstest/x.go", imports("ewstest", "testing/iotest"), "ews/ewstest imports testing/iotest"},
		{"ewstest and soap", "ews/ewstest/x.go", imports("ewstest", module+"/soap"), "ews/ewstest imports " + module + "/soap"},
		{"imsync and ewstest", "ews/imsync/x.go", imports("imsync", module+"/ews/ewstest"), "ews/imsync imports"},
		{"auth and ews", "auth/x.go", imports("auth", module+"/ews"), "auth imports " + module + "/ews"},
		{"auth and go-cmp", "auth/x.go", imports("auth", "github.com/google/go-cmp/cmp"), "auth imports github.com/google/go-cmp"},
		{"kerberos and ews", "auth/kerberos/x.go", imports("kerberos", module+"/ews"), "auth/kerberos imports " + module + "/ews"},
		{"internal and ews", "internal/dotnet/x.go", imports("dotnet", module+"/ews"), "internal/dotnet imports " + module + "/ews"},
		{
			"example and internal", "examples/imlist/x.go", imports("main", module+"/internal/dotnet"),
			"examples/imlist imports " + module + "/internal/dotnet",
		},
		{"platform file", "soap/x_windows.go", "//go:build windows\n\n" + imports("soap", "net"), "soap imports net (soap/x_windows.go)"},
		{"client", "ews/x.go", "package ews\n" + methods(20), "ews.Client has 21 methods, 20 at most"},
		{"init", "soap/x.go", "package soap\n\nfunc init() {}\n", "soap/x.go has an init function"},
		{"file name", "soap/util.go", "package soap", "soap/util.go is named after nothing"},
		{"test file name", "soap/helpers_test.go", "package soap", "soap/helpers_test.go is named after nothing"},
		{"folder name", "internal/common/x.go", "package common", "internal/common/x.go is named after nothing"},
		{"machine's path", ".github/x.md", "see /" + "work/main", ".github/x.md names a path of one machine, /" + "work/main"},
		{"go version", "go.mod", changed("go 1.26.0", "go 1.27.0"), "go.mod says go 1.27.0, want 1.26.0"},
		{"requirement", "go.mod", changed("require (", "require (\n\texample.com/x v1.0.0"), "go.mod requires example.com/x"},
		{"requirement gone", "go.mod", changed("require golang.org/x/oauth2 v0.37.0", ""), "go.mod does not require golang.org/x/oauth2"},
		{"indirect for direct", "go.mod", changed(" // indirect", ""), "go.mod requires golang.org/x/net"},
		{"toolchain", "go.mod", changed("go 1.26.0", "go 1.26.0\n\ntoolchain go1.26.8"), "go.mod has a line toolchain"},
		{"tool", "go.mod", changed("require (", "tool example.com/x\n\nrequire ("), "go.mod has a line tool"},
		{"replace", "go.mod", changed("require (", "replace a.b/c => ./c\n\nrequire ("), "go.mod replaces a.b/c"},
		{
			"no replace", "internal/bench/go.mod", "module " + module + "/internal/bench\nrequire " + module + " v0.0.0\n",
			"internal/bench/go.mod does not replace " + module + " by its relative path",
		},
		{
			"absolute replace", "internal/bench/go.mod", nestedMod("internal/bench", "/src/exchange"),
			"internal/bench/go.mod does not replace " + module + " by its relative path",
		},
		{
			"replace beside the root", "internal/bench/go.mod", nestedMod("internal/bench", ".."),
			"internal/bench/go.mod does not replace " + module + " by its relative path",
		},
		{"nested name", "internal/bench/go.mod", nestedMod("bench", "../.."), "internal/bench/go.mod names the module " + module + "/bench"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			fsys := sound()
			fsys["internal/wire/x.go"] = &fstest.MapFile{Data: []byte(imports("wire", module+"/internal/deep"))}
			fsys["internal/deep/x.go"] = &fstest.MapFile{Data: []byte(imports("deep", "net/url"))}
			fsys[tc.file] = &fstest.MapFile{Data: []byte(tc.text)}
			got := found(t, fsys)
			if len(got) != 1 || !strings.HasPrefix(got[0], tc.want) {
				t.Errorf("violations:\n%s\nwant one:\n%s", strings.Join(got, "\n"), tc.want)
			}
		})
	}
}

func found(t *testing.T, fsys fstest.MapFS) []string {
	t.Helper()
	tree, err := readTree(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return violations(tree)
}

// changed is the sound go.mod with a part replaced.
func changed(old, replacement string) string {
	return strings.Replace(string(sound()["go.mod"].Data), old, replacement, 1)
}

// methods returns the source of n methods of Client.
func methods(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("\nfunc (Client) M" + strings.Repeat("x", i) + "() {}\n")
	}
	return b.String()
}
