package soap_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/soap"
)

const types = "http://schemas.microsoft.com/exchange/services/2006/types"

// inFault wraps the children of a fault.
func inFault(children string) string {
	return opening + `<s:Body><s:Fault>` + children + `</s:Fault></s:Body>` + closing
}

func TestReadEnvelope_Fault(t *testing.T) {
	t.Parallel()
	scope := ` xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"`
	tests := []struct {
		name, children string
		want           soap.Fault
	}{
		{"empty", "", soap.Fault{}},
		{
			"code in a namespace", `<faultcode xmlns:a="` + types + `"> a:ErrorServerBusy
			</faultcode>`,
			soap.Fault{Code: xml.Name{Space: types, Local: "ErrorServerBusy"}},
		},
		{
			"code of SOAP's own", "<faultcode>s:Client</faultcode>",
			soap.Fault{Code: xml.Name{Space: soap.NamespaceEnvelope, Local: "Client"}},
		},
		{"code without a prefix", "<faultcode>Client</faultcode>", soap.Fault{Code: xml.Name{Local: "Client"}}},
		{"code with an undeclared prefix", "<faultcode>q:Client</faultcode>", soap.Fault{Code: xml.Name{Local: "Client"}}},
		{"empty code", "<faultcode/>", soap.Fault{}},
		{
			"text, language, actor",
			`<faultstring xml:lang="de-DE"> Zu &lt;viel&gt;.
 </faultstring><faultactor>https://mail.exchange.test/</faultactor>`,
			soap.Fault{String: " Zu <viel>.\n ", Lang: "de-DE", Actor: "https://mail.exchange.test/"},
		},
		{
			"children in SOAP's namespace", "<s:faultcode>Client</s:faultcode><s:faultstring>Bad.</s:faultstring>",
			soap.Fault{Code: xml.Name{Local: "Client"}, String: "Bad."},
		},
		{
			"children of other namespaces", "<faultstring>Bad.</faultstring><faultstring xmlns='u'>Good.</faultstring><x/>",
			soap.Fault{String: "Bad."},
		},
		{"empty detail", "<detail/>", soap.Fault{Detail: []byte{}}},
		{"detail of text", "<detail a='1'>x &amp; y\v<![CDATA[]]&gt;]]></detail>", soap.Fault{
			Detail: []byte("x &amp; y\uFFFD]]&amp;gt;"),
		}},
		{
			"detail with namespaces",
			`<s:detail xmlns="u"><a xmlns:t="v" t:b="&quot;&#10;"><t:c/><s:d> </s:d></a><e xmlns="">1</e></s:detail>`,
			soap.Fault{Detail: []byte(`<a` + scope + ` xmlns="u" xmlns:t="v" t:b="&quot;&#xA;"><t:c/><s:d> </s:d></a>` +
				`<e` + scope + `>1</e>`)},
		},
	}
	for _, tt := range tests {
		for _, way := range deliveries {
			t.Run(tt.name+"/"+way.name, func(t *testing.T) {
				t.Parallel()
				r := soap.NewReader(way.read(inFault(tt.children)), soap.Limits{})
				body := func(*soap.Reader) error { return errors.New("the body's function was called") }
				got, err := soap.ReadEnvelope(r, nil, body)
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(&tt.want, got); d != "" {
					t.Errorf("(-want +got):\n%s", d)
				}
			})
		}
	}
}

// TestEnvelopeReader_Detail reads a detail with more namespaces in scope than one element may
// declare. Fault.Detail is the same as if it had been skipped.
func TestEnvelopeReader_Detail(t *testing.T) {
	t.Parallel()
	var declarations [2]string
	for i := range 40 {
		declarations[i%2] += fmt.Sprintf(` xmlns:p%d="u%d"`, i, i)
	}
	doc := inFault("<s:detail" + declarations[0] + "><p8:a" + declarations[1] + ` b="c">d<e/></p8:a><p8:f>g</p8:f></s:detail>`)
	skipped, err := soap.ReadEnvelope(soap.NewReader(strings.NewReader(doc), soap.Limits{}), nil, nil)
	if err != nil || !strings.Contains(string(skipped.Detail), `b="c">d<e/></p8:a><p8:f`) {
		t.Fatalf("%+v, %v", skipped, err)
	}
	var got []string
	e := soap.EnvelopeReader{Detail: func(r *soap.Reader) error {
		got = append(got, expanded(r.Name()))
		ok, err := r.Next()
		if !ok {
			return err
		}
		b, _ := r.Attr("", "b")
		got = append(got, expanded(r.Name()), b)
		text, err := r.Text()
		got = append(got, text)
		return err
	}}
	fault, err := e.Read(soap.NewReader(strings.NewReader(doc), soap.Limits{}))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"{" + soap.NamespaceEnvelope + "}detail", "{u8}a", "c", "d"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if d := cmp.Diff(skipped, fault); d != "" {
		t.Errorf("skipped and read (-skipped +read):\n%s", d)
	}
}

func TestFault_DetailStandsAlone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"faults/schema_validation.xml", "faults/server_busy.xml"} {
		doc := fixture(t, name)
		fault, err := soap.ReadEnvelope(soap.NewReader(bytes.NewReader(doc), soap.Limits{}), nil, nil)
		if err != nil || fault == nil {
			t.Fatal(fault, err)
		}
		detail := "<detail>" + string(fault.Detail) + "</detail>"
		alone, _, err := dump(strings.NewReader(detail), soap.Limits{})
		if err != nil {
			t.Errorf("%s: %v in %s", name, err, detail)
		}
		oracle, err := dumpOracle(strings.NewReader(detail))
		if err != nil {
			t.Errorf("%s: encoding/xml: %v in %s", name, err, detail)
		}
		whole, _, err := dump(bytes.NewReader(doc), soap.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(whole, alone) || alone != oracle {
			t.Errorf("%s: the detail alone is\n%s, for encoding/xml\n%s, within the fault\n%s", name, alone, oracle, whole)
		}
	}
}

func TestFault_DetailIsBounded(t *testing.T) {
	t.Parallel()
	for name, detail := range map[string]string{
		"text":       strings.Repeat("x", 5000),
		"elements":   strings.Repeat("<a/>", 2000),
		"namespaces": strings.Repeat(`<a xmlns="`+strings.Repeat("u", 900)+`"/>`, 10),
	} {
		r := soap.NewReader(strings.NewReader(inFault("<detail>"+detail+"</detail>")), soap.Limits{TextBytes: 4000})
		_, err := soap.ReadEnvelope(r, nil, nil)
		var limit *soap.LimitError
		if !errors.As(err, &limit) || limit.Limit != 4000 {
			t.Errorf("%s: got %v, want a LimitError", name, err)
		}
	}
}

func TestFault_Error(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 1000)
	tests := []struct {
		name  string
		fault soap.Fault
		want  string
	}{
		{"nothing", soap.Fault{}, "soap: fault without a code"},
		{"code alone", soap.Fault{Code: xml.Name{Space: types, Local: "ErrorX"}}, "soap: fault ErrorX"},
		{
			"lines",
			soap.Fault{Code: xml.Name{Local: "Client"}, String: "\n The request\r\n  failed.\n"},
			"soap: fault Client: The request failed.",
		},
		{"long", soap.Fault{String: long}, "soap: fault without a code: " + long[:500] + "…"},
		{
			"hostile",
			soap.Fault{Code: xml.Name{Local: "a\u202eb" + long}, String: "c\u009b31md\x1be"},
			"soap: fault a\ufffdb" + long[:74] + "…: c\ufffd31md\ufffde",
		},
		{"cut inside a character", soap.Fault{String: "x" + long}, "soap: fault without a code: x" + long[:498] + "…"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var err error = &tt.fault
			if d := cmp.Diff(tt.want, err.Error()); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestFault_Cut(t *testing.T) {
	t.Parallel()
	doc := inFault(`<faultcode>a</faultcode><faultstring>b</faultstring><s:detail xmlns="u"><c d="e"><f/>g</c></s:detail>`)
	for size := range doc {
		fault, err := soap.ReadEnvelope(soap.NewReader(strings.NewReader(doc[:size]), soap.Limits{}), nil, nil)
		if fault != nil || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("cut at byte %d: %v, %v", size, fault, err)
		}
	}
}
