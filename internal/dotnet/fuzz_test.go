package dotnet

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func FuzzCheck(f *testing.F) {
	for _, request := range baseRequests() {
		f.Add([]byte(request))
	}
	for _, m := range mutants(99, 200) {
		f.Add([]byte(m.doc))
	}
	f.Fuzz(func(t *testing.T, request []byte) {
		root, v := Check(request, func(op xml.Name) bool { return op.Space == "" })
		if (root == nil) == (v == nil) {
			t.Fatalf("root %v, violation %+v: want one of the two", root, v)
		}
		if v != nil {
			checkPlace(t, request, v)
			return
		}
		if comparable(request) {
			want, err := decodeTree(request)
			if err != nil {
				t.Fatalf("accepted, but encoding/xml says %v", err)
			}
			if diff := cmp.Diff(want, namesAndText(root)); diff != "" {
				t.Errorf("tree (-encoding/xml +Check):\n%s", diff)
			}
		}
	})
}

// checkPlace checks that a violation has words, and a place that the request could have.
func checkPlace(t *testing.T, request []byte, v *Violation) {
	t.Helper()
	if v.Text == "" || v.Line < 0 || v.Position < 0 || v.Line > 1+len(request) || v.Position > 2*len(request)+2 {
		t.Errorf("violation %+v in %d bytes", v, len(request))
	}
}

// comparable reports whether encoding/xml reads a request as .NET does: it knows one encoding,
// takes a DOCTYPE, and stops at numbers beyond the last character.
func comparable(request []byte) bool {
	s := string(request)
	return utf8.ValidString(s) && !strings.Contains(s, "<?xml") && !strings.Contains(s, "&#") &&
		!strings.HasPrefix(s, "\uFEFF") && !strings.Contains(s, "\x00")
}

// A node is an element as both readers report it.
type node struct {
	Name     xml.Name
	Text     string
	Children []*node
}

func namesAndText(e *Element) *node {
	n := &node{Name: e.Name, Text: e.Text}
	for _, c := range e.Children {
		n.Children = append(n.Children, namesAndText(c))
	}
	return n
}

// decodeTree reads a request with encoding/xml, which leaves white space in attributes as it
// stands, also in those that declare namespaces; .NET normalizes it.
func decodeTree(request []byte) (*node, error) {
	blanks := strings.NewReplacer("\t", " ", "\n", " ", "\r", " ")
	d := xml.NewDecoder(strings.NewReader(string(request)))
	top := &node{}
	open := []*node{top}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return top.Children[0], nil
		}
		if err != nil {
			return nil, err
		}
		last := open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			token.Name.Space = blanks.Replace(token.Name.Space)
			n := &node{Name: token.Name}
			last.Children = append(last.Children, n)
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			last.Text += string(token)
		}
	}
}
