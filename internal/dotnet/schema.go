package dotnet

import (
	_ "embed"
	"encoding/xml"
	"strings"
)

// schemaText holds the schemas, in the notation that its head explains.
//
//go:embed schema.txt
var schemaText string

var schemas = readSchemas(schemaText)

// unseen is the type of elements that the schemas have and this package does not look into.
var unseen = new(schemaType)

// A schemaSet holds the named types and the global elements of the schemas.
type schemaSet struct {
	types, elements map[xml.Name]*schemaType
}

// A schemaType is a type of the schemas, simple or complex.
type schemaType struct {
	name     xml.Name // its children are in the same namespace
	base     *schemaType
	abstract bool
	content  content

	children []particle // in order; of content elements
	optional bool       // there may be no children at all
	attrs    []use      // none has a namespace or a default
	soapAny  bool       // attributes in SOAP's namespace have another sentence

	check func(string) string // returns the fault of a value, "" if it has none; nil: no check
}

// content is what an element may hold.
type content uint8

const (
	contentEmpty content = iota
	contentText
	contentElements
)

// A particle is one place in a sequence: an element, a choice of elements, or a wildcard.
type particle struct {
	elements []use
	wildcard string // as messages spell it
	min, max int
}

const (
	anyStrict = "##any"   // any element that the schemas have
	otherLax  = "##other" // any element of another namespace, validated if the schemas have it
	unbounded = 1 << 30
)

// A use is an element in a sequence, or an attribute of a type.
type use struct {
	local    string
	typ      *schemaType
	required bool // of an attribute
}

// typeOf returns the type of the element or attribute of that name, or nil.
func typeOf(uses []use, local string) *schemaType {
	for _, u := range uses {
		if u.local == local {
			return u.typ
		}
	}
	return nil
}

// derivesFrom reports whether t is base or extends it.
func (t *schemaType) derivesFrom(base *schemaType) bool {
	for ; t != nil; t = t.base {
		if t == base {
			return true
		}
	}
	return false
}

// named returns the type that xsi:type names, or nil if the schemas have none of that name.
func (s *schemaSet) named(name xml.Name) *schemaType {
	if t := s.types[name]; t != nil || name.Space != messagesSpace {
		return t
	}
	op := xml.Name{Space: messagesSpace, Local: strings.TrimSuffix(name.Local, "Type")}
	if InSchema(op) || InSchema(xml.Name{Space: op.Space, Local: strings.TrimSuffix(op.Local, "Message")}) {
		return unseen
	}
	return nil
}
