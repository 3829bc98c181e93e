package soap_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/soap"
)

// ways are ways of reading the children of an element, which must not matter to its siblings.
var ways = map[string]func(*soap.Reader) error{
	"skip": (*soap.Reader).Skip,
	"text": func(r *soap.Reader) error {
		_, err := r.Text()
		return err
	},
	"tokens": func(r *soap.Reader) error {
		tokens := r.Tokens()
		for {
			if _, err := tokens.Token(); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
		}
	},
	"next":     nextAll,
	"children": childrenAll,
	"leave":    leaveAll,
	"decode": func(r *soap.Reader) error {
		var v struct {
			Text string `xml:",chardata"`
		}
		return xml.NewTokenDecoder(r.Tokens()).Decode(&v)
	},
}

func nextAll(r *soap.Reader) error {
	for {
		if ok, err := r.Next(); err != nil || !ok {
			return err
		}
		if err := nextAll(r); err != nil {
			return err
		}
	}
}

// childrenAll reads every second child by a loop like itself, and leaves the others unread.
func childrenAll(r *soap.Reader) error {
	n := 0
	for range r.Children() {
		if n++; n%2 == 1 {
			_ = childrenAll(r) // the loop ends with it
		}
	}
	return r.Err()
}

// leaveAll leaves each loop at the second child, and a loop round it skips the rest.
func leaveAll(r *soap.Reader) error {
	var leave func()
	leave = func() {
		n := 0
		for range r.Children() {
			leave()
			if n++; n == 2 {
				return
			}
		}
	}
	for range r.Children() {
		leave()
	}
	return r.Err()
}

func TestReader_WaysToReadAChild(t *testing.T) {
	t.Parallel()
	const children = `<a/>text<b></b> <c>1<d x="&lt;">2<e/></d>3<![CDATA[4]]></c><!-- <f/> --><g xmlns="u"><c/></g>`
	want := []xml.Name{{Local: "a"}, {Local: "b"}, {Local: "c"}, {Space: "u", Local: "g"}}
	for name, read := range ways {
		for _, way := range deliveries {
			t.Run(name+"/"+way.name, func(t *testing.T) {
				t.Parallel()
				r := soap.NewReader(way.read("<r>"+children+"</r>"), soap.Limits{})
				if ok, err := r.Next(); !ok {
					t.Fatal(err)
				}
				var got []xml.Name
				for {
					ok, err := r.Next()
					if err != nil {
						t.Fatal(err)
					}
					if !ok {
						break
					}
					got = append(got, r.Name())
					if err := read(r); err != nil {
						t.Fatal(err)
					}
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("children (-want +got):\n%s", d)
				}
				if ok, err := r.Next(); ok || err != nil {
					t.Errorf("behind the root: %t, %v", ok, err)
				}
				if want := int64(len(children) + 7); r.Offset() != want {
					t.Errorf("Offset() = %d, want %d", r.Offset(), want)
				}
			})
		}
	}
}

func TestReader_Text(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a long text, ", 10_000)
	tests := []struct{ name, inside, want string }{
		{"nothing", "", ""},
		{"plain", "NoError", "NoError"},
		{"blanks kept", " \n NoError\t", " \n NoError\t"},
		{"in pieces", "1&amp;2<![CDATA[<3>]]>4<!-- 5 -->6<?p 7?>8\r\n9", "1&2<3>468\n9"},
		{"around children", "1<b>2</b>3<b/>4", "134"},
		{"child first", "<b>2</b>3", "3"},
		{"long", long, long},
		{"longer than short ones that are kept", strings.Repeat("x", 41), strings.Repeat("x", 41)},
		{"brackets at the end", "x]]", "x]]"},
		{"return at the end", "x\r", "x\n"},
	}
	for _, tt := range tests {
		for _, way := range deliveries {
			t.Run(tt.name+"/"+way.name, func(t *testing.T) {
				t.Parallel()
				r := soap.NewReader(way.read("<r><a>"+tt.inside+"</a ><a>next</a></r>"), soap.Limits{})
				for _, want := range []string{tt.want, "next"} {
					if err := nextChild(r, "a"); err != nil {
						t.Fatal(err)
					}
					got, err := r.Text()
					if err != nil {
						t.Fatal(err)
					}
					if d := cmp.Diff(want, got); d != "" {
						t.Errorf("Text() (-want +got):\n%s", d)
					}
				}
			})
		}
	}
}

// nextChild moves to a child of that name, into the root if need be.
func nextChild(r *soap.Reader, local string) error {
	for {
		ok, err := r.Next()
		switch {
		case err != nil:
			return err
		case !ok:
			return fmt.Errorf("there is no %s", local)
		case r.Name().Local == local:
			return nil
		}
	}
}

func TestReader_TextLimit(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{"<a>12345</a>", "<a>1<b/>2345</a>", "<a><![CDATA[12345]]></a>", "<a>&#49;2345</a>"} {
		for _, way := range deliveries {
			r := soap.NewReader(way.read(doc), soap.Limits{TextBytes: 4})
			if _, err := r.Next(); err != nil {
				t.Fatal(err)
			}
			_, err := r.Text()
			var limit *soap.LimitError
			if !errors.As(err, &limit) || limit.Limit != 4 {
				t.Errorf("%s, %s: %v, want a LimitError", doc, way.name, err)
			}
			r = soap.NewReader(way.read(doc), soap.Limits{TextBytes: 5})
			if _, err := r.Next(); err != nil {
				t.Fatal(err)
			}
			if text, err := r.Text(); text != "12345" || err != nil {
				t.Errorf("%s, %s: %q, %v within the limit", doc, way.name, text, err)
			}
		}
	}
}

func TestReader_Attr(t *testing.T) {
	t.Parallel()
	const doc = `<a xmlns="u" xmlns:p="v" b="1" p:b="2" c=""><d b="3"/></a>`
	r := soap.NewReader(strings.NewReader(doc), soap.Limits{})
	if ok, err := r.Next(); !ok {
		t.Fatal(err)
	}
	tests := []struct {
		space, local, want string
		found              bool
	}{
		{"", "b", "1", true},
		{"v", "b", "2", true},
		{"u", "b", "", false},
		{"", "c", "", true},
		{"", "d", "", false},
		{"", "xmlns", "", false},
		{"xmlns", "p", "", false},
	}
	for _, tt := range tests {
		if got, found := r.Attr(tt.space, tt.local); got != tt.want || found != tt.found {
			t.Errorf("Attr(%q, %q) = %q, %t, want %q, %t", tt.space, tt.local, got, found, tt.want, tt.found)
		}
	}
	if ok, err := r.Next(); !ok {
		t.Fatal(err)
	}
	if got, _ := r.Attr("", "b"); got != "3" {
		t.Errorf("the child's b is %q", got)
	}
	if err := r.Skip(); err != nil {
		t.Fatal(err)
	}
	if got, found := r.Attr("", "b"); found {
		t.Errorf("an attribute outlived its element: %q", got)
	}
}

// A method called where it makes no sense is an error, not a panic, and stays one.
func TestReader_Misuse(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*soap.Reader) error{
		"Text before Next": func(r *soap.Reader) error { _, err := r.Text(); return err },
		"Skip before Next": func(r *soap.Reader) error { return r.Skip() },
		"Tokens before Next": func(r *soap.Reader) error {
			_, err := r.Tokens().Token()
			return err
		},
		"Text behind the root": func(r *soap.Reader) error {
			if err := nextAll(r); err != nil {
				return fmt.Errorf("too soon: %w", err)
			}
			_, err := r.Text()
			return err
		},
	}
	for name, misuse := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := soap.NewReader(strings.NewReader("<a/>"), soap.Limits{})
			err := misuse(r)
			if err == nil || !strings.Contains(err.Error(), "outside of the root element") {
				t.Fatalf("got %v", err)
			}
			if _, again := r.Next(); !errors.Is(again, err) {
				t.Errorf("Next then returned %v", again)
			}
		})
	}
}

// A Reader that was not made by NewReader is at its end.
func TestReader_Zero(t *testing.T) {
	t.Parallel()
	if ok, err := new(soap.Reader).Next(); ok || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Next() = %t, %v", ok, err)
	}
	var r soap.Reader
	r.Reset(strings.NewReader("<a>1</a>"), soap.Limits{})
	if err := nextAll(&r); err != nil {
		t.Errorf("after Reset: %v", err)
	}
}

func TestReader_Reset(t *testing.T) {
	t.Parallel()
	r := soap.NewReader(strings.NewReader("<a b='1'>\x01<![CDATA["), soap.Limits{Bytes: 1000})
	if err := nextAll(r); err == nil {
		t.Fatal("the first document was read to its end")
	}
	for range 2 {
		doc := "\n<a xmlns='u'><b>1</b></a>\n"
		r.Reset(strings.NewReader(doc), soap.Limits{})
		if err := nextAll(r); err != nil {
			t.Fatal(err)
		}
		if r.Replaced() != 0 || r.Offset() != int64(len(doc)) {
			t.Errorf("Replaced() = %d, Offset() = %d", r.Replaced(), r.Offset())
		}
	}
	r.Reset(strings.NewReader("<a>\n<b></a>"), soap.Limits{})
	var syntax *soap.SyntaxError
	if err := nextAll(r); !errors.As(err, &syntax) || syntax.Line != 2 || syntax.Column != 4 {
		t.Errorf("got %v, want a SyntaxError at 2, 4", err)
	}
}

// A reader that met more names than it keeps goes on all the same, and so does the next document.
func TestReader_ManyNames(t *testing.T) {
	t.Parallel()
	var doc, want strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&doc, "<p:n%d xmlns:p='u:v:%d' q='%d'/>", i, i, i)
		fmt.Fprintf(&want, " {u:v:%d}n%d[q=\"%d\"]()", i, i, i)
	}
	r := soap.NewReader(nil, soap.Limits{})
	for range 3 {
		r.Reset(strings.NewReader("<r>"+doc.String()+"</r>"), soap.Limits{})
		if ok, err := r.Next(); !ok {
			t.Fatal(err)
		}
		got, err := render(r.Tokens().Token)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff("r("+want.String()[1:]+")", got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	}
}

func TestSyntaxError_Place(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, before string
		line, column int
	}{
		{"at the start", "", 1, 4},
		{"in a line", "abc", 1, 7},
		{"characters, not bytes", "äöü😀", 1, 8},
		{"line feeds", "\n\n ", 3, 2},
		{"CRLF", "\r\n\r\n ", 3, 2},
		{"returns", "\r\r ", 3, 2},
		{"mixed", "\r\n\r\r\n\n\rä", 6, 2},
		{"far in one line", strings.Repeat("é", 100_000), 1, 100_004},
		{"after many lines", strings.Repeat("é\r\n", 100_000), 100_001, 1},
	}
	for _, tt := range tests {
		for _, way := range deliveries {
			t.Run(tt.name+"/"+way.name, func(t *testing.T) {
				t.Parallel()
				_, _, err := dump(way.read("<a>"+tt.before+"&</a>"), soap.Limits{})
				var syntax *soap.SyntaxError
				if !errors.As(err, &syntax) || syntax.Line != tt.line || syntax.Column != tt.column {
					t.Errorf("got %v, want line %d, column %d", err, tt.line, tt.column)
				}
			})
		}
	}
}
