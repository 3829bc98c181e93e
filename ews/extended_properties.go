package ews

import (
	"strconv"
	"strings"

	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/soap"
)

// appendProperties writes an m:ExtendedProperties, nothing for none. The element for a property
// is called t:ExtendedProperty in requests; in answers, that holds t:ExtendedFieldURI and values.
func appendProperties(dst []byte, field string, properties []imgroup.ExtendedFieldURI) ([]byte, error) {
	if len(properties) == 0 {
		return dst, nil
	}
	dst = appendStart(dst, "ExtendedProperties")
	for i, p := range properties {
		var err error
		if err = p.Check(); err == nil {
			dst, err = appendProperty(dst, p)
		}
		if err != nil {
			return dst, &InputError{Field: field + "[" + strconv.Itoa(i) + "]", Reason: inputReason(err)}
		}
	}
	return appendEnd(dst, "ExtendedProperties"), nil
}

// appendProperty writes the attributes in the order of the schema's PathToExtendedFieldType.
func appendProperty(dst []byte, p imgroup.ExtendedFieldURI) ([]byte, error) {
	dst = append(dst, "<t:ExtendedProperty"...)
	var err error
	if tag, ok := p.Tag(); ok {
		dst = append(dst, ` PropertyTag="0x`...)
		const hex = "0123456789abcdef"
		dst = append(dst, hex[tag>>12], hex[tag>>8&15], hex[tag>>4&15], hex[tag&15], '"')
	}
	if set, name, ok := p.Name(); ok {
		if dst, err = appendAttr(dst, setAttribute(set), string(set)); err != nil {
			return dst, err
		}
		if dst, err = appendAttr(dst, "PropertyName", name); err != nil {
			return dst, err
		}
	}
	if set, id, ok := p.ID(); ok {
		if dst, err = appendAttr(dst, setAttribute(set), string(set)); err != nil {
			return dst, err
		}
		dst = append(dst, ` PropertyId="`...)
		dst = append(strconv.AppendInt(dst, int64(id), 10), '"')
	}
	dst, err = appendAttr(dst, "PropertyType", string(p.Type()))
	return append(dst, "/>\n"...), err
}

func setAttribute(set imgroup.PropertySet) string {
	if set.Distinguished() {
		return "DistinguishedPropertySetId"
	}
	return "PropertySetId"
}

// readExtendedProperties appends the properties of an ExtendedProperties element: of a group, or
// of a persona, where each stands in a Value beside its attributions.
func readExtendedProperties(r *soap.Reader, list []imgroup.ExtendedProperty) ([]imgroup.ExtendedProperty, error) {
	for {
		local, err := nextType(r)
		if local == "" {
			return list, err
		}
		var p imgroup.ExtendedProperty
		switch local {
		case "ExtendedProperty":
			p, err = readExtendedProperty(r)
		case "ExtendedPropertyAttributedValue":
			p, err = readAttributedProperty(r)
		default:
			if err := r.Skip(); err != nil {
				return list, err
			}
			continue
		}
		if err != nil {
			return list, err
		}
		list = append(list, p)
	}
}

func readAttributedProperty(r *soap.Reader) (p imgroup.ExtendedProperty, err error) {
	for {
		local, err := nextType(r)
		if local == "" {
			return p, err
		}
		if local == "Value" {
			p, err = readExtendedProperty(r)
		} else {
			err = r.Skip()
		}
		if err != nil {
			return p, err
		}
	}
}

// readExtendedProperty reads an ExtendedPropertyType: the name, then one Value or Values.
func readExtendedProperty(r *soap.Reader) (p imgroup.ExtendedProperty, err error) {
	for {
		local, err := nextType(r)
		if local == "" {
			return p, err
		}
		switch local {
		case "ExtendedFieldURI":
			p.URI = readFieldURI(r)
			err = r.Skip()
		case "Value":
			var text string
			text, err = r.Text()
			p.Values = append(p.Values, text)
		case "Values":
			p.Values, err = readStrings(r, "Value", p.Values)
		default:
			err = r.Skip()
		}
		if err != nil {
			return p, err
		}
	}
}

// readFieldURI reads the attributes of an ExtendedFieldURI. What names nothing comes back as the
// zero value's form.
func readFieldURI(r *soap.Reader) imgroup.ExtendedFieldURI {
	attr := func(name string) string { s, _ := r.Attr("", name); return strings.TrimSpace(s) }
	typ := imgroup.PropertyType(attr("PropertyType"))
	if tag, err := strconv.ParseUint(attr("PropertyTag"), 0, 16); err == nil {
		return imgroup.PropertyTag(uint16(tag), typ)
	}
	set := imgroup.PropertySet(attr("DistinguishedPropertySetId"))
	if set == "" {
		set = imgroup.PropertySet(attr("PropertySetId"))
	}
	if name, ok := r.Attr("", "PropertyName"); ok {
		return imgroup.PropertyName(set, name, typ)
	}
	if id, err := strconv.ParseInt(attr("PropertyId"), 10, 32); err == nil {
		return imgroup.PropertyID(set, int32(id), typ)
	}
	return imgroup.ExtendedFieldURI{}
}

// readStrings appends the texts of the children of that name.
func readStrings(r *soap.Reader, element string, list []string) ([]string, error) {
	for {
		local, err := nextType(r)
		if local == "" {
			return list, err
		}
		if local != element {
			if err := r.Skip(); err != nil {
				return list, err
			}
			continue
		}
		text, err := r.Text()
		if err != nil {
			return list, err
		}
		list = append(list, text)
	}
}
