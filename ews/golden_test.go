package ews_test

import (
	"errors"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/internal/xmltest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// headers returns every combination of header entries by the name of its golden files.
func headers() map[string]ews.Header {
	return map[string]ews.Header{
		"default":      {},
		"no_header":    {RequestServerVersion: ews.OmitVersion},
		"version":      {RequestServerVersion: ews.V2017_07_11},
		"culture":      {MailboxCulture: "de-DE"},
		"upn":          {Impersonate: ews.UPN("tsmith@corp.contoso.com")},
		"sid":          {Impersonate: ews.SID("S-1-5-21-1787793086-1001-500-1106")},
		"primary_smtp": {Impersonate: ews.PrimarySMTP("tsmith@contoso.com")},
		"smtp":         {Impersonate: ews.SMTP("o'hara&sons@contoso.com")},
		"all": {
			RequestServerVersion: ews.Exchange2013_SP1, MailboxCulture: "en-US",
			Impersonate: ews.PrimarySMTP("tsmith@contoso.com"),
		},
	}
}

// errKept ends a call whose request was all that a test wanted.
var errKept = errors.New("request kept")

// requestOf returns the body of the request that an operation sends.
func requestOf(t testing.TB, h ews.Header, op operation) string {
	t.Helper()
	w := &wire{respond: func(int, *http.Request) (*http.Response, error) { return nil, errKept }}
	err := op.call(t.Context(), connect(t, once(w)).WithHeader(h))
	if !errors.Is(err, errKept) {
		t.Fatalf("%s %s: %v", op.name, op.variant, err)
	}
	return w.requests()[0].body
}

// TestRequest_Golden holds the bytes of every operation under every header, and of every variant of
// its arguments under the default one.
func TestRequest_Golden(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		for name, h := range headers() {
			if op.variant != "" {
				if name != "default" {
					continue
				}
				name = op.variant
			}
			t.Run(op.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				checkGolden(t, filepath.Join("testdata", op.name, name+".golden.xml"), requestOf(t, h, op))
			})
		}
	}
}

func checkGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (run go test ./ews -update)", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("request differs (-want +got):\n%s", diff)
	}
}

// TestRequest_GoldenFiles finds files that no case writes any more.
func TestRequest_GoldenFiles(t *testing.T) {
	t.Parallel()
	want := map[string]bool{filepath.Join("testdata", "GetFolder", "own_operation.golden.xml"): true}
	for _, op := range operations() {
		if op.variant != "" {
			want[filepath.Join("testdata", op.name, op.variant+".golden.xml")] = true
			continue
		}
		for name := range headers() {
			want[filepath.Join("testdata", op.name, name+".golden.xml")] = true
		}
	}
	files, err := filepath.Glob("testdata/*/*.golden.xml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !want[file] {
			t.Errorf("%s belongs to no case", file)
		}
	}
}

// TestRequest_Schema validates every operation, every variant of its arguments and every header,
// all combined.
func TestRequest_Schema(t *testing.T) {
	t.Parallel()
	docs := map[string][]byte{}
	for _, op := range operations() {
		for name, h := range headers() {
			docs[op.name+" "+op.variant+" "+name] = []byte(requestOf(t, h, op))
		}
	}
	for _, v := range versions() {
		op := operations()[0]
		docs["version "+string(v)] = []byte(requestOf(t, ews.Header{RequestServerVersion: v}, op))
	}
	xmltest.ValidateAll(t, docs)
}
