package ewstest

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/go-ews/exchange/imgroup/mapi"
	"github.com/go-ews/exchange/internal/dotnet"
)

// property is an extended property that a request asks for, with the attributes to name it by in
// the response: those of the request.
type property struct {
	uri   mapi.FieldURI
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
		p, given := property{}, map[string]string{}
		for _, name := range [...]string{
			"DistinguishedPropertySetId", "PropertySetId", "PropertyTag", "PropertyName", "PropertyId", "PropertyType",
		} {
			if value, ok := e.Attr(name); ok {
				given[name] = value
				p.attrs = append(p.attrs, name, value)
			}
		}
		var err error
		if p.uri, err = fieldURI(given); err != nil || p.uri.Check() != nil {
			return nil, refuse(errorInvalidExtendedProperty)
		}
		out = append(out, p)
	}
	return out, nil
}

// fieldURI returns the property that the attributes of a PathToExtendedFieldType name. The schema's
// documentation allows a tag alone, or one kind of set with a name or a number; a type is with
// each.
func fieldURI(given map[string]string) (mapi.FieldURI, error) {
	has := func(name string) bool { _, ok := given[name]; return ok }
	kind := mapi.PropertyType(given["PropertyType"])
	set := mapi.PropertySet(cmp.Or(given["PropertySetId"], given["DistinguishedPropertySetId"]))
	if set == mapi.AddressSet {
		set = addressSet
	}
	switch {
	case len(given) == 2 && has("PropertyTag"):
		n, err := strconv.ParseUint(strings.TrimSpace(given["PropertyTag"]), 0, 16)
		return mapi.Tag(uint16(n), kind), err
	case len(given) != 3 || has("PropertyTag") || has("PropertySetId") == has("DistinguishedPropertySetId"):
		return mapi.FieldURI{}, refuse(errorInvalidExtendedProperty)
	case has("PropertyName"):
		return mapi.Named(set, given["PropertyName"], kind), nil
	}
	n, err := strconv.ParseInt(strings.TrimSpace(given["PropertyId"]), 10, 32)
	return mapi.Numbered(set, int32(n), kind), err
}

// The MAPI properties that groups and contacts have here; [MS-OXPROPS] describes them. A request
// may name the set "Address" by its GUID as well.
var (
	propertyMessageClass = mapi.Tag(0x001A, mapi.String)
	propertyDisplayName  = mapi.Tag(0x3001, mapi.String)
	propertyCreated      = mapi.Tag(0x3007, mapi.SystemTime)
	propertyModified     = mapi.Tag(0x3008, mapi.SystemTime)
	propertyEmailList    = mapi.Numbered(addressSet, 0x8028, mapi.IntegerArray) // which e-mail addresses are set
	propertyIMAddress    = mapi.Numbered(addressSet, 0x8062, mapi.String)
)

const addressSet = mapi.PropertySet("00062004-0000-0000-c000-000000000046")

// propertyValues has what an object has of each property that it has.
type propertyValues map[mapi.FieldURI][]string

func (g *group) propertyValues() propertyValues {
	return propertyValues{
		propertyDisplayName:  {g.name},
		propertyMessageClass: {string(g.kind)},
		propertyCreated:      {g.created.Format(time.RFC3339)},
		propertyModified:     {g.changed.Format(time.RFC3339)},
	}
}

func (c *contact) propertyValues() propertyValues {
	values := propertyValues{
		propertyMessageClass: {"IPM.Contact"},
		propertyCreated:      {c.created.Format(time.RFC3339)},
		propertyModified:     {c.created.Format(time.RFC3339)},
	}
	if name := c.displayName(); name != "" {
		values[propertyDisplayName] = []string{name}
	}
	if c.address != "" {
		values[propertyIMAddress], values[propertyEmailList] = []string{c.address}, []string{"0"}
	}
	return values
}

// extendedProperties returns those of the properties that have values, each as form writes it, and
// nothing if none has.
func extendedProperties(asked []property, all propertyValues, form func(property, []string) node) node {
	var nodes []node
	for _, p := range asked {
		if values := all[p.uri]; len(values) > 0 {
			nodes = append(nodes, form(p, values))
		}
	}
	return list("t:ExtendedProperties", nodes, func(n node) node { return n })
}

// node returns one property, the schema's ExtendedPropertyType: a multi-valued one has Values.
func (p property) node(name string, values []string) node {
	value := leaf("t:Value", values[0])
	if strings.HasSuffix(string(p.uri.Type()), "Array") {
		value = list("t:Values", values, func(v string) node { return leaf("t:Value", v) })
	}
	return el(name, leaf("t:ExtendedFieldURI", "", p.attrs...), value)
}
