package soap_test

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/soap"
)

func TestReader_Children(t *testing.T) {
	t.Parallel()
	const doc = `<r><a/>text<b>1<c/></b><d xmlns="u"><a/></d></r><!-- behind -->`
	r := soap.NewReader(strings.NewReader(doc), soap.Limits{})
	var got []xml.Name
	var text string
	for root := range r.Children() {
		got = append(got, root)
		for name := range r.Children() {
			got = append(got, name)
			if name.Local == "b" {
				text, _ = r.Text()
			}
		}
	}
	want := []xml.Name{{Local: "r"}, {Local: "a"}, {Local: "b"}, {Space: "u", Local: "d"}}
	if d := cmp.Diff(want, got); d != "" || text != "1" || r.Err() != nil || r.Offset() != int64(len(doc)) {
		t.Errorf("(-want +got):\n%s\ntext %q, error %v, at %d", d, text, r.Err(), r.Offset())
	}
	if left := slices.Collect(r.Children()); left != nil {
		t.Errorf("behind the document: %v", left)
	}
}

// TestReader_Mixed holds that Mixed is about the element that ended, not about those inside it or
// before it, for each form of text and each way to read it.
func TestReader_Mixed(t *testing.T) {
	t.Parallel()
	for doc, want := range map[string]bool{
		"<r/>": false, "<r></r>": false, "<r> \r\n\t</r>": false, "<r>x</r>": true, "<r>&#x20;</r>": false,
		"<r>&#xA0;</r>": true, "<r>\x01</r>": true, "<r><![CDATA[ ]]></r>": false, "<r> <![CDATA[x]]></r>": true,
		"<r>]</r>": true, "<r><!-- x --><?x y?></r>": false, "<r><a>x</a></r>": false, "<r><a>x</a>x</r>": true,
		"<r>x<a/></r>": true, "<r><a>x<b/></a><a/></r>": false,
	} {
		r := soap.NewReader(iotest.OneByteReader(strings.NewReader("<q>"+doc+"<s>x</s></q>")), soap.Limits{})
		for range r.Children() {
			for name := range r.Children() {
				for range r.Children() {
					continue
				}
				if got := r.Mixed(); name.Local == "r" && got != want {
					t.Errorf("%q: %t, want %t", doc, got, want)
				} else if name.Local == "s" && !got {
					t.Errorf("%q: <s> is not mixed", doc)
				}
			}
			if r.Mixed() || r.Err() != nil {
				t.Errorf("%q: the root is mixed, %v", doc, r.Err())
			}
		}
		if r.Reset(nil, soap.Limits{}); r.Mixed() {
			t.Errorf("%q: mixed after Reset", doc)
		}
	}
}

// TestReader_ChildrenErrors holds that a loop ends with the first error, whether it arises in the
// loop body or in skipped content, and that the error is kept.
func TestReader_ChildrenErrors(t *testing.T) {
	t.Parallel()
	for name, doc := range map[string]string{
		"in a text": "<r><a>1</a><b>&x;</b><c/></r>", "in what is skipped": "<r><a>1</a><x>&x;</x><c/></r>",
		"between children": "<r><a>1</a>&x;<c/></r>", "in a start tag": "<r><a>1</a><x y><c/></r>",
		"a cut": "<r><a>1</a><x>", "behind the root": "<r><a>1</a></r><c/>",
	} {
		r := soap.NewReader(strings.NewReader(doc), soap.Limits{})
		var seen []string
		for range r.Children() {
			for name := range r.Children() {
				if name.Local != "x" {
					text, _ := r.Text()
					seen = append(seen, name.Local+text)
				}
			}
		}
		err := r.Err()
		if err == nil || seen[0] != "a1" || slices.Contains(seen, "c") {
			t.Errorf("%s: %v, %v", name, seen, err)
		}
		if _, again := r.Next(); again != err || (name == "a cut") != errors.Is(err, io.ErrUnexpectedEOF) { //nolint:errorlint // the very same error is kept
			t.Errorf("%s: %v, then %v", name, err, again)
		}
	}
}

// TestReader_ChildrenTooFar holds that a loop body that reads behind the end of the element is
// found out.
func TestReader_ChildrenTooFar(t *testing.T) {
	t.Parallel()
	r := soap.NewReader(strings.NewReader("<r><a><b/></a><c/></r>"), soap.Limits{})
	for range r.Children() {
		for range r.Children() {
			for range 6 {
				_, _ = r.Next()
			}
		}
	}
	if err := r.Err(); err == nil || !strings.Contains(err.Error(), "beyond the end") {
		t.Errorf("%v", err)
	}
}

//nolint:paralleltest // counts allocations
func TestReader_ChildrenAllocations(t *testing.T) {
	src := strings.NewReader("")
	r := soap.NewReader(src, soap.Limits{})
	got := testing.AllocsPerRun(100, func() {
		src.Reset("<r><a><b>1</b><b>2</b></a><a/><a><b>3</b></a></r>")
		r.Reset(src, soap.Limits{})
		texts := 0
		for range r.Children() {
			for range r.Children() {
				for name := range r.Children() {
					if text, _ := r.Text(); name.Local == "b" && text != "" {
						texts++
					}
				}
			}
		}
		if texts != 3 || r.Err() != nil {
			t.Fatal(texts, r.Err())
		}
	})
	if got > 0 {
		t.Errorf("%v allocations, want none", got)
	}
}
