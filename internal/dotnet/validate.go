package dotnet

import (
	"encoding/xml"
	"strings"
)

// A state is how far the content of an element has been validated.
type state struct {
	typ    *schemaType // nil: not in the schemas; children that are in them are validated
	strict bool        // the schemas must have the element
	part   int         // the particle of the last child
	count  int         // how many children that particle has
}

// qualified is the form of a name in messages about a definition.
func qualified(name xml.Name) string {
	if name.Space == "" {
		return name.Local
	}
	return name.Space + ":" + name.Local
}

// inNamespace is the form of a name in messages about content.
func inNamespace(name xml.Name) string {
	if name.Space == "" {
		return "'" + name.Local + "'"
	}
	return "'" + name.Local + "' in namespace '" + name.Space + "'"
}

// validateStart validates a start tag: first whether the element is allowed here, then the
// attributes xsi:type and xsi:nil, then the others in their order, then whether one is missing. All
// faults but those of attributes are reported at the element's name.
func (r *reader) validateStart(f *frame) bool {
	ok := false
	if len(r.stack) == 0 {
		ok = r.validateRoot(f)
	} else {
		ok = r.validateContext(f, r.top())
	}
	if !ok || f.state.typ == unseen {
		return ok
	}
	return r.validateXSI(f) && (f.state.typ == unseen || r.validateAttributes(f))
}

// validateRoot finds the type of the root. .NET accepts a root that no schema has, unless there is
// a schema for its namespace.
func (r *reader) validateRoot(f *frame) bool {
	name := f.element.Name
	f.state.typ = schemas.elements[name]
	switch name.Space {
	case soapSpace, typesSpace, messagesSpace, xmlSpace:
		f.state.strict = true
		return f.state.typ != nil || r.hasXSI("type") || r.failUndeclared(f)
	}
	return true
}

// failUndeclared records that the schemas have no such element.
func (r *reader) failUndeclared(f *frame) bool {
	return r.invalid(f.place, "The '%s' element is not declared.", qualified(f.element.Name))
}

// validateContext finds the type of an element from its parent's. Below an element that no schema
// has, which only a lax wildcard allows, those are validated that some schema has.
func (r *reader) validateContext(f, parent *frame) bool {
	name, outer := f.element.Name, parent.element.Name
	s := &parent.state
	switch {
	case s.typ == unseen:
		f.state.typ = unseen
		return true
	case s.typ == nil:
		f.state.typ = schemas.elements[name]
		return true
	case s.typ.content != contentElements:
		model := "empty"
		if s.typ.content == contentText {
			model = "text only"
		}
		return r.invalid(f.place, "The element '%s' cannot contain child element '%s' "+
			"because the parent element's content model is %s.",
			qualified(outer), qualified(name), model)
	}
	p, typ := s.next(name)
	if p == nil {
		return r.invalid(f.place, "The element %s has invalid child element %s.%s",
			inNamespace(outer), inNamespace(name), s.expected())
	}
	f.state.typ = typ
	f.state.strict = p.wildcard == anyStrict || p.wildcard == "" && s.strict
	if p.wildcard != "" {
		f.state.typ = schemas.elements[name]
	}
	return p.wildcard != anyStrict || r.validateOperation(f)
}

// validateOperation validates that the schemas or the caller have the element of the body.
func (r *reader) validateOperation(f *frame) bool {
	name := f.element.Name
	switch {
	case name.Space == messagesSpace && HasOperation(name.Local):
	case r.accept != nil && r.accept(name):
		f.state.typ = unseen
	case f.state.typ == nil && !r.hasXSI("type"):
		return r.failUndeclared(f)
	}
	return true
}

// next finds the particle that takes a child of that name, and moves to it. No sequence in scope
// names an element twice, so the first particle that takes it is the right one.
func (s *state) next(name xml.Name) (*particle, *schemaType) {
	count := s.count
	for i := s.part; i < len(s.typ.children); i++ {
		p := &s.typ.children[i]
		typ, ok := (*schemaType)(nil), false
		if name.Space == s.typ.name.Space {
			typ = typeOf(p.elements, name.Local)
			ok = typ != nil
		}
		switch p.wildcard {
		case anyStrict:
			ok = true
		case otherLax:
			ok = name.Space != soapSpace && name.Space != ""
		}
		if ok && count < p.max {
			s.part, s.count = i, count+1
			return p, typ
		}
		if count < p.min {
			break
		}
		count = 0
	}
	return nil, nil
}

// open returns the particles that may come next, and whether one of them must.
func (s *state) open() (next []*particle, must bool) {
	if s.typ.optional && s.part == 0 && s.count == 0 {
		return []*particle{&s.typ.children[0]}, false
	}
	count := s.count
	for i := s.part; i < len(s.typ.children); i++ {
		p := &s.typ.children[i]
		if count < p.max {
			next = append(next, p)
		}
		if count < p.min {
			return next, true
		}
		count = 0
	}
	return next, false
}

// expected lists what may come next, as the end of a message. It names all that may come, not only
// the required ones.
func (s *state) expected() string {
	next, _ := s.open()
	if len(next) == 0 {
		return ""
	}
	var names []string
	for _, p := range next {
		if p.wildcard != "" {
			return listOfExpected + "any element in namespace '" + p.wildcard + "'."
		}
		for _, e := range p.elements {
			names = append(names, e.local)
		}
	}
	list := inNamespace(xml.Name{Space: s.typ.name.Space, Local: strings.Join(names, ", ")})
	return listOfExpected + list + "."
}

// validateText validates a piece of text. A blank one is nothing but white space, which is allowed
// between elements, but not in an element that must be empty.
func (r *reader) validateText(p place, text string, blank bool) bool {
	f := r.top()
	switch t := f.state.typ; {
	case t == nil, t == unseen, t.content == contentText:
	case t.content == contentEmpty && blank:
		return r.invalid(p, "The element cannot contain white space. Content model is empty.")
	case t.content == contentEmpty:
		return r.validateStray(p)
	case strings.TrimFunc(text, isBlank) != "":
		return r.invalid(p, "The element %s cannot contain text.%s",
			inNamespace(f.element.Name), f.state.expected())
	}
	r.addText(text)
	return true
}

// validateStray validates that there may be any text at all.
func (r *reader) validateStray(p place) bool {
	if t := r.top().state.typ; t != nil && t != unseen && t.content == contentEmpty {
		return r.invalid(p, "The element cannot contain text. Content model is empty.")
	}
	return true
}

// validateEnd validates that an element is complete; p is where it ends. The value of a simple type
// is its whole text, whose faults are reported at the end tag.
func (r *reader) validateEnd(f *frame, p place) bool {
	t := f.state.typ
	switch {
	case t == nil, t == unseen:
	case t.content == contentElements:
		if _, must := f.state.open(); must {
			return r.invalid(p, "The element %s has incomplete content.%s",
				inNamespace(f.element.Name), f.state.expected())
		}
	case t.content == contentText && t.check != nil:
		if reason := t.check(f.element.Text); reason != "" {
			return r.invalid(p, "The '%s' element is invalid - "+badValue,
				qualified(f.element.Name), f.element.Text, qualified(t.name), reason)
		}
	}
	return true
}

const listOfExpected = " List of possible elements expected: "

const badValue = "The value '%s' is invalid according to its datatype '%s' - %s"
