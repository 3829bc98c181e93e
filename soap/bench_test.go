package soap_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"testing"

	"github.com/go-ews/exchange/soap"
)

// Each benchmark has a counterpart by encoding/xml.

func BenchmarkEncodeAddImGroup(b *testing.B) {
	group := request{"Forschung & Entwicklung, Köln"}
	b.Run("soap", func(b *testing.B) {
		b.ReportAllocs()
		var buffer []byte
		for b.Loop() {
			out, err := soap.AppendEnvelope(buffer[:0], group.appendHeader, group.AppendBody)
			if err != nil {
				b.Fatal(err)
			}
			buffer = out
		}
	})
	b.Run("encoding-xml", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := xml.Marshal(marshalled(group.name)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

type marshalledEnvelope struct {
	XMLName struct{} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
	Header  struct {
		Version struct {
			Version string `xml:"Version,attr"`
		} `xml:"http://schemas.microsoft.com/exchange/services/2006/types RequestServerVersion"`
	} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Header"`
	Body struct {
		AddImGroup struct {
			DisplayName string `xml:"DisplayName"`
		} `xml:"http://schemas.microsoft.com/exchange/services/2006/messages AddImGroup"`
	} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
}

func marshalled(name string) *marshalledEnvelope {
	e := new(marshalledEnvelope)
	e.Header.Version.Version = "Exchange2013"
	e.Body.AddImGroup.DisplayName = name
	return e
}

type unmarshalledGroup struct {
	Group struct {
		Class string `xml:"ResponseClass,attr"`
		Code  string `xml:"ResponseCode"`
		Group struct {
			DisplayName, GroupType string
			ExchangeStoreID        itemID `xml:"ExchangeStoreId"`
		} `xml:"ImGroup"`
	} `xml:"Body>AddImGroupResponse"`
}

type unmarshalledFault struct {
	Code   string `xml:"Body>Fault>faultcode"`
	String string `xml:"Body>Fault>faultstring"`
	Detail struct {
		ResponseCode string
		Message      string
		MessageXML   struct {
			LineNumber, LinePosition, Violation string
		} `xml:"MessageXml"`
	} `xml:"Body>Fault>detail"`
}

func BenchmarkDecodeAddImGroup(b *testing.B) {
	docs := otherIDs(fixture(b, "AddImGroup/success.xml"))
	b.Run("soap", func(b *testing.B) { benchReader(b, docs...) })
	b.Run("encoding-xml", func(b *testing.B) { benchUnmarshal[unmarshalledGroup](b, docs...) })
}

// otherIDs returns responses that differ in the group's id, as those of a server do, so that a
// reader does not meet the same document again.
func otherIDs(doc []byte) [][]byte {
	docs := make([][]byte, 16)
	for i := range docs {
		docs[i] = bytes.ReplaceAll(doc, []byte("AAAAAQ0AAG"), fmt.Appendf(nil, "AAAA%02dQ0AA", i))
	}
	return docs
}

func BenchmarkDecodeFault(b *testing.B) {
	doc := fixture(b, "faults/schema_validation.xml")
	b.Run("soap", func(b *testing.B) { benchReader(b, doc) })
	b.Run("encoding-xml", func(b *testing.B) { benchUnmarshal[unmarshalledFault](b, doc) })
}

// BenchmarkDecodeList decodes 64 groups and 1,000 personas, 3 MB.
func BenchmarkDecodeList(b *testing.B) {
	doc := listDocument(64, 1000)
	b.Run("soap", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(doc)))
		src, r := bytes.NewReader(doc), soap.NewReader(nil, soap.Limits{})
		for b.Loop() {
			src.Reset(doc)
			r.Reset(src, soap.Limits{})
			if list, err := readList(r); err != nil || len(list.Groups) != 64 || len(list.Personas) != 1000 {
				b.Fatal(len(list.Groups), len(list.Personas), err)
			}
		}
	})
	b.Run("soap-tokens", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(doc)))
		for b.Loop() {
			r := soap.NewReader(bytes.NewReader(doc), soap.Limits{})
			if _, err := r.Next(); err != nil {
				b.Fatal(err)
			}
			var v imListEnvelope
			if err := xml.NewTokenDecoder(r.Tokens()).Decode(&v); err != nil || len(v.Personas) != 1000 {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding-xml", func(b *testing.B) { benchUnmarshal[imListEnvelope](b, doc) })
}

func benchReader(b *testing.B, docs ...[]byte) {
	b.Helper()
	b.ReportAllocs()
	b.SetBytes(int64(len(docs[0])))
	src, r := bytes.NewReader(nil), soap.NewReader(nil, soap.Limits{})
	for n := 0; b.Loop(); n++ {
		src.Reset(docs[n%len(docs)])
		r.Reset(src, soap.Limits{})
		var g group
		if _, err := soap.ReadEnvelope(r, nil, g.read); err != nil {
			b.Fatal(err)
		}
	}
}

func benchUnmarshal[T any](b *testing.B, docs ...[]byte) {
	b.Helper()
	b.ReportAllocs()
	b.SetBytes(int64(len(docs[0])))
	for n := 0; b.Loop(); n++ {
		if err := xml.Unmarshal(docs[n%len(docs)], new(T)); err != nil {
			b.Fatal(err)
		}
	}
}
