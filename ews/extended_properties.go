package ews

import (
	"strconv"
	"strings"

	"github.com/go-ews/exchange/imgroup/mapi"
	"github.com/go-ews/exchange/soap"
)

// properties writes an m:ExtendedProperties, nothing if there are no properties. In a request,
// t:ExtendedProperty names a property; in a response, it holds t:ExtendedFieldURI and values.
func (b body) properties(field string, properties []mapi.FieldURI) body {
	if len(properties) == 0 {
		return b
	}
	b = b.open("ExtendedProperties")
	for i, p := range properties {
		ok := b.err == nil
		if err := p.Check(); err != nil {
			b = b.bad(field, err.Error())
		}
		if b = b.property(field, p); ok && b.err != nil {
			return b.at(i)
		}
	}
	return b.end("ExtendedProperties")
}

// property writes the attributes in the order of the schema's PathToExtendedFieldType.
func (b body) property(field string, p mapi.FieldURI) body {
	b = b.raw("<t:ExtendedProperty", "", "")
	if tag, ok := p.Tag(); ok {
		const hex = "0123456789abcdef"
		b = b.raw(` PropertyTag="0x`, "", "")
		b.dst = append(b.dst, hex[tag>>12], hex[tag>>8&15], hex[tag>>4&15], hex[tag&15], '"')
	}
	if set, name, ok := p.Name(); ok {
		b = b.attr(setAttribute(set), field, string(set)).attr("PropertyName", field, name)
	}
	if set, id, ok := p.ID(); ok {
		b = b.attr(setAttribute(set), field, string(set)).raw(` PropertyId="`, "", "")
		b.dst = append(strconv.AppendInt(b.dst, int64(id), 10), '"')
	}
	return b.attr("PropertyType", field, string(p.Type())).raw("/>\n", "", "")
}

func setAttribute(set mapi.PropertySet) string {
	if set.Distinguished() {
		return "DistinguishedPropertySetId"
	}
	return "PropertySetId"
}

// readExtendedProperties appends the properties of an ExtendedProperties element: of a group, or
// of a persona, where each is in a Value with its attributions.
func readExtendedProperties(r *soap.Reader, list []mapi.Property) []mapi.Property {
	for local := range typesChildren(r) {
		switch local {
		case "ExtendedProperty":
			list = append(list, readExtendedProperty(r))
		case "ExtendedPropertyAttributedValue":
			property, _ := readAttributed(r, readExtendedProperty)
			list = append(list, property)
		}
	}
	return list
}

// readExtendedProperty reads an ExtendedPropertyType: the name, then one Value or Values.
func readExtendedProperty(r *soap.Reader) (p mapi.Property) {
	for local := range typesChildren(r) {
		switch local {
		case "ExtendedFieldURI":
			p.URI = readFieldURI(r)
		case "Value":
			p.Values = append(p.Values, readText(r))
		case "Values":
			p.Values = readStrings(r, "Value", p.Values)
		}
	}
	return p
}

// readFieldURI reads the attributes of an ExtendedFieldURI, the zero value if they name no
// property.
func readFieldURI(r *soap.Reader) mapi.FieldURI {
	attr := func(name string) string { s, _ := r.Attr("", name); return strings.TrimSpace(s) }
	typ := mapi.PropertyType(attr("PropertyType"))
	if tag, err := strconv.ParseUint(attr("PropertyTag"), 0, 16); err == nil {
		return mapi.Tag(uint16(tag), typ)
	}
	set := mapi.PropertySet(attr("DistinguishedPropertySetId"))
	if set == "" {
		set = mapi.PropertySet(attr("PropertySetId"))
	}
	if name, ok := r.Attr("", "PropertyName"); ok {
		return mapi.Named(set, name, typ)
	}
	if id, err := strconv.ParseInt(attr("PropertyId"), 10, 32); err == nil {
		return mapi.Numbered(set, int32(id), typ)
	}
	return mapi.FieldURI{}
}
