package soap

import (
	"encoding/xml"
	"strings"
)

// A Fault is what a server answers instead of a result (SOAP 1.1, section 4.4).
// *Fault is an error.
type Fault struct {
	Code   xml.Name // faultcode; Space is the namespace of its prefix, "" if that is not declared
	String string   // faultstring, for people, as it came
	Lang   string   // xml:lang of the faultstring
	Actor  string   // faultactor

	// Detail is what <detail> held: a sequence of elements and text, nil if there was no
	// such element. It stands on its own: each of the elements on top declares all
	// namespaces that were in scope, prefixes are the server's, forbidden
	// characters are replaced. An xml.Decoder takes it as it is; NewReader
	// wants one root and takes it within a pair of tags. Limits.TextBytes bounds it.
	Detail []byte
}

// Error gives the code's local name and the first 500 bytes of the faultstring
// in one line. The server wrote it; nothing of the detail is in it.
func (f *Fault) Error() string {
	const most = 500
	text := strings.Join(strings.Fields(f.String), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	code := f.Code.Local
	if code == "" {
		code = "without a code"
	}
	if text == "" {
		return "soap: fault " + code
	}
	return "soap: fault " + code + ": " + text
}

// readFault reads the Fault element that r stands on, its detail through detail. Its children have
// no namespace; some old servers put them into the envelope's.
func readFault(r *Reader, detail func(*Reader) error) (*Fault, error) {
	f := new(Fault)
	for name := range r.Children() {
		if name.Space != "" && name.Space != NamespaceEnvelope {
			continue
		}
		if err := f.readChild(r, name.Local, detail); err != nil {
			return nil, err
		}
	}
	return f, r.err
}

// readChild reads one of the four children of section 4.4.
// Where one comes twice, the last one holds.
func (f *Fault) readChild(r *Reader, local string, detail func(*Reader) error) (err error) {
	switch local {
	case "faultcode":
		f.Code, err = r.qualifiedText()
	case "faultstring":
		f.Lang, _ = r.Attr(namespaceXML, "lang")
		f.String, err = r.Text()
	case "faultactor":
		f.Actor, err = r.Text()
	case "detail":
		f.Detail, err = r.copyContent(detail)
	}
	return err
}

// qualifiedText is Text for a qualified name, which is resolved before the
// declarations of its element go out of scope. White space round it is dropped.
func (r *Reader) qualifiedText() (xml.Name, error) {
	if r.empty {
		return xml.Name{}, r.Skip()
	}
	r.attrs = r.attrs[:0]
	text, err := r.toEndTag()
	if err != nil {
		return xml.Name{}, err
	}
	prefix, local, prefixed := strings.Cut(strings.Trim(text, " \t\n"), ":")
	if !prefixed {
		prefix, local = "", prefix
	}
	space, _ := r.resolve(prefix)
	return xml.Name{Space: space, Local: local}, r.endTag()
}
