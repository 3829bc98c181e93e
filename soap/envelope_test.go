package soap_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/soap"
)

func TestAppendEnvelope(t *testing.T) {
	t.Parallel()
	const start = `<?xml version="1.0" encoding="utf-8"?>` + "\n" +
		`<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"` +
		` xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"` +
		` xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages">` + "\n"
	const end = "</soap:Body>\n</soap:Envelope>"
	literal := func(s string) func([]byte) ([]byte, error) {
		return func(dst []byte) ([]byte, error) { return append(dst, s...), nil }
	}
	tests := []struct {
		name         string
		header, body func([]byte) ([]byte, error)
		want         string
	}{
		{"no header", nil, literal("<m:A/>\n"), start + "<soap:Body>\n<m:A/>\n" + end},
		{
			"header", literal("<t:H/>\n"), literal("<m:A/>\n"),
			start + "<soap:Header>\n<t:H/>\n</soap:Header>\n<soap:Body>\n<m:A/>\n" + end,
		},
		{
			"line feeds put in", literal("<t:H/>"), literal("<m:A/>"),
			start + "<soap:Header>\n<t:H/>\n</soap:Header>\n<soap:Body>\n<m:A/>\n" + end,
		},
		{"empty header", literal(""), literal(""), start + "<soap:Header>\n</soap:Header>\n<soap:Body>\n" + end},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := soap.AppendEnvelope([]byte("before"), tt.header, tt.body)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff("before"+tt.want, string(got)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestAppendEnvelope_Errors(t *testing.T) {
	t.Parallel()
	refuse := errors.New("refused")
	good := func(dst []byte) ([]byte, error) { return append(dst, "<m:A/>"...), nil }
	bad := func([]byte) ([]byte, error) { return nil, refuse }
	for name, parts := range map[string][2]func([]byte) ([]byte, error){
		"header": {bad, good}, "body": {nil, bad}, "body with a header": {good, bad},
	} {
		dst, err := soap.AppendEnvelope([]byte("before"), parts[0], parts[1])
		if !errors.Is(err, refuse) || string(dst) != "before" {
			t.Errorf("%s: %q, %v", name, dst, err)
		}
	}
}

// TestAppendEnvelope_NotExtended holds that a function must return its argument with something
// appended, and that any other result is not sent.
func TestAppendEnvelope_NotExtended(t *testing.T) {
	t.Parallel()
	good := func(dst []byte) ([]byte, error) { return append(dst, "<m:A/>"...), nil }
	long := strings.Repeat("<m:Other/>", 100)
	for name, bad := range map[string]func([]byte) ([]byte, error){
		"nil":               func([]byte) ([]byte, error) { return nil, nil },
		"empty":             func(dst []byte) ([]byte, error) { return dst[:0], nil },
		"shorter":           func(dst []byte) ([]byte, error) { return dst[:len(dst)-1], nil },
		"other":             func([]byte) ([]byte, error) { return []byte(long), nil },
		"shifted":           func(dst []byte) ([]byte, error) { return append(dst[1:], long...), nil },
		"written over":      func(dst []byte) ([]byte, error) { return append(dst[:0], long...), nil },
		"start overwritten": func(dst []byte) ([]byte, error) { copy(dst, long[:20]); return append(dst, long...), nil },
	} {
		for _, room := range []int{0, 4096} {
			for place, parts := range map[string][2]func([]byte) ([]byte, error){"header": {bad, good}, "body": {nil, bad}} {
				dst, err := soap.AppendEnvelope(make([]byte, 0, room), parts[0], parts[1])
				if err == nil || len(dst) != 0 {
					t.Errorf("%s, %s, room for %d bytes: %q, %v", name, place, room, dst, err)
				}
			}
		}
	}
}

func TestAppendEnvelope_NoBody(t *testing.T) {
	t.Parallel()
	dst, err := soap.AppendEnvelope([]byte("before"), nil, nil)
	if err == nil || string(dst) != "before" {
		t.Errorf("%q, %v", dst, err)
	}
}

const (
	opening = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">`
	closing = `</s:Envelope>`
)

func TestReadEnvelope(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, doc string
		want      []string
	}{
		{"body alone", opening + "<s:Body><a/></s:Body>" + closing, []string{"body a"}},
		{
			"header entries", opening + "<s:Header><h>1</h>x<i/></s:Header><s:Body>\n<a>2</a>\n</s:Body>" + closing,
			[]string{"header h", "header i", "body a"},
		},
		{"empty header", opening + "<s:Header/><s:Body><a/></s:Body>" + closing, []string{"body a"}},
		{
			"default namespace", `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body><a/></Body></Envelope>`,
			[]string{"body a"},
		},
		{
			"further elements", opening + "<x/><s:Body><a/></s:Body><y xmlns='u'><s:Body/></y>" + closing,
			[]string{"body a"},
		},
		{
			"names of the envelope further inside",
			opening + "<s:Header><s:Body/></s:Header><s:Body><a><s:Fault/></a></s:Body>" + closing,
			[]string{"header Body", "body a"},
		},
		{
			"a Fault of another namespace", opening + "<s:Body><Fault/></s:Body>" + closing,
			[]string{"body Fault"},
		},
	}
	readings := map[string]func(*soap.Reader) error{
		"all":     (*soap.Reader).Skip,
		"nothing": func(*soap.Reader) error { return nil },
		"half":    func(r *soap.Reader) error { _, err := r.Next(); return err },
	}
	for _, tt := range tests {
		for reading, read := range readings {
			t.Run(tt.name+"/reading "+reading, func(t *testing.T) {
				t.Parallel()
				var got []string
				note := func(where string) func(*soap.Reader) error {
					return func(r *soap.Reader) error {
						got = append(got, where+" "+r.Name().Local)
						return read(r)
					}
				}
				r := soap.NewReader(strings.NewReader(tt.doc), soap.Limits{})
				fault, err := soap.ReadEnvelope(r, note("header"), note("body"))
				if fault != nil || err != nil {
					t.Fatal(fault, err)
				}
				if d := cmp.Diff(tt.want, got); d != "" {
					t.Errorf("(-want +got):\n%s", d)
				}
				r.Reset(strings.NewReader(tt.doc), soap.Limits{})
				if fault, err := soap.ReadEnvelope(r, nil, nil); fault != nil || err != nil {
					t.Errorf("without functions: %v, %v", fault, err)
				}
			})
		}
	}
}

func TestReadEnvelope_Refused(t *testing.T) {
	t.Parallel()
	const v12 = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body/></s:Envelope>`
	tests := []struct{ name, doc, want string }{
		{
			"XHTML", `<html xmlns="http://www.w3.org/1999/xhtml"/>`,
			`not a SOAP 1.1 envelope: the root element is "html" in the namespace "http://www.w3.org/1999/xhtml"`,
		},
		{"no namespace", "<Envelope/>", `not a SOAP 1.1 envelope: the root element is "Envelope" in the namespace ""`},
		{"SOAP 1.2", v12, "a SOAP 1.2 message where SOAP 1.1 is due"},
		{"no body", opening + "<s:Header/>" + closing, "the SOAP envelope has no body"},
		{"empty body", opening + "<s:Body/>" + closing, "the SOAP body is empty"},
		{"blank body", opening + "<s:Body> <!-- --> </s:Body>" + closing, "the SOAP body is empty"},
		{"two elements", opening + "<s:Body><a/><b/></s:Body>" + closing, `a second element in the SOAP body: "b"`},
		{
			"a child before a fault", opening + "<s:Body><a/><s:Fault/></s:Body>" + closing,
			`a second element in the SOAP body: "Fault"`,
		},
		{
			"a fault before a child", opening + "<s:Body><s:Fault/><a/></s:Body>" + closing,
			`a second element in the SOAP body: "a"`,
		},
		{
			"two bodies", opening + "<s:Body><a/></s:Body><s:Body><b/></s:Body>" + closing,
			"a second or misplaced soap:Body in the envelope",
		},
		{
			"header behind the body", opening + "<s:Body><a/></s:Body><s:Header/>" + closing,
			"a second or misplaced soap:Header in the envelope",
		},
		{
			"fault outside of the body", opening + "<s:Fault/>" + closing,
			"a second or misplaced soap:Fault in the envelope",
		},
		{
			"second document", opening + "<s:Body><a/></s:Body>" + closing + opening,
			"a second root element, or an end tag behind the root",
		},
		{
			"second document behind a fault", opening + "<s:Body><s:Fault/></s:Body>" + closing + "x",
			`text behind the root element, beginning with 'x'`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fault, err := soap.ReadEnvelope(soap.NewReader(strings.NewReader(tt.doc), soap.Limits{}), nil, nil)
			var syntax *soap.SyntaxError
			if !errors.As(err, &syntax) || errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("got %v, want a SyntaxError", err)
			}
			if d := cmp.Diff(tt.want, syntax.Msg); d != "" || fault != nil {
				t.Errorf("fault %v, (-want +got):\n%s", fault, d)
			}
		})
	}
}

// An error about an element has the position of its start tag.
func TestReadEnvelope_Place(t *testing.T) {
	t.Parallel()
	const doc = opening + "\n<s:Body>\n <a/>\n <b\nc='d'/>\n</s:Body>" + closing
	for _, way := range deliveries {
		_, err := soap.ReadEnvelope(soap.NewReader(way.read(doc), soap.Limits{}), nil, nil)
		syntax, ok := errors.AsType[*soap.SyntaxError](err)
		if !ok || syntax.Line != 4 || syntax.Column != 2 {
			t.Errorf("%s: %v, want line 4, column 2", way.name, err)
		}
	}
}

func TestReadEnvelope_ErrorsOfTheFunctions(t *testing.T) {
	t.Parallel()
	const doc = opening + "<s:Header><h/></s:Header><s:Body><a><b/></a></s:Body>" + closing
	mine := errors.New("not what I expected")
	refuse := func(*soap.Reader) error { return mine }
	r := soap.NewReader(strings.NewReader(doc), soap.Limits{})
	if _, err := soap.ReadEnvelope(r, refuse, nil); !errors.Is(err, mine) {
		t.Errorf("header: %v", err)
	}
	r.Reset(strings.NewReader(doc), soap.Limits{})
	if _, err := soap.ReadEnvelope(r, nil, refuse); !errors.Is(err, mine) {
		t.Errorf("body: %v", err)
	}
	tooFar := func(r *soap.Reader) error {
		if err := r.Skip(); err != nil {
			return err
		}
		_, err := r.Next() // the end of the body
		return err
	}
	r.Reset(strings.NewReader(doc), soap.Limits{})
	_, err := soap.ReadEnvelope(r, nil, tooFar)
	if err == nil || !strings.Contains(err.Error(), "beyond the end of its element") {
		t.Errorf("too far: %v", err)
	}
}
