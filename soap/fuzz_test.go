package soap_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/soap"
)

// FuzzDecode has encoding/xml as its oracle: both return the same for a document that both accept.
// Reading byte by byte, or in another way, makes no difference.
func FuzzDecode(f *testing.F) {
	for _, d := range awkward {
		if len(d.doc) < 10_000 {
			f.Add([]byte(d.doc))
		}
	}
	for _, name := range []string{"AddImGroup/success.xml", "faults/schema_validation.xml", "unusual_but_valid.xml"} {
		f.Add(fixture(f, name))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		got, _, err := dump(bytes.NewReader(doc), soap.Limits{})
		again, _, errAgain := dump(iotest.OneByteReader(bytes.NewReader(doc)), soap.Limits{})
		if got != again || !sameError(err, errAgain) {
			t.Errorf("whole: %s, %v\nbyte by byte: %s, %v", got, err, again, errAgain)
		}
		for _, way := range []string{"skip", "text", "next", "children", "leave"} {
			if errOfWay := readRoot(doc, ways[way]); !sameError(err, errOfWay) {
				t.Errorf("tokens: %v, %s: %v", err, way, errOfWay)
			}
		}
		if err != nil {
			mustBeOurs(t, err)
			return
		}
		if problem := differsFromOracle(doc); problem != "" {
			t.Error(problem)
		}
	})
}

// FuzzReset reads two documents in turns by one reader, which knows their tags by then: they must
// come out as they do from a new one.
func FuzzReset(f *testing.F) {
	success := fixture(f, "AddImGroup/success.xml")
	f.Add(success, bytes.ReplaceAll(success, []byte("GroupType"), []byte("DisplayName")))
	f.Add(success, fixture(f, "faults/schema_validation.xml"))
	f.Add([]byte(`<a xmlns="u"><b c="d"/><b c="d"/><p:b xmlns:p="u" p:c=''/></a>`), []byte(`<a><b c="d">x</b><b c="d"></b></a>`))
	f.Add([]byte(`<a b='"'/>`), []byte(`<a b='"' b='"'/>`))
	f.Fuzz(func(t *testing.T, one, other []byte) {
		r := soap.NewReader(nil, soap.Limits{})
		for _, doc := range [][]byte{one, one, other, one, other, other} {
			want, fresh, wantErr := dump(bytes.NewReader(doc), soap.Limits{})
			r.Reset(bytes.NewReader(doc), soap.Limits{})
			got, err := dumpBy(r)
			if got != want || !sameError(err, wantErr) || r.Replaced() != fresh.Replaced() {
				t.Fatalf("%q: used: %s, %v\nnew: %s, %v", doc, got, err, want, wantErr)
			}
		}
	})
}

// readRoot reads a document in one of the ways to read a child.
func readRoot(doc []byte, read func(*soap.Reader) error) error {
	r := soap.NewReader(bytes.NewReader(doc), soap.Limits{})
	_, err := r.Next()
	if err == nil {
		err = read(r)
	}
	if err == nil {
		_, err = r.Next()
	}
	return err
}

func sameError(a, b error) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Error() == b.Error()
}

// mustBeOurs asserts that an error over bytes in memory is one of those that are documented.
func mustBeOurs(t *testing.T, err error) {
	t.Helper()
	var syntax *soap.SyntaxError
	var limit *soap.LimitError
	switch {
	case errors.As(err, &syntax):
		if syntax.Line < 1 || syntax.Column < 1 || strings.ContainsAny(syntax.Msg, "\n\r") || !utf8.ValidString(syntax.Msg) {
			t.Errorf("an unexpected error: %q", err)
		}
	case !errors.As(err, &limit):
		t.Errorf("neither SyntaxError nor LimitError: %v", err)
	}
}

// FuzzText and FuzzAttr hold that both readers return an accepted string unchanged, and that only
// strings that XML 1.0 cannot carry are refused.
func FuzzText(f *testing.F) {
	addStrings(f)
	f.Fuzz(func(t *testing.T, s string) {
		dst, err := soap.AppendText(nil, s)
		mustSuit(t, s, err)
		if err == nil {
			if problem := comesBack(s); problem != "" {
				t.Error(problem)
			}
			if bytes.ContainsAny(dst, "<>\r") {
				t.Errorf("not escaped: %q", dst)
			}
		}
	})
}

func FuzzAttr(f *testing.F) {
	addStrings(f)
	f.Fuzz(func(t *testing.T, s string) {
		dst, err := soap.AppendAttr(nil, s)
		mustSuit(t, s, err)
		if err == nil {
			if problem := comesBack(s); problem != "" {
				t.Error(problem)
			}
			if bytes.ContainsAny(dst, "<>\"'\r\n\t") {
				t.Errorf("not escaped: %q", dst)
			}
		}
	})
}

func addStrings(f *testing.F) {
	f.Helper()
	for _, s := range []string{
		"", "MyCustomGroup", " a\tb\r\nc ", "]]>", "&amp;", `<a b="c">'`, "\x00", "1234567\v", "é\xE9",
		"\uFFFE", "\uFFFD", "😀", "\xED\xA0\x80",
	} {
		f.Add(s)
	}
}

// mustSuit asserts that err is right for s, by the definition of Char in XML 1.0, section 2.2.
func mustSuit(t *testing.T, s string, err error) {
	t.Helper()
	for i, c := range s {
		_, size := utf8.DecodeRuneInString(s[i:])
		if c == '\t' || c == '\n' || c == '\r' || c >= 0x20 && c != 0xFFFE && c != 0xFFFF &&
			(c != utf8.RuneError || size > 1) {
			continue
		}
		var char *soap.CharError
		if !errors.As(err, &char) || *char != (soap.CharError{Char: c, Index: i}) {
			t.Errorf("%q: got %v, want a CharError for %U at byte %d", s, err, c, i)
		}
		return
	}
	if err != nil {
		t.Errorf("%q: %v", s, err)
	}
}

// FuzzFault reads envelopes: the detail of a fault is whole, can be read alone, and equals that in
// the document.
func FuzzFault(f *testing.F) {
	f.Add(fixture(f, "faults/schema_validation.xml"))
	f.Add(fixture(f, "faults/server_busy.xml"))
	f.Add([]byte(inFault(`<faultcode>s:a</faultcode><detail xmlns:q="u" q:r="s">&#1;` +
		`<a xmlns="v" q:b="&quot;&#10;"/>]]&gt;</detail>`)))
	f.Add([]byte(opening + `<s:Header><a/></s:Header><s:Body><b>c</b></s:Body>` + closing))
	f.Fuzz(func(t *testing.T, doc []byte) {
		fault, err := soap.ReadEnvelope(soap.NewReader(bytes.NewReader(doc), soap.Limits{}), nil, nil)
		for _, name := range []string{"skip", "text", "next", "children", "leave", "tokens"} {
			e := soap.EnvelopeReader{Detail: ways[name]}
			again, errAgain := e.Read(soap.NewReader(bytes.NewReader(doc), soap.Limits{}))
			if !sameError(err, errAgain) || !cmp.Equal(fault, again) {
				t.Errorf("detail read by %s: %v, %v; skipped: %v, %v", name, again, errAgain, fault, err)
			}
		}
		if err != nil {
			mustBeOurs(t, err)
			return
		}
		if fault == nil || fault.Detail == nil {
			return
		}
		if strings.ContainsAny(fault.Error(), "\r\n") {
			t.Errorf("more than one line: %q", fault.Error())
		}
		detail := "<detail>" + string(fault.Detail) + "</detail>"
		got, r, err := dump(strings.NewReader(detail), soap.Limits{Depth: 100, Attrs: 1000, TagBytes: 1 << 20})
		if err != nil || r.Replaced() > 0 {
			t.Fatalf("%v, %d characters replaced in %s", err, r.Replaced(), detail)
		}
		if oracle, err := dumpOracle(strings.NewReader(detail)); err == nil && got != oracle {
			t.Errorf("the detail is\n%s\nfor encoding/xml\n%s", got, oracle)
		}
		if want := detailOf(t, doc); got != want {
			t.Errorf("the detail is\n%s\nwithin the document\n%s", got, want)
		}
	})
}

// detailOf renders what the last detail of a fault holds, as dump renders <detail>…</detail>.
func detailOf(t *testing.T, doc []byte) string {
	t.Helper()
	r := soap.NewReader(bytes.NewReader(doc), soap.Limits{})
	var last string
	for _, local := range []string{"Envelope", "Body", "Fault"} {
		if err := nextChild(r, local); err != nil {
			t.Fatal(err)
		}
	}
	for {
		ok, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return last
		}
		name := r.Name()
		rendered, err := render(r.Tokens().Token)
		if err != nil {
			t.Fatal(err)
		}
		if name.Local == "detail" && (name.Space == "" || name.Space == soap.NamespaceEnvelope) {
			last = "detail(" + rendered[strings.IndexByte(rendered, '(')+1:]
		}
	}
}
