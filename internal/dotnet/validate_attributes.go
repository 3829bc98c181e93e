package dotnet

import "strings"

// validateAttributes validates the attributes of the tag just read, then that none is missing.
func (r *reader) validateAttributes(f *frame) bool {
	t := f.state.typ
	for i := range r.attrs {
		a := &r.attrs[i]
		if a.declares() || r.service && (r.isSOAP(a) || t == requestServerVersion && a.name == "Version") {
			continue
		}
		if !r.validateAttribute(t, a) {
			return false
		}
	}
	if t == nil {
		return true
	}
	for i := range t.attrs {
		d := &t.attrs[i]
		if !d.required {
			continue
		}
		if _, ok := f.element.Attr(d.local); !ok {
			return r.invalid(f.place, "The required attribute '%s' is missing.", d.local)
		}
	}
	return true
}

// validateAttribute validates one attribute of an element, whose type is nil if it is not declared. Attributes of
// XML's own namespace may stand anywhere. "Not allowed" is said where the type lets in attributes of some
// namespace, "not declared" where it lets in none, or where the attribute is in that namespace.
func (r *reader) validateAttribute(t *schemaType, a *attribute) bool {
	name := qualified(a.space, a.local)
	switch {
	case a.space == xsiSpace:
		switch a.local {
		case "type", "nil", "schemaLocation", "noNamespaceSchemaLocation":
			return true
		}
		return r.invalid(a.place,
			"The attribute '%s' does not match one of the four allowed attributes in the 'xsi' namespace.", name)
	case a.space == xmlSpace && xmlAttribute(a.local) != nil:
		return r.validateValue(xmlAttribute(a.local), a) && (a.local != "id" || r.validateID(a))
	case t == nil:
		return true
	case a.space == "" && t.attribute(a.local) != nil:
		return r.validateValue(t.attribute(a.local).typ, a)
	case t.soapAny && a.space != soapSpace:
		return r.invalid(a.place, "The '%s' attribute is not allowed.", name)
	}
	return r.invalid(a.place, "The '%s' attribute is not declared.", name)
}

// isSOAP reports whether an attribute is one of SOAP 1.1's own and may stand where it stands: encodingStyle on any
// element (section 4.1.1), actor (4.2.2) and mustUnderstand, which is 1 or 0 (4.2.3), on a header's.
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

// inHeader reports whether the tag just read is an immediate child of the SOAP header.
func (r *reader) inHeader() bool {
	if len(r.stack) != 2 {
		return false
	}
	name := r.top().element.Name
	return name.Space == soapSpace && name.Local == "Header"
}

// validateValue validates an attribute's value; the message has it as it stands in the document, white space and all.
func (r *reader) validateValue(t *schemaType, a *attribute) bool {
	if t.value == nil {
		return true
	}
	reason := t.value(a.value)
	if reason == "" {
		return true
	}
	return r.invalid(a.place,
		"The '%s' attribute is invalid - The value '%s' is invalid according to its datatype '%s' - %s",
		qualified(a.space, a.local), a.value, qualified(t.space, t.name), reason)
}

// validateID validates that no other element has the same xml:id.
func (r *reader) validateID(a *attribute) bool {
	id := collapse(a.value)
	if r.ids[id] {
		return r.invalid(a.place, "'%s' is already used as an ID.", id)
	}
	if r.ids == nil {
		r.ids = map[string]bool{}
	}
	r.ids[id] = true
	return true
}

// xmlAttribute returns the type of one of the attributes that may stand on any element, or nil.
func xmlAttribute(local string) *schemaType {
	switch local {
	case "lang":
		return xsLanguage
	case "space", "base":
		return xsString
	case "id":
		return xsID
	}
	return nil
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

// validateXSI takes in xsi:type and xsi:nil. No element of a request is nillable, so xsi:nil is wrong whatever its
// value, but where nothing is declared. A type that does not exist is wrong only where something has
// to be declared; elsewhere the element goes unvalidated.
func (r *reader) validateXSI(f *frame) bool {
	value, typed := r.xsi("type")
	var space, local string
	if typed {
		var reason string
		if space, local, reason = r.parseQName(collapse(value)); reason != "" {
			return r.invalid(f.place,
				"The attribute 'type' has an invalid value '%s' according to its schema type 'QName' - %s", value, reason)
		}
	}
	if f.state.typ != nil && r.hasXSI("nil") {
		return r.invalid(f.place, "If the 'nillable' attribute is false in the schema, the 'xsi:nil' attribute must not "+
			"be present in the instance.")
	}
	if !typed {
		return f.state.typ == nil || !f.state.typ.abstract || r.failAbstract(f)
	}
	named := qualified(space, local)
	t := typeNamed(space, local)
	switch {
	case t == nil && !f.state.strict, t != nil && t.abstract && f.state.typ == nil:
		f.state.typ = nil
		return true
	case t == nil:
		return r.invalid(f.place, "This is an invalid xsi:type '%s'.", named)
	case t.abstract:
		return r.invalid(f.place, "The xsi:type '%s' cannot be abstract.", named)
	case f.state.typ != nil && !t.derivesFrom(f.state.typ):
		return r.invalid(f.place, "The xsi:type attribute value '%s' is not valid for the element '%s', either because it "+
			"is not a type validly derived from the type in the schema, or because it has xsi:type derivation blocked.",
			named, qualified(f.element.Name.Space, f.element.Name.Local))
	}
	f.state.typ = t
	f.state.unseen = t == unseen
	return true
}

// failAbstract records that an element must say which type it is of.
func (r *reader) failAbstract(f *frame) bool {
	name := f.element.Name
	return r.invalid(f.place, "The element '%s' is abstract or its type is abstract.", qualified(name.Space, name.Local))
}

// parseQName takes a value apart that names something with a prefix, and says what is wrong with it. Unlike in an
// attribute's own name, no prefix means the default namespace.
func (r *reader) parseQName(s string) (space, local, reason string) {
	if s == "" {
		return "", "", "The attribute value cannot be empty."
	}
	end := nameEnd(s, 0)
	colon := 0
	if end > 0 && strings.HasPrefix(s[end:], ":") && nameStart(s[end+1:]) > 0 {
		colon, end = end, nameEnd(s, end+1)
	}
	if end < len(s) {
		return "", "", badName(s, end)
	}
	prefix, local := s[:colon], strings.TrimPrefix(s[colon:], ":")
	space, ok := r.lookUp(prefix)
	if !ok {
		return "", "", "'" + prefix + "' is an undeclared prefix."
	}
	return space, local, ""
}
