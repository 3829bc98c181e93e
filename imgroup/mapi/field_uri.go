package mapi

import (
	"errors"
	"fmt"
	"strings"
)

// PropertyType is the type of an extended property, the schema's MapiPropertyTypeType. The names
// that end in Array are the multi-valued ones.
type PropertyType string

// The property types of the schema.
const (
	ApplicationTime      PropertyType = "ApplicationTime"
	ApplicationTimeArray PropertyType = "ApplicationTimeArray"
	Binary               PropertyType = "Binary"
	BinaryArray          PropertyType = "BinaryArray"
	Boolean              PropertyType = "Boolean"
	CLSID                PropertyType = "CLSID"
	CLSIDArray           PropertyType = "CLSIDArray"
	Currency             PropertyType = "Currency"
	CurrencyArray        PropertyType = "CurrencyArray"
	Double               PropertyType = "Double"
	DoubleArray          PropertyType = "DoubleArray"
	Error                PropertyType = "Error"
	Float                PropertyType = "Float"
	FloatArray           PropertyType = "FloatArray"
	Integer              PropertyType = "Integer"
	IntegerArray         PropertyType = "IntegerArray"
	Long                 PropertyType = "Long"
	LongArray            PropertyType = "LongArray"
	Null                 PropertyType = "Null"
	Object               PropertyType = "Object"
	ObjectArray          PropertyType = "ObjectArray"
	Short                PropertyType = "Short"
	ShortArray           PropertyType = "ShortArray"
	String               PropertyType = "String"
	StringArray          PropertyType = "StringArray"
	SystemTime           PropertyType = "SystemTime"
	SystemTimeArray      PropertyType = "SystemTimeArray"
)

// inSchema reports whether the schema defines the type.
func (t PropertyType) inSchema() bool {
	switch strings.TrimSuffix(string(t), "Array") {
	case "Boolean", "Error", "Null":
		return !strings.HasSuffix(string(t), "Array") // these three have no multi-valued form
	case "ApplicationTime", "Binary", "CLSID", "Currency", "Double", "Float", "Integer",
		"Long", "Object", "Short", "String", "SystemTime":
		return true
	}
	return false
}

// PropertySet is the namespace of a named or numbered property: one of the distinguished sets
// below, or a GUID such as "c11ff724-aa03-4555-9952-8fa248a11c3e".
type PropertySet string

// The distinguished property sets of the schema.
const (
	AddressSet           PropertySet = "Address"
	AppointmentSet       PropertySet = "Appointment"
	CalendarAssistantSet PropertySet = "CalendarAssistant"
	CommonSet            PropertySet = "Common"
	InternetHeadersSet   PropertySet = "InternetHeaders"
	MeetingSet           PropertySet = "Meeting"
	PublicStringsSet     PropertySet = "PublicStrings"
	SharingSet           PropertySet = "Sharing"
	TaskSet              PropertySet = "Task"
	UnifiedMessagingSet  PropertySet = "UnifiedMessaging"
)

// Distinguished reports whether the set is one of the schema's names rather than a GUID.
func (s PropertySet) Distinguished() bool {
	switch s {
	case AddressSet, AppointmentSet, CalendarAssistantSet, CommonSet, InternetHeadersSet,
		MeetingSet, PublicStringsSet, SharingSet, TaskSet, UnifiedMessagingSet:
		return true
	}
	return false
}

// FieldURI names an extended property, the schema's PathToExtendedFieldType. Make one with [Tag],
// [Named] or [Numbered]; the zero value names nothing. Values are equal (==) exactly when they name
// the same property with the same type. Their text form, which is also their form in JSON and as
// the key of a JSON object, loses nothing: see [FieldURI.MarshalText].
type FieldURI struct {
	form fieldForm
	tag  uint16
	id   int32
	set  PropertySet
	name string
	typ  PropertyType
}

// fieldForm is the combination of the schema's attributes that names a property.
type fieldForm uint8

const (
	formNone fieldForm = iota
	formTag
	formName
	formID
)

// Tag names a property by its MAPI tag without the type part: 0x3001 is the display name.
func Tag(tag uint16, typ PropertyType) FieldURI {
	return FieldURI{form: formTag, tag: tag, typ: typ}
}

// Named names a property by a name within a property set.
func Named(set PropertySet, name string, typ PropertyType) FieldURI {
	return FieldURI{form: formName, set: canonicalSet(set), name: name, typ: typ}
}

// Numbered names a property by a number within a property set.
func Numbered(set PropertySet, id int32, typ PropertyType) FieldURI {
	return FieldURI{form: formID, set: canonicalSet(set), id: id, typ: typ}
}

// canonicalSet writes a GUID in lower case, so that equal sets are equal strings.
func canonicalSet(set PropertySet) PropertySet {
	if isGUID(string(set)) {
		return PropertySet(strings.ToLower(string(set)))
	}
	return set
}

// Tag returns the MAPI tag, and whether the property is named by one.
func (u FieldURI) Tag() (uint16, bool) { return u.tag, u.form == formTag }

// Name returns set and name, and whether the property is named by them.
func (u FieldURI) Name() (PropertySet, string, bool) {
	return u.set, u.name, u.form == formName
}

// ID returns set and number, and whether the property is named by them.
func (u FieldURI) ID() (PropertySet, int32, bool) { return u.set, u.id, u.form == formID }

// Type returns the property's type.
func (u FieldURI) Type() PropertyType { return u.typ }

// Check returns an error for a property that the schema does not permit: the zero value, an unknown
// type, a set that is neither distinguished nor a GUID, an empty name. It does not check
// characters.
func (u FieldURI) Check() error {
	switch {
	case u.form == formNone:
		return errors.New("mapi: the empty FieldURI names no property")
	case !u.typ.inSchema():
		return fmt.Errorf("mapi: unknown property type %q", string(u.typ))
	case u.form == formTag:
		return nil
	case !u.set.Distinguished() && !isGUID(string(u.set)):
		return fmt.Errorf("mapi: property set %q is neither distinguished nor a GUID", string(u.set))
	case u.form == formName && u.name == "":
		return errors.New("mapi: empty property name")
	}
	return nil
}

// isGUID reports whether s is 8-4-4-4-12 hexadecimal digits, as the schema's GuidType has it.
func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case !isHex(c):
			return false
		}
	}
	return true
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
