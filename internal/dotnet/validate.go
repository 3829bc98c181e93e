package dotnet

import (
	"encoding/xml"
	"strings"
)

// A state is how far the content of an element has been validated.
type state struct {
	typ    *schemaType // nil: not declared, children are validated if they are
	unseen bool        // nothing below is looked at
	strict bool        // the element has to be declared
	part   int         // the particle that the last child belonged to
	count  int         // how many children did
}

// qualified is how messages about a declaration spell a name.
func qualified(space, local string) string {
	if space == "" {
		return local
	}
	return space + ":" + local
}

// inNamespace is how messages about content spell a name.
func inNamespace(name xml.Name) string {
	if name.Space == "" {
		return "'" + name.Local + "'"
	}
	return "'" + name.Local + "' in namespace '" + name.Space + "'"
}

// validateStart validates a start tag: first whether the element may stand where it stands, then the attributes
// xsi:type and xsi:nil, then the others as they come, then whether one is missing. All but the
// attributes' own problems are reported at the element's name.
func (r *reader) validateStart(f *frame) bool {
	if len(r.stack) == 0 {
		if !r.validateRoot(f) {
			return false
		}
	} else if !r.validateContext(f, r.top()) {
		return false
	}
	if f.state.unseen {
		return true
	}
	return r.validateXSI(f) && (f.state.unseen || r.validateAttributes(f))
}

// validateRoot finds the type of the root. .NET takes a root that no schema declares, unless there is a
// schema for its namespace.
func (r *reader) validateRoot(f *frame) bool {
	name := f.element.Name
	f.state.typ = global(name)
	f.state.unseen = f.state.typ == unseen
	switch name.Space {
	case soapSpace, typesSpace, messagesSpace, xmlSpace:
		f.state.strict = true
		return f.state.typ != nil || r.hasXSI("type") || r.failUndeclared(f)
	}
	return true
}

// failUndeclared records that the schemas have no such element.
func (r *reader) failUndeclared(f *frame) bool {
	name := f.element.Name
	return r.invalid(f.place, "The '%s' element is not declared.", qualified(name.Space, name.Local))
}

// validateContext finds the type of an element from its parent's. Beneath an element that no schema declares,
// which only a lax wildcard lets through, those are validated that some schema does declare.
func (r *reader) validateContext(f, parent *frame) bool {
	name := f.element.Name
	s := &parent.state
	switch {
	case s.unseen:
		f.state.unseen = true
		return true
	case s.typ == nil:
		f.state.typ = global(name)
	case s.typ.content == contentEmpty, s.typ.content == contentText:
		model := "empty"
		if s.typ.content == contentText {
			model = "text only"
		}
		outer := parent.element.Name
		return r.invalid(f.place, "The element '%s' cannot contain child element '%s' because the parent element's "+
			"content model is %s.", qualified(outer.Space, outer.Local), qualified(name.Space, name.Local), model)
	default:
		p, typ := s.next(name)
		if p == nil {
			return r.invalid(f.place, "The element %s has invalid child element %s.%s",
				inNamespace(parent.element.Name), inNamespace(name), s.expected())
		}
		f.state.typ = typ
		f.state.strict = p.wildcard == anyStrict || p.wildcard == noWildcard && s.strict
		if p.wildcard == noWildcard {
			break
		}
		f.state.typ = global(name)
		if p.wildcard == anyStrict && (name.Space != messagesSpace || !Known(name.Local)) {
			return r.validateForeign(f)
		}
	}
	f.state.unseen = f.state.typ == unseen
	return true
}

// validateForeign takes an element of the body that is none of the thirteen operations.
func (r *reader) validateForeign(f *frame) bool {
	if r.accept != nil && r.accept(f.element.Name) {
		f.state.unseen = true
		return true
	}
	f.state.unseen = f.state.typ == unseen
	if f.state.typ == nil && !r.hasXSI("type") {
		return r.failUndeclared(f)
	}
	return true
}

// next finds the particle that takes a child of that name, and moves to it. No sequence in scope names an
// element twice, so the first particle that takes it is the right one.
func (s *state) next(name xml.Name) (*particle, *schemaType) {
	count := s.count
	for i := s.part; i < len(s.typ.children); i++ {
		p := &s.typ.children[i]
		typ, ok := s.typ.element(p, name.Space, name.Local)
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

// expected lists what may come next, as the end of a message. All that may come is named, not only what must.
func (s *state) expected() string {
	next, _ := s.open()
	if len(next) == 0 {
		return ""
	}
	var names []string
	for _, p := range next {
		if p.wildcard != noWildcard {
			return " List of possible elements expected: " + p.wildcard.expected() + "."
		}
		for _, e := range p.elements {
			names = append(names, e.local)
		}
	}
	return " List of possible elements expected: '" + strings.Join(names, ", ") + "' in namespace '" +
		s.typ.space + "'."
}

// validateText validates a piece of text. A blank one is white space and nothing else, which is welcome between
// elements and nowhere in an element that must be empty.
func (r *reader) validateText(p place, text string, blank bool) bool {
	f := r.top()
	if f.state.typ != nil && !f.state.unseen {
		switch {
		case f.state.typ.content == contentEmpty && blank:
			return r.invalid(p, "The element cannot contain white space. Content model is empty.")
		case f.state.typ.content == contentEmpty:
			return r.validateStray(p)
		case f.state.typ.content == contentElements && strings.TrimFunc(text, isBlank) != "":
			return r.invalid(p, "The element %s cannot contain text.%s", inNamespace(f.element.Name), f.state.expected())
		}
	}
	r.addText(text)
	return true
}

// validateStray validates that there may be any text at all.
func (r *reader) validateStray(p place) bool {
	if s := r.top().state; s.typ != nil && !s.unseen && s.typ.content == contentEmpty {
		return r.invalid(p, "The element cannot contain text. Content model is empty.")
	}
	return true
}

// validateCData validates a CDATA section, which is text even if it is blank.
func (r *reader) validateCData(p place, text string) bool {
	return r.validateText(p, text, false)
}

// validateEnd validates that an element is complete; p is where it ends. The value of a simple type is its whole
// text, and its problems are reported at the end tag.
func (r *reader) validateEnd(f *frame, p place) bool {
	t := f.state.typ
	if t == nil || f.state.unseen {
		return true
	}
	switch t.content {
	case contentElements:
		if _, must := f.state.open(); must {
			return r.invalid(p, "The element %s has incomplete content.%s", inNamespace(f.element.Name), f.state.expected())
		}
	case contentText:
		if t.value == nil {
			return true
		}
		if reason := t.value(f.element.Text); reason != "" {
			return r.invalid(p, "The '%s' element is invalid - The value '%s' is invalid according to its datatype '%s' - %s",
				qualified(f.element.Name.Space, f.element.Name.Local), f.element.Text, qualified(t.space, t.name), reason)
		}
	}
	return true
}
