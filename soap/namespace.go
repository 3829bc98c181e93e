package soap

// Namespaces that Exchange Web Services use.
const (
	NamespaceEnvelope = "http://schemas.xmlsoap.org/soap/envelope/" // SOAP 1.1, section 4
	NamespaceTypes    = "http://schemas.microsoft.com/exchange/services/2006/types"
	NamespaceMessages = "http://schemas.microsoft.com/exchange/services/2006/messages"
	NamespaceErrors   = "http://schemas.microsoft.com/exchange/services/2006/errors"
)

const (
	namespaceXML   = "http://www.w3.org/XML/1998/namespace"
	namespaceXMLNS = "http://www.w3.org/2000/xmlns/"

	// maxBindings bounds the declarations in scope, among which every prefix is looked up. The
	// default limits of depth and attributes would permit 8,192; Exchange uses about ten.
	maxBindings = 256
)

// binding is a namespace declaration.
type binding struct{ prefix, space string }

// bindNamespace adds the namespace declaration at offset at of the tag to the bindings, those of
// the same tag being the ones from outer on. "Namespaces in XML 1.0", section 3: the prefix xml is
// bound to its namespace without a declaration, "must not be bound to any other namespace name",
// and no other prefix may be bound to that; xmlns and its namespace must not be declared. Section
// 5: only the default namespace can be undeclared.
func (r *Reader) bindNamespace(prefix string, value []byte, at, outer int) error {
	space := r.names.space(value)
	switch {
	case prefix == "xmlns", space == namespaceXMLNS, (prefix == "xml") != (space == namespaceXML):
		return r.syntax(at, "the prefixes xml and xmlns and their namespaces must not be bound otherwise")
	case prefix != "" && space == "":
		return r.syntax(at, "the prefix %s is bound to no namespace", shown(prefix))
	case len(r.bindings) == maxBindings:
		return r.fail(&LimitError{What: "namespace declarations in scope", Limit: maxBindings})
	}
	for _, b := range r.bindings[outer:] {
		if b.prefix == prefix {
			return r.syntax(at, "duplicate namespace declaration for the prefix %s", shown(prefix))
		}
	}
	r.bindings = append(r.bindings, binding{prefix, space})
	return nil
}

// resolve returns the namespace that a prefix is bound to, or false if it is undeclared. The prefix
// "" stands for the default namespace, which need not be declared.
func (r *Reader) resolve(prefix string) (string, bool) {
	for i := len(r.bindings) - 1; i >= 0; i-- {
		if b := &r.bindings[i]; b.prefix == prefix {
			return b.space, true
		}
	}
	if prefix == "xml" {
		return namespaceXML, true
	}
	return "", prefix == ""
}

func (r *Reader) undeclaredPrefix(name *qname) error {
	return r.syntax(0, "the prefix of %s is not declared", shown(name.full))
}
