package ews_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/imgroup/mapi"
	"github.com/go-ews/exchange/internal/xmltest"
)

var enumerated = regexp.MustCompile(`<xs:enumeration\s+value="([^"]*)"`)

// enumeration returns the values of a simple type of Microsoft's schema.
func enumeration(t testing.TB, file, name string) []string {
	t.Helper()
	schema, err := os.ReadFile(filepath.Join(xmltest.Reference(t), "schema", "v2018_01_08", file))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(schema), `<xs:simpleType name="`+name+`"`)
	if !ok {
		t.Fatalf("%s has no type %s", file, name)
	}
	definition, _, _ := strings.Cut(rest, "</xs:simpleType>")
	var values []string
	for _, match := range enumerated.FindAllStringSubmatch(definition, -1) {
		values = append(values, match[1])
	}
	slices.Sort(values)
	return values
}

// TestSchema_Versions holds that the versions which are taken are the schema's.
func TestSchema_Versions(t *testing.T) {
	t.Parallel()
	var got []string
	for _, v := range versions() {
		got = append(got, string(v))
	}
	slices.Sort(got)
	if diff := cmp.Diff(enumeration(t, "types.xsd", "ExchangeVersionType"), got); diff != "" {
		t.Errorf("versions (-schema +ours):\n%s", diff)
	}
}

// TestSchema_PropertyTypes holds that every type and set of the schema is taken.
func TestSchema_PropertyTypes(t *testing.T) {
	t.Parallel()
	for _, typ := range enumeration(t, "types.xsd", "MapiPropertyTypeType") {
		if err := mapi.Tag(1, mapi.PropertyType(typ)).Check(); err != nil {
			t.Error(err)
		}
	}
	for _, set := range enumeration(t, "types.xsd", "DistinguishedPropertySetType") {
		if !mapi.PropertySet(set).Distinguished() {
			t.Errorf("the set %s is not known", set)
		}
	}
}

// TestSchema_ResponseCodes holds that every constant is a code of the schema, by the same name.
func TestSchema_ResponseCodes(t *testing.T) {
	t.Parallel()
	known := enumeration(t, "messages.xsd", "ResponseCodeType")
	file, err := parser.ParseFile(token.NewFileSet(), "response_code.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for i, name := range spec.Names {
			literal, ok := spec.Values[i].(*ast.BasicLit)
			if !ok {
				t.Fatalf("%s is no literal", name.Name)
			}
			code, err := strconv.Unquote(literal.Value)
			if err != nil || code != name.Name || !slices.Contains(known, code) {
				t.Errorf("%s = %s is no code of the schema", name.Name, literal.Value)
			}
			n++
		}
		return true
	})
	if n < 20 {
		t.Errorf("%d constants found", n)
	}
}
