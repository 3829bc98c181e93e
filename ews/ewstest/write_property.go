package ewstest

import (
	"strings"

	"github.com/go-ews/exchange/imgroup"
)

// groupProperties writes those of the properties that the group has, as ExtendedPropertyType.
func (w *writer) groupProperties(g *group, properties []property) {
	w.properties(properties, g.values, func(p property, values []string) {
		w.property("t:ExtendedProperty", p, values)
	})
}

// contactProperties writes those of the properties that the contact has. A persona wraps each and
// says which attribution it comes from.
func (w *writer) contactProperties(c *contact, properties []property) {
	w.properties(properties, c.values, func(p property, values []string) {
		w.open("t:ExtendedPropertyAttributedValue")
		w.property("t:Value", p, values)
		w.sources([]string{"0"})
		w.close("t:ExtendedPropertyAttributedValue")
	})
}

// properties writes the element round what write makes of each property that has values, and
// nothing if none has.
func (w *writer) properties(
	list []property, valuesOf func(imgroup.ExtendedFieldURI) []string, write func(property, []string),
) {
	const name = "t:ExtendedProperties"
	begun := false
	for _, p := range list {
		values := valuesOf(p.uri)
		if len(values) == 0 {
			continue
		}
		if !begun {
			w.open(name)
			begun = true
		}
		write(p, values)
	}
	if begun {
		w.close(name)
	}
}

// property writes one property, the schema's ExtendedPropertyType: a multi-valued one has Values.
func (w *writer) property(name string, p property, values []string) {
	w.open(name)
	w.empty("t:ExtendedFieldURI", p.attrs...)
	if strings.HasSuffix(string(p.uri.Type()), "Array") {
		w.open("t:Values")
		for _, v := range values {
			w.text("t:Value", v)
		}
		w.close("t:Values")
	} else {
		w.text("t:Value", values[0])
	}
	w.close(name)
}
