package dotnet

import (
	"encoding/xml"
	"strings"
)

// validateAttributes validates the attributes of the tag just read, then that none is missing.
func (r *reader) validateAttributes(f *frame) bool {
	t := f.state.typ
	for i := range r.attrs {
		a := &r.attrs[i]
		if a.isNamespace() || r.service && (r.isSOAP(a) || isVersion(f, a)) {
			continue
		}
		if !r.validateAttribute(t, a) {
			return false
		}
	}
	if t == nil {
		return true
	}
	for _, a := range t.attrs {
		if _, ok := f.element.Attr(a.local); a.required && !ok {
			return r.invalid(f.place, "The required attribute '%s' is missing.", a.local)
		}
	}
	return true
}

// validateAttribute validates one attribute of an element, whose type is nil if the schemas have
// none. Attributes of XML's own namespace are allowed anywhere. The sentence is "not allowed" where
// the type allows attributes of some namespace, "not declared" where it allows none, or where the
// attribute is in that namespace.
func (r *reader) validateAttribute(t *schemaType, a *attribute) bool {
	name := qualified(a.expanded())
	switch {
	case a.space == xsiSpace:
		switch a.local {
		case "type", "nil", "schemaLocation", "noNamespaceSchemaLocation":
			return true
		}
		return r.invalid(a.place, "The attribute '%s' does not match one of the four allowed "+
			"attributes in the 'xsi' namespace.", name)
	case a.space == xmlSpace && xmlAttribute(a.local) != nil:
		return r.validateValue(xmlAttribute(a.local), a) && (a.local != "id" || r.validateID(a))
	case t == nil:
		return true
	case a.space == "" && typeOf(t.attrs, a.local) != nil:
		return r.validateValue(typeOf(t.attrs, a.local), a)
	case t.soapAny && a.space != soapSpace:
		return r.invalid(a.place, "The '%s' attribute is not allowed.", name)
	}
	return r.invalid(a.place, "The '%s' attribute is not declared.", name)
}

// isSOAP reports whether an attribute is one of SOAP 1.1's own and may stand where it stands:
// encodingStyle on any element (section 4.1.1), actor (4.2.2) and mustUnderstand, which is 1 or 0
// (4.2.3), on a header's.
func (r *reader) isSOAP(a *attribute) bool {
	if a.space != soapSpace {
		return false
	}
	switch a.local {
	case "encodingStyle":
		return true
	case "actor":
		return r.inHeader()
	case "mustUnderstand":
		return r.inHeader() && (a.value == "0" || a.value == "1")
	}
	return false
}

// isVersion reports whether an attribute is the value of RequestServerVersion.
func isVersion(f *frame, a *attribute) bool {
	version := xml.Name{Space: typesSpace, Local: "RequestServerVersion"}
	return f.element.Name == version && a.name == "Version"
}

// inHeader reports whether the tag just read is an immediate child of the SOAP header.
func (r *reader) inHeader() bool {
	header := xml.Name{Space: soapSpace, Local: "Header"}
	return len(r.stack) == 2 && r.top().element.Name == header
}

// validateValue validates an attribute's value, which the message has with its white space.
func (r *reader) validateValue(t *schemaType, a *attribute) bool {
	reason := ""
	if t.check != nil {
		reason = t.check(a.value)
	}
	return reason == "" || r.invalid(a.place, "The '%s' attribute is invalid - "+badValue,
		qualified(a.expanded()), a.value, qualified(t.name), reason)
}

// validateID validates that no other element has the same xml:id.
func (r *reader) validateID(a *attribute) bool {
	id := collapse(a.value)
	if r.ids[id] {
		return r.invalid(a.place, "'%s' is already used as an ID.", id)
	}
	r.ids[id] = true
	return true
}

// xmlAttributes holds the types of the attributes of XML itself, which are allowed on any element.
var xmlAttributes = map[string]string{
	"lang": "language", "space": "string", "base": "string", "id": "ID",
}

// xmlAttribute returns the type of an attribute of XML itself, or nil.
func xmlAttribute(local string) *schemaType {
	return schemas.types[xml.Name{Space: schemaSpace, Local: xmlAttributes[local]}]
}

// hasXSI reports whether the tag just read has that attribute of XML Schema's instance namespace.
func (r *reader) hasXSI(local string) bool {
	_, ok := r.xsi(local)
	return ok
}

// xsi returns that attribute's value.
func (r *reader) xsi(local string) (string, bool) {
	for i := range r.attrs {
		if a := &r.attrs[i]; a.space == xsiSpace && a.local == local {
			return a.value, true
		}
	}
	return "", false
}

// validateXSI validates xsi:type and xsi:nil. No element of a request is nillable, so xsi:nil is
// wrong with any value, except where the schemas have no element. A type that does not exist is
// wrong only where the schemas must have the element; elsewhere the element is not validated.
func (r *reader) validateXSI(f *frame) bool {
	value, typed := r.xsi("type")
	named, reason := r.parseQName(collapse(value))
	outer := f.state.typ
	switch {
	case typed && reason != "":
		return r.invalid(f.place, "The attribute 'type' has an invalid value '%s' according to "+
			"its schema type 'QName' - %s", value, reason)
	case outer != nil && r.hasXSI("nil"):
		return r.invalid(f.place, "If the 'nillable' attribute is false in the schema, "+
			"the 'xsi:nil' attribute must not be present in the instance.")
	case !typed && outer != nil && outer.abstract:
		return r.invalid(f.place, "The element '%s' is abstract or its type is abstract.",
			qualified(f.element.Name))
	case !typed:
		return true
	}
	t := schemas.named(named)
	switch {
	case t == nil && !f.state.strict, t != nil && t.abstract && outer == nil:
		t = nil
	case t == nil:
		return r.invalid(f.place, "This is an invalid xsi:type '%s'.", qualified(named))
	case t.abstract:
		return r.invalid(f.place, "The xsi:type '%s' cannot be abstract.", qualified(named))
	case outer != nil && !t.derivesFrom(outer):
		return r.invalid(f.place, "The xsi:type attribute value '%s' is not valid for the element "+
			"'%s', either because it is not a type validly derived from the type in the schema, "+
			"or because it has xsi:type derivation blocked.",
			qualified(named), qualified(f.element.Name))
	}
	f.state.typ = t
	return true
}

// parseQName parses a value that is a name with a prefix, and returns its fault if it has one.
// Unlike in the name of an attribute, no prefix means the default namespace.
func (r *reader) parseQName(s string) (name xml.Name, reason string) {
	if s == "" {
		return name, emptyAttribute
	}
	end := nameEnd(s, 0)
	colon := 0
	if end > 0 && strings.HasPrefix(s[end:], ":") && nameStart(s[end+1:]) > 0 {
		colon, end = end, nameEnd(s, end+1)
	}
	if end < len(s) {
		return name, badName(s, end)
	}
	space, ok := r.lookUp(s[:colon])
	if !ok {
		return name, "'" + s[:colon] + "' is an undeclared prefix."
	}
	return xml.Name{Space: space, Local: strings.TrimPrefix(s[colon:], ":")}, ""
}
