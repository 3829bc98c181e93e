package dotnet

import (
	"encoding/xml"
	"strings"
)

var schemaPrefixes = map[string]string{
	"s": soapSpace, "t": typesSpace, "m": messagesSpace, "xs": schemaSpace,
}

// readSchemas reads the notation of schema.txt. A line that begins with a tab continues the one
// before.
func readSchemas(text string) schemaSet {
	s := schemaSet{types: map[xml.Name]*schemaType{}, elements: map[xml.Name]*schemaType{}}
	for line := range strings.Lines(strings.ReplaceAll(text, "\n\t", " ")) {
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		switch kind, name := words[0], words[1]; kind {
		case "type":
			s.addType(name, words[2:])
		case "element":
			s.elements[expand(name)] = s.typ(words[2])
		case "types":
			addUnseen(s.types, name, words[2:])
		case "elements":
			addUnseen(s.elements, name, words[2:])
		}
	}
	return s
}

// expand returns the name that a word with a prefix stands for.
func expand(word string) xml.Name {
	prefix, local, _ := strings.Cut(word, ":")
	return xml.Name{Space: schemaPrefixes[prefix], Local: local}
}

// typ returns the type of that name, which may be read later.
func (s *schemaSet) typ(word string) *schemaType {
	name := expand(word)
	t := s.types[name]
	if t == nil {
		t = &schemaType{name: name}
		s.types[name] = t
	}
	return t
}

// addUnseen adds names that nothing looks into, except where there is a type.
func addUnseen(to map[xml.Name]*schemaType, prefix string, words []string) {
	for _, word := range words {
		local, both := strings.CutSuffix(word, "+")
		names := []xml.Name{expand(prefix + local)}
		if both {
			names = append(names, expand(prefix+local+"Response"))
		}
		for _, name := range names {
			if to[name] == nil {
				to[name] = unseen
			}
		}
	}
}

// addType reads a type from the words after its name. The type of an operation's request makes the
// operation a global element.
func (s *schemaSet) addType(name string, words []string) {
	t := s.typ(name)
	t.check = valueChecks[name]
	r := typeReader{schemas: s, typ: t, words: words}
	for len(r.words) > 0 {
		r.read(r.next())
	}
	if t.check == nil && t.base != nil {
		t.check = t.base.check
	}
	switch simple := strings.HasPrefix(name, "xs:") || t.check != nil; {
	case len(t.children) > 0:
		t.content = contentElements
	case simple, t.base != nil && t.base.content == contentText:
		t.content = contentText
	}
	if op, ok := strings.CutSuffix(name, "Type"); ok && t.base == s.typ("m:BaseRequestType") {
		s.elements[expand(op)] = t
	}
}

// A typeReader reads the definition of a type, word by word.
type typeReader struct {
	schemas *schemaSet
	typ     *schemaType
	words   []string
	choice  *particle // the choice that is open, or nil
}

func (r *typeReader) next() string {
	word := r.words[0]
	r.words = r.words[1:]
	return word
}

func (r *typeReader) read(word string) {
	t := r.typ
	switch word {
	case "<":
		t.base = r.schemas.typ(r.next())
	case "*abstract":
		t.abstract = true
	case "*optional":
		t.optional = true
	case "*soap":
		t.soapAny = true
	case "=":
		t.check = oneOf(r.words...)
		r.words = nil
	case anyStrict:
		t.children = append(t.children, particle{wildcard: word, min: 1, max: 1})
	case otherLax:
		t.children = append(t.children, particle{wildcard: word, max: unbounded})
	case "(":
		r.choice = &particle{min: 1, max: 1}
	case "|":
	case ")+", ")":
		if word == ")+" {
			r.choice.max = unbounded
		}
		t.children = append(t.children, *r.choice)
		r.choice = nil
	default:
		r.readUse(word)
	}
}

// readUse reads the use of an attribute or of an element.
func (r *typeReader) readUse(word string) {
	typ := r.schemas.typ(r.next())
	if local, ok := strings.CutPrefix(word, "@"); ok {
		local, required := strings.CutSuffix(local, "!")
		r.typ.attrs = append(r.typ.attrs, use{local, typ, required})
		return
	}
	local, maybe := strings.CutSuffix(word, "?")
	element := use{local: local, typ: typ}
	if r.choice != nil {
		r.choice.elements = append(r.choice.elements, element)
		return
	}
	p := particle{elements: []use{element}, min: 1, max: 1}
	if maybe {
		p.min = 0
	}
	r.typ.children = append(r.typ.children, p)
}
