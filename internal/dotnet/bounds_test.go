package dotnet

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestCheck_Depth(t *testing.T) {
	t.Parallel()
	nested := func(n int) []byte {
		return []byte(strings.Repeat("<a>", n) + strings.Repeat("</a>", n))
	}
	if _, v := Check(nested(maxDepth), nil); v != nil {
		t.Errorf("%d levels: %+v", maxDepth, v)
	}
	_, v := Check(nested(maxDepth+1), nil)
	if v == nil || v.Line != 1 || v.Position != 3*maxDepth+2 || !strings.Contains(v.Text, "maximum read depth") {
		t.Errorf("%d levels: %+v", maxDepth+1, v)
	}
}

// The cost of a hostile request is linear: the square of these would take minutes, also on a fast
// machine.
func TestCheck_Linear(t *testing.T) {
	t.Parallel()
	const n = 100_000
	tests := map[string]string{
		"open tags":          strings.Repeat("<a>", n),
		"pieces of text":     "<a>" + strings.Repeat("x<b/>", n) + "</a>",
		"comments":           "<a>" + strings.Repeat("x<!---->", n) + "</a>",
		"references":         "<a>" + strings.Repeat("&amp;", n) + "</a>",
		"references behind":  "<a>" + strings.Repeat("x&a", n) + "</a>",
		"attribute blanks":   "<a b='" + strings.Repeat("\n", n) + "'/>",
		"blanks in a tag":    "<a" + strings.Repeat("\n", n) + "/>",
		"namespaces":         "<a>" + strings.Repeat("<b xmlns='u'/>", n) + "</a>",
		"one wide name":      "<" + strings.Repeat("éж中", 3*n) + "/>",
		"one long name":      "<" + strings.Repeat("a", 20*n) + "/>",
		"carriage returns":   "<a>" + strings.Repeat("\r", n) + "</a>",
		"headers":            envelopeOf(soapHeader(strings.Repeat("<h xmlns='u'/>", n)), noOperation),
		"many items":         envelopeOf("", contactID(strings.Repeat("<t:ItemId Id='a'/>", n))),
		"unfinished comment": "<!--" + strings.Repeat("-x", n),
		"number":             "<a>&#" + strings.Repeat("0", n) + "65;</a>",
	}
	var attrs, names strings.Builder
	for i := range n {
		fmt.Fprintf(&attrs, " a%d='1'", i)
		fmt.Fprintf(&names, " xmlns:a%d='u'", i)
	}
	tests["attributes"] = "<a" + attrs.String() + "/>"
	tests["twice the same at the end"] = "<a" + attrs.String() + " a99999=''/>"
	tests["declarations"] = "<a" + names.String() + "/>"
	for name, doc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			Check([]byte(doc), nil)
			if took := time.Since(start); took > time.Minute {
				t.Errorf("%d bytes took %v", len(doc), took)
			}
		})
	}
}
