package soap_test

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"github.com/go-ews/exchange/soap"
)

// The tests of this file are not parallel: they count what the process allocates.

// bytesAllocated returns what one run of f allocates, the least of two.
func bytesAllocated(f func()) uint64 {
	least := ^uint64(0)
	for range 2 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}

//nolint:paralleltest // counts allocations
func TestReader_BoundedMemory(t *testing.T) {
	for _, start := range []string{
		"", "<?xml ", "<?p ", "<!--", "<a", "<a b='", "<a>", "<a></a", "<a>&", "<a>]", "<a><!--", "<a><![CDATA[",
	} {
		for _, more := range []string{" ", "x", "&#x41;", "é", "<a/>", "<b c='d'>", " a='b'", " xmlns:a='b'"} {
			doc := start + strings.Repeat(more, (2<<20)/len(more))
			got := bytesAllocated(func() {
				r := soap.NewReader(strings.NewReader(doc), soap.Limits{})
				if ok, err := r.Next(); err == nil && ok {
					err = r.Skip()
					if err == nil {
						_, err = r.Next()
					}
					if err == nil {
						t.Errorf("%s%s… was read to its end", start, more)
					}
				}
			})
			if most := uint64(512 << 10); got > most {
				t.Errorf("%s%s…: %d bytes allocated, want at most %d", start, more, got, most)
			}
		}
	}
}

// Text allocates little more than the text that it may return.
//
//nolint:paralleltest // counts allocations
func TestReader_BoundedText(t *testing.T) {
	doc := "<a>" + strings.Repeat("<![CDATA[x]]>y", 1<<20) + "</a>"
	got := bytesAllocated(func() {
		r := soap.NewReader(strings.NewReader(doc), soap.Limits{})
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
		if text, err := r.Text(); err == nil {
			t.Errorf("%d bytes of text, want a LimitError", len(text))
		}
	})
	if most := uint64(6 << 20); got > most {
		t.Errorf("%d bytes allocated, want at most %d", got, most)
	}
}

//nolint:paralleltest // counts allocations
func TestAppend_Allocations(t *testing.T) {
	buffer := make([]byte, 0, 4096)
	name := "Forschung & Entwicklung, Köln"
	group := request{name}
	got := testing.AllocsPerRun(100, func() {
		out, err := soap.AppendEnvelope(buffer, group.appendHeader, group.AppendBody)
		if err != nil || len(out) == 0 {
			t.Fatal(err)
		}
	})
	if got > 0 {
		t.Errorf("an AddImGroup request: %v allocations, want none beyond the buffer", got)
	}
	var fast soap.BodyAppender = &group
	got = testing.AllocsPerRun(100, func() {
		if _, err := soap.AppendEnvelope(buffer, nil, fast.AppendBody); err != nil {
			t.Fatal(err)
		}
	})
	if got > 0 {
		t.Errorf("a request behind the interface: %v allocations, want none beyond the buffer", got)
	}
}

// TestReader_Allocations counts the allocations of the reader alone: the strings of the result.
//
//nolint:paralleltest // counts allocations
func TestReader_Allocations(t *testing.T) {
	tests := []struct {
		name string
		file string
		most float64
	}{
		// The display name, the group's id; all else is short, and was met before.
		{"success", "AddImGroup/success.xml", 2},
		// The fault, its text and its detail; growing the detail.
		{"fault", "faults/schema_validation.xml", 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			docs, n := otherIDs(fixture(t, tt.file)), 0
			src := bytes.NewReader(nil)
			r := soap.NewReader(src, soap.Limits{})
			got := testing.AllocsPerRun(100, func() {
				src.Reset(docs[n%len(docs)])
				n++
				r.Reset(src, soap.Limits{})
				var g group
				fault, err := soap.ReadEnvelope(r, nil, g.read)
				if err != nil || (fault == nil) != (g.id != "") {
					t.Fatal(fault, err)
				}
			})
			if got > tt.most {
				t.Errorf("%v allocations, want at most %v", got, tt.most)
			}
		})
	}
}

//nolint:paralleltest // counts allocations
func TestReader_ListBytes(t *testing.T) {
	doc := listDocument(64, 1000)
	got := bytesAllocated(func() {
		list, err := readList(soap.NewReader(bytes.NewReader(doc), soap.Limits{}))
		if err != nil || len(list.Groups) != 64 || len(list.Personas) != 1000 {
			t.Fatal(len(list.Groups), len(list.Personas), err)
		}
	})
	if ratio := float64(got) / float64(len(doc)); ratio > 1.2 {
		t.Errorf("%.2f bytes allocated for each of the document, want at most 1.2", ratio)
	}
}

// A reader in a pool does not keep the large buffers of one document.
//
//nolint:paralleltest // counts allocations
func TestReader_ResetDropsLargeBuffers(t *testing.T) {
	var start runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&start)
	r := soap.NewReader(strings.NewReader("<a b='"+strings.Repeat("&lt;x", 1<<17)+"'>"+
		strings.Repeat("x<!---->", 1<<17)+"</a>"), soap.Limits{TagBytes: 1 << 20})
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Text(); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r.Reset(nil, soap.Limits{})
	runtime.GC()
	runtime.ReadMemStats(&after)
	if freed := int64(before.HeapAlloc) - int64(after.HeapAlloc); freed < 1<<20 {
		t.Errorf("Reset freed %d bytes, want what the large tag and text took", freed)
	}
	if kept := int64(after.HeapAlloc) - int64(start.HeapAlloc); kept > 128<<10 {
		t.Errorf("%d bytes are still there", kept)
	}
	if _, err := r.Next(); err == nil {
		t.Error("a reader that was reset with nil read something")
	}
}
