package ews

import (
	"strconv"

	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/soap"
)

// body is the body of a request that is being written, element by element in the order of the
// schema. It checks what it writes: it keeps the first problem and ignores everything after it. A
// field is the name under which callers know the value.
type body struct {
	dst []byte
	err error // an *InputError without its Op
}

// text writes <m:element>value</m:element>. An empty value is refused: the schema's
// NonEmptyStringType has it so.
func (b body) text(element, field, value string) body {
	if value == "" {
		return b.bad(field, "empty")
	}
	b = b.raw("<m:", element, ">")
	dst, err := soap.AppendText(b.dst, value)
	if err != nil {
		return b.bad(field, err.Error())
	}
	b.dst = dst
	return b.end(element)
}

// optionalText is text, but leaves an empty value out.
func (b body) optionalText(element, field, value string) body {
	if value == "" {
		return b
	}
	return b.text(element, field, value)
}

// contact and group write the id of a contact or a group.
func (b body) contact(field string, id imgroup.ContactID) body {
	return b.id("m:ContactId", field, imgroup.ItemID(id))
}

func (b body) group(field string, id imgroup.GroupID) body {
	return b.id("m:GroupId", field, imgroup.ItemID(id))
}

// optionalGroup is group, but leaves a zero id out.
func (b body) optionalGroup(field string, id imgroup.GroupID) body {
	if id.IsZero() {
		return b
	}
	return b.group(field, id)
}

// contacts and groups write a NonEmptyArrayOfBaseItemIds, nothing for none.
func (b body) contacts(field string, ids []imgroup.ContactID) body {
	return appendIDs(b, "ContactIds", field, ids)
}

func (b body) groups(field string, ids []imgroup.GroupID) body {
	return appendIDs(b, "GroupIds", field, ids)
}

func appendIDs[T imgroup.ContactID | imgroup.GroupID](b body, element, field string, ids []T) body {
	if len(ids) == 0 {
		return b
	}
	b = b.open(element)
	for i := range ids {
		ok := b.err == nil
		if b = b.id("t:ItemId", field, imgroup.ItemID(ids[i])); ok && b.err != nil {
			return b.at(i)
		}
	}
	return b.end(element)
}

// id writes an ItemIdType as <element Id="…" ChangeKey="…"/>. The schema permits an empty Id, and
// no server makes sense of one.
func (b body) id(element, field string, id imgroup.ItemID) body {
	if id.ID == "" {
		return b.bad(field, "empty id")
	}
	b = b.raw("<", element, "").attr("Id", field, id.ID)
	if id.ChangeKey != "" {
		b = b.attr("ChangeKey", field, id.ChangeKey)
	}
	return b.raw("/>\n", "", "")
}

// open and end write the tags of an element in the messages namespace.
func (b body) open(element string) body { return b.raw("<m:", element, ">\n") }
func (b body) end(element string) body  { return b.raw("</m:", element, ">\n") }

// attr writes an attribute.
func (b body) attr(name, field, value string) body {
	b = b.raw(" ", name, `="`)
	dst, err := soap.AppendAttr(b.dst, value)
	if err != nil {
		return b.bad(field, err.Error())
	}
	b.dst = dst
	return b.raw(`"`, "", "")
}

func (b body) raw(before, name, after string) body {
	b.dst = append(append(append(b.dst, before...), name...), after...)
	return b
}

// bad keeps the first problem.
func (b body) bad(field, reason string) body {
	if b.err == nil {
		b.err = &InputError{Field: field, Reason: reason}
	}
	return b
}

// at adds the index of a list's element to the field of the problem.
func (b body) at(i int) body {
	if input, ok := b.err.(*InputError); ok { //nolint:errorlint // only what bad made
		input.Field += "[" + strconv.Itoa(i) + "]"
	}
	return b
}
