package autodiscover

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-ews/exchange/internal/oneline"
	"github.com/go-ews/exchange/internal/xmlinput"
)

// Bounds of a response. Real ones are 8 deep, with a protocol per kind and client.
const (
	maxDepth     = 32
	maxProtocols = 64
)

// poxReader follows the tokens of encoding/xml instead of unmarshalling: the depth is bounded, a
// DOCTYPE is refused, and an element counts only at its place. It collects the relevant values of a
// response by the path of local names: documentation and servers do not agree on the namespaces.
type poxReader struct {
	path       []string
	text       strings.Builder
	account    map[string]string
	refusal    map[string]string
	protocols  []protocol
	activeSync bool // the response is in the form for telephones
	ended      bool // the root element is complete
}

// parsePOX parses a response, in any encoding, with any character.
func parsePOX(body []byte) (*response, error) {
	if isHTML(body) {
		return nil, errHTML
	}
	doc, err := xmlinput.UTF8(body)
	if err != nil {
		return nil, fmt.Errorf("the response is no XML of this protocol: %w", err)
	}
	r := poxReader{account: map[string]string{}, refusal: map[string]string{}}
	d := xml.NewDecoder(bytes.NewReader(xmlinput.Clean(doc)))
	d.CharsetReader = func(_ string, utf8 io.Reader) (io.Reader, error) { return utf8, nil }
	switch err := r.read(d); {
	case errors.Is(err, errHTML):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("the response is no XML of this protocol: %s", oneline.Clip(err.Error(), maxMessage))
	}
	return r.response()
}

// read takes all tokens of a document.
func (r *poxReader) read(d *xml.Decoder) error {
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = r.take(token)
		}
		if err != nil {
			return err
		}
	}
}

// take follows the document. RawToken leaves it to its caller to match the tags, and ignores
// namespaces.
func (r *poxReader) take(token xml.Token) error {
	switch t := token.(type) {
	case xml.Directive:
		if isHTML(append([]byte("<!"), t...)) {
			return errHTML
		}
		return errors.New("it has a DOCTYPE")
	case xml.StartElement:
		return r.open(t)
	case xml.EndElement:
		if len(r.path) == 0 || r.path[len(r.path)-1] != t.Name.Local {
			return errors.New("an end tag without its start tag")
		}
		r.close(strings.TrimSpace(r.text.String()))
	case xml.CharData:
		r.text.Write(t)
	}
	return nil
}

// open goes one element deeper. The root is checked first, so that the error for another kind of
// document names it.
func (r *poxReader) open(t xml.StartElement) error {
	switch {
	case len(r.path) == maxDepth:
		return errors.New("it is nested too deeply")
	case r.ended:
		return errors.New("it has a second root")
	case len(r.path) == 0 && strings.EqualFold(t.Name.Local, "html"):
		return errHTML
	case len(r.path) == 0 && t.Name.Local != "Autodiscover":
		return fmt.Errorf("its root is %q", oneline.Clip(t.Name.Local, 40))
	}
	r.text.Reset()
	r.path = append(r.path, t.Name.Local)
	switch {
	case r.inProtocol():
		if len(r.protocols) == maxProtocols {
			return errors.New("it has too many protocols")
		}
		r.protocols = append(r.protocols, newProtocol(t.Attr, r.path))
	case r.at("Autodiscover", "Response", "Action"):
		r.activeSync = true
	}
	return nil
}

// close takes the text of the element that ends.
func (r *poxReader) close(text string) {
	name := r.path[len(r.path)-1]
	r.path = r.path[:len(r.path)-1]
	r.text.Reset()
	switch {
	case len(r.path) == 0:
		r.ended = true
	case r.at("Autodiscover", "Response", "Account"):
		r.account[name] = text
	case r.at("Autodiscover", "Response", "Error"), r.at("Autodiscover", "Response", "Account", "Error"),
		r.at("Autodiscover", "Response", "Action", "Error"):
		r.refusal[name] = text
	case r.inProtocol():
		r.protocols[len(r.protocols)-1].set(name, text)
	}
}

func (r *poxReader) at(path ...string) bool { return slices.Equal(r.path, path) }

// inProtocol reports whether the path is that of a Protocol element: of the account, or of its
// protocol for browsers, which has one for inside and one for outside.
func (r *poxReader) inProtocol() bool {
	const account = "Autodiscover/Response/Account/Protocol"
	switch strings.Join(r.path, "/") {
	case account, account + "/Internal/Protocol", account + "/External/Protocol":
		return true
	}
	return false
}
