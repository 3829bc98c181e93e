package dotnet

// A schemaType is what a type of the schemas, simple or complex, demands. The tables that are made of it state
// the schema version V2018_01_08; those of the operations are the same in every version that has them.
type schemaType struct {
	space, name string // without a name: declared inside an element; child elements are in the same space
	base        *schemaType
	abstract    bool
	content     content

	children []particle // in order; of content elements
	optional bool       // there may be no children at all
	attrs    []attributeDecl
	soapAny  bool // attributes in SOAP's namespace are asked for by name, and none is declared

	value func(string) string // what is wrong with a value, "" if nothing; nil: nothing ever is
}

// content is what an element may hold.
type content uint8

const (
	contentEmpty content = iota
	contentText
	contentElements
	contentOpen // anything, unseen
)

// A particle is one place in a sequence: an element, a choice of elements, or a wildcard.
type particle struct {
	elements []elementDecl
	wildcard wildcard
	min, max int
}

// wildcard is what an element stands for that the sequence does not name.
type wildcard uint8

const (
	noWildcard wildcard = iota
	anyStrict           // any element, which must be declared
	otherLax            // any element of another namespace, validated if it is declared
)

// expected is how a message spells a wildcard.
func (w wildcard) expected() string {
	if w == anyStrict {
		return "any element in namespace '##any'"
	}
	return "any element in namespace '##other'"
}

const unbounded = 1 << 30

// An elementDecl is an element by name.
type elementDecl struct {
	local string
	typ   *schemaType
}

// An attributeDecl is an attribute by name; none in scope has a namespace or a default.
type attributeDecl struct {
	local    string
	typ      *schemaType
	required bool
}

// one is an element that must be there once.
func one(local string, typ *schemaType) particle {
	return particle{elements: []elementDecl{{local, typ}}, min: 1, max: 1}
}

// maybe is an element that may be there once.
func maybe(local string, typ *schemaType) particle {
	return particle{elements: []elementDecl{{local, typ}}, max: 1}
}

// many is a choice of elements that is made at least once.
func many(elements ...elementDecl) particle {
	return particle{elements: elements, min: 1, max: unbounded}
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

// attribute returns the declaration of an attribute without a namespace, or nil.
func (t *schemaType) attribute(local string) *attributeDecl {
	for i := range t.attrs {
		if t.attrs[i].local == local {
			return &t.attrs[i]
		}
	}
	return nil
}

// element returns the declaration of a child in one of the places for it.
func (t *schemaType) element(p *particle, space, local string) (*schemaType, bool) {
	if space != t.space {
		return nil, false
	}
	for _, e := range p.elements {
		if e.local == local {
			return e.typ, true
		}
	}
	return nil, false
}
