package soap_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/go-ews/exchange/soap"
)

// A reader that has met the tags of a document reads it like a new one.
func TestReader_KnownTags(t *testing.T) {
	t.Parallel()
	r := soap.NewReader(nil, soap.Limits{})
	for round := range 3 {
		for _, tt := range awkward {
			if len(tt.doc) > 1<<20 {
				continue
			}
			for range 3 - round {
				r.Reset(strings.NewReader(tt.doc), soap.Limits{})
				got, err := dumpBy(r)
				if problem := tt.judge(got, r.Replaced(), err); problem != "" {
					t.Errorf("%s, round %d: %s", tt.name, round, problem)
				}
			}
		}
	}
}

// The meaning of a known tag depends on the elements around it and on the limits.
func TestReader_KnownTagElsewhere(t *testing.T) {
	t.Parallel()
	const tag = `<p:b c="d" e="f"/>`
	declared := func(n int) string {
		var doc strings.Builder
		for i := range n {
			fmt.Fprintf(&doc, `<a xmlns:p="u" xmlns:q%d="v">`, i)
		}
		return doc.String() + strings.Repeat(`<c xmlns:x="y" xmlns:z="y"/>`, 3) + strings.Repeat("</a>", n)
	}
	for _, tt := range []struct {
		name, known, doc string
		limits           soap.Limits
	}{
		{"another namespace", `<a xmlns:p="u">` + tag + tag + tag + `</a>`, `<a xmlns:p="v">` + tag + `</a>`, soap.Limits{}},
		{"undeclared prefix", `<a xmlns:p="u">` + tag + tag + tag + `</a>`, `<a>` + tag + `</a>`, soap.Limits{}},
		{"size", `<a xmlns:p="u">` + tag + tag + tag + `</a>`, `<a xmlns:p="u">` + tag + `</a>`, soap.Limits{TagBytes: 16}},
		{"attributes", `<a xmlns:p="u">` + tag + tag + tag + `</a>`, `<a xmlns:p="u">` + tag + `</a>`, soap.Limits{Attrs: 1}},
		{"depth", `<a xmlns:p="u">` + tag + tag + tag + `</a>`, `<a xmlns:p="u">` + tag + `</a>`, soap.Limits{Depth: 1}},
		{"declarations in scope", declared(3), declared(128), soap.Limits{Depth: 200}},
		{"attribute of a known prefix", `<a>` + strings.Repeat(`<b xml:lang="en"/>`, 3) + `</a>`, `<a><b xml:lang="en"/></a>`, soap.Limits{}},
		{"attribute of another", `<a xmlns:p="u">` + strings.Repeat(`<b p:c="d"/>`, 3) + `</a>`, `<a xmlns:p="v"><b p:c="d"/></a>`, soap.Limits{}},
		{"forbidden character", `<a>` + strings.Repeat(`<b c="&#1;"/>`, 3) + `</a>`, `<a><b c="&#1;"/></a>`, soap.Limits{}},
		{"white space", `<a>` + strings.Repeat("<b c='\td'/>", 3) + `</a>`, "<a><b c='\td'/></a>", soap.Limits{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := soap.NewReader(strings.NewReader(tt.known), soap.Limits{})
			if _, err := dumpBy(r); err != nil {
				t.Fatal(err)
			}
			want, fresh, wantErr := dump(strings.NewReader(tt.doc), tt.limits)
			r.Reset(strings.NewReader(tt.doc), tt.limits)
			got, err := dumpBy(r)
			if got != want || !sameError(err, wantErr) || r.Replaced() != fresh.Replaced() {
				t.Errorf("used: %s, %v\nnew: %s, %v", got, err, want, wantErr)
			}
		})
	}
}

// However many tags a document repeats, a reader keeps few of them.
//
//nolint:paralleltest // counts the kept tags
func TestReader_KnownTagsAreBounded(t *testing.T) {
	var doc strings.Builder
	doc.WriteString("<a>")
	for i := range 20_000 {
		tag := fmt.Sprintf(`<b%d c="%s"/>`, i%1000, strings.Repeat(fmt.Sprint(i), 50))
		doc.WriteString(tag + tag + tag)
	}
	doc.WriteString("</a>")
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r := soap.NewReader(strings.NewReader(doc.String()), soap.Limits{})
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	if err := r.Skip(); err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	kept := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("%d bytes kept", kept)
	if kept > 400<<10 {
		t.Errorf("%d bytes kept of a document of %d", kept, doc.Len())
	}
	runtime.KeepAlive(r)
}
