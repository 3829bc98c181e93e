package main

import (
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// TestPicture holds that the committed picture is the one that is drawn, and that it is XML.
func TestPicture(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(root + "/.github/packages.svg")
	if err != nil {
		t.Fatal(err)
	}
	if strings.ReplaceAll(string(data), "\r\n", "\n") != draw() {
		t.Error("out of date: go run ./internal/picture > .github/packages.svg")
	}
	for d := xml.NewDecoder(strings.NewReader(draw())); ; {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestBoxes holds that each package that users can import is in the picture, that no box lies on
// another or outside, and that texts fit.
func TestBoxes(t *testing.T) {
	t.Parallel()
	var names []string
	for i, b := range boxes {
		names = append(names, b.name)
		if b.x < 0 || b.x+b.w > width || b.y+boxHeight > height {
			t.Errorf("%s lies outside", b.name)
		}
		if 9*len(b.name) > b.w-8 || 6*len(b.text) > b.w-8 {
			t.Errorf("the text of %s is wider than the box", b.name)
		}
		for _, other := range boxes[:i] {
			if b.y == other.y && b.x < other.x+other.w && other.x < b.x+b.w {
				t.Errorf("%s lies on %s", b.name, other.name)
			}
		}
	}
	for _, top := range []string{"auth", "ews", "imgroup", "soap"} {
		err := fs.WalkDir(os.DirFS(root), top, func(name string, e fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case e.IsDir() && path.Base(name) == "testdata":
				return fs.SkipDir
			case path.Ext(name) == ".go" && !slices.Contains(names, path.Dir(name)):
				t.Errorf("%s has no box", path.Dir(name))
				return fs.SkipDir
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestArchitecture holds that the files and packages which the page of architecture names exist.
func TestArchitecture(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(root + "/.github/ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	err = fs.WalkDir(os.DirFS(root), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		known[name], known[path.Base(name)] = true, true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range regexp.MustCompile("`((?:ews|auth|internal|examples)/[a-z_/]+|[a-z_/]+\\.go)`").FindAllSubmatch(text, -1) {
		if file := strings.TrimSuffix(string(name[1]), "/"); !known[file] {
			t.Errorf("%s does not exist", file)
		}
	}
}
