package soap

import (
	"encoding/xml"
	"strings"

	"github.com/go-ews/exchange/internal/oneline"
)

// A Fault is a server's response to a request that failed (SOAP 1.1, section 4.4). *Fault is an
// error.
type Fault struct {
	Code   xml.Name // faultcode; Space is the namespace of its prefix, "" if undeclared
	String string   // faultstring, for people, unchanged
	Lang   string   // xml:lang of the faultstring
	Actor  string   // faultactor

	// Detail is the content of the element detail: a sequence of elements and text, nil if there is
	// no such element. It can be read alone: each top-level element declares all namespaces in
	// scope, prefixes are the server's, forbidden characters are replaced. An xml.Decoder accepts
	// it; a Reader requires one root, such as a pair of tags round it. Limits.TextBytes bounds it.
	Detail []byte
}

// Error returns the code's local name and the first 500 bytes of the faultstring, in one line of
// printable characters. It contains nothing of the detail.
func (f *Fault) Error() string {
	text, code := oneline.Clip(f.String, 500), oneline.Clip(f.Code.Local, 80)
	if code == "" {
		code = "without a code"
	}
	if text == "" {
		return "soap: fault " + code
	}
	return "soap: fault " + code + ": " + text
}

// readFault reads the Fault element that r stands on, and calls detail for its detail. The children
// have no namespace, or that of the envelope in some old servers.
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

// readChild reads one of the four children of section 4.4. The last one of a name counts.
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

// qualifiedText is Text for a qualified name, which it resolves with the namespaces in scope. White
// space round the name is dropped.
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
