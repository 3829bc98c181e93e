package ewstest

import (
	"strconv"
	"strings"
	"time"

	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/internal/dotnet"
)

// property is an extended property that a request asks for, with the attributes to name it by in
// the answer: those of the request.
type property struct {
	uri   imgroup.ExtendedFieldURI
	attrs []string
}

// requestedProperties reads a request's ExtendedProperties. Combinations of attributes that name
// nothing are ErrorInvalidExtendedProperty: the schema lets them pass.
func requestedProperties(request *dotnet.Element) ([]property, error) {
	list := request.Child(messagesSpace, "ExtendedProperties")
	if list == nil {
		return nil, nil
	}
	var out []property
	for _, e := range list.Children {
		p := property{}
		for _, name := range [...]string{
			"DistinguishedPropertySetId", "PropertySetId", "PropertyTag", "PropertyName", "PropertyId",
			"PropertyType",
		} {
			if value, ok := e.Attr(name); ok {
				p.attrs = append(p.attrs, name, value)
			}
		}
		uri, ok := fieldURI(e)
		if !ok || uri.Check() != nil {
			return nil, refuse(errorInvalidExtendedProperty)
		}
		p.uri = uri
		out = append(out, p)
	}
	return out, nil
}

// fieldURI reads the attributes of a PathToExtendedFieldType. The schema's documentation allows a
// tag alone, or one kind of set with a name or a number.
func fieldURI(e *dotnet.Element) (imgroup.ExtendedFieldURI, bool) {
	typ, _ := e.Attr("PropertyType")
	set, hasDistinguished := e.Attr("DistinguishedPropertySetId")
	guid, hasGUID := e.Attr("PropertySetId")
	tag, hasTag := e.Attr("PropertyTag")
	name, hasName := e.Attr("PropertyName")
	number, hasNumber := e.Attr("PropertyId")
	if hasGUID {
		set = guid
	}
	kind := imgroup.PropertyType(typ)
	switch {
	case hasTag:
		n, err := strconv.ParseUint(strings.TrimSpace(tag), 0, 16)
		alone := !hasDistinguished && !hasGUID && !hasName && !hasNumber
		return imgroup.PropertyTag(uint16(n), kind), err == nil && alone
	case hasDistinguished == hasGUID || hasName == hasNumber:
		return imgroup.ExtendedFieldURI{}, false
	case hasName:
		return imgroup.PropertyName(imgroup.PropertySet(set), name, kind), true
	}
	n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 32)
	return imgroup.PropertyID(imgroup.PropertySet(set), int32(n), kind), err == nil
}

// The MAPI properties that groups and contacts have here; [MS-OXPROPS] describes them.
const (
	tagMessageClass     = 0x001A
	tagDisplayName      = 0x3001
	tagCreationTime     = 0x3007
	tagLastModification = 0x3008

	idEmailList      = 0x8028 // PidLidAddressBookProviderEmailList: which e-mail addresses are set
	idInstantMessage = 0x8062 // PidLidInstantMessagingAddress

	// The GUID of the distinguished set "Address". A request may name the set by either.
	addressSet = imgroup.PropertySet("00062004-0000-0000-c000-000000000046")
)

// values returns the group's values of a property, none if it does not have it.
func (g *group) values(uri imgroup.ExtendedFieldURI) []string {
	switch uri {
	case imgroup.PropertyTag(tagDisplayName, imgroup.String):
		return []string{g.name}
	case imgroup.PropertyTag(tagMessageClass, imgroup.String):
		return []string{string(g.kind)}
	case imgroup.PropertyTag(tagCreationTime, imgroup.SystemTime):
		return []string{g.created.Format(time.RFC3339)}
	case imgroup.PropertyTag(tagLastModification, imgroup.SystemTime):
		return []string{g.changed.Format(time.RFC3339)}
	}
	return nil
}

// values returns the contact's values of a property, none if it does not have it.
func (c *contact) values(uri imgroup.ExtendedFieldURI) []string {
	if set, n, ok := uri.ID(); ok && set == imgroup.AddressSet {
		uri = imgroup.PropertyID(addressSet, n, uri.Type())
	}
	switch uri {
	case imgroup.PropertyTag(tagDisplayName, imgroup.String):
		return present(c.displayName())
	case imgroup.PropertyTag(tagMessageClass, imgroup.String):
		return []string{"IPM.Contact"}
	case imgroup.PropertyTag(tagCreationTime, imgroup.SystemTime),
		imgroup.PropertyTag(tagLastModification, imgroup.SystemTime):
		return []string{c.created.Format(time.RFC3339)}
	case imgroup.PropertyID(addressSet, idInstantMessage, imgroup.String):
		return present(c.address)
	case imgroup.PropertyID(addressSet, idEmailList, imgroup.IntegerArray):
		if c.address != "" {
			return []string{"0"}
		}
	}
	return nil
}

func present(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value}
}
