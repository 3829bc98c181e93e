package dotnet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The simple types of XML Schema that the requests use. Each has a function that says what is wrong with a
// value; the sentence quotes the value as .NET had it at that moment, most often with white space collapsed.
var (
	xsString   = &schemaType{space: schemaSpace, name: "string", content: contentText}
	xsBoolean  = &schemaType{space: schemaSpace, name: "boolean", content: contentText, value: checkBoolean}
	xsInt      = &schemaType{space: schemaSpace, name: "int", content: contentText, value: checkInt}
	xsDateTime = &schemaType{space: schemaSpace, name: "dateTime", content: contentText, value: checkDateTime}
	xsDuration = &schemaType{space: schemaSpace, name: "duration", content: contentText, value: checkDuration}
	xsID       = &schemaType{space: schemaSpace, name: "ID", content: contentText, value: checkID}
	xsLanguage = &schemaType{space: schemaSpace, name: "language", content: contentText, value: checkLanguage}
)

// The simple types of Exchange's schema.
var (
	nonEmptyString = &schemaType{
		space: typesSpace, name: "NonEmptyStringType", base: xsString, content: contentText, value: checkNonEmpty,
	}
	derivedItemID = &schemaType{space: typesSpace, name: "DerivedItemIdType", base: xsString, content: contentText}
	guid          = &schemaType{
		space: typesSpace, name: "GuidType", base: xsString, content: contentText, value: checkGUID,
	}
	propertyTag = &schemaType{
		space: typesSpace, name: "PropertyTagType", content: contentText, value: checkPropertyTag,
	}
	propertySet = &schemaType{
		space: typesSpace, name: "DistinguishedPropertySetType", base: xsString, content: contentText,
		value: oneOf("Meeting", "Appointment", "Common", "PublicStrings", "Address", "InternetHeaders",
			"CalendarAssistant", "UnifiedMessaging", "Task", "Sharing"),
	}
	propertyType = &schemaType{
		space: typesSpace, name: "MapiPropertyTypeType", base: xsString, content: contentText,
		value: oneOf("ApplicationTime", "ApplicationTimeArray", "Binary", "BinaryArray", "Boolean", "CLSID",
			"CLSIDArray", "Currency", "CurrencyArray", "Double", "DoubleArray", "Error", "Float", "FloatArray",
			"Integer", "IntegerArray", "Long", "LongArray", "Null", "Object", "ObjectArray", "Short", "ShortArray",
			"SystemTime", "SystemTimeArray", "String", "StringArray"),
	}
	exchangeVersion = &schemaType{
		space: typesSpace, name: "ExchangeVersionType", base: xsString, content: contentText,
		value: oneOf("Exchange2007", "Exchange2007_SP1", "Exchange2009", "Exchange2010", "Exchange2010_SP1",
			"Exchange2010_SP2", "Exchange2012", "Exchange2013", "Exchange2013_SP1", "Exchange2015", "Exchange2016",
			"V2015_10_05", "V2016_01_06", "V2016_04_13", "V2016_07_13", "V2016_10_10", "V2017_01_07", "V2017_04_14",
			"V2017_07_11", "V2017_10_09", "V2018_01_08"),
	}
)

// oneOf checks an enumeration.
func oneOf(values ...string) func(string) string {
	return func(s string) string {
		if slices.Contains(values, s) {
			return ""
		}
		return "The Enumeration constraint failed."
	}
}

// checkNonEmpty checks for one character at least, which may be a blank.
func checkNonEmpty(s string) string {
	if s == "" {
		return "The actual length is less than the MinLength value."
	}
	return ""
}

// collapse does what XML Schema's whiteSpace facet "collapse" asks for, but that .NET leaves a blank of a value
// that has nothing else.
func collapse(s string) string {
	fields := strings.FieldsFunc(s, isBlank)
	if len(fields) == 0 && s != "" {
		return " "
	}
	return strings.Join(fields, " ")
}

func isBlank(c rune) bool {
	return c == ' ' || c == '\t' || c == '\r' || c == '\n'
}

// checkBoolean checks one of four words; unlike the others it quotes a blank value as empty.
func checkBoolean(s string) string {
	s = strings.TrimFunc(collapse(s), isBlank)
	switch s {
	case "true", "false", "1", "0":
		return ""
	}
	return "The string '" + s + "' is not a valid Boolean value."
}

// checkInt checks a 32-bit number, with a sign or without. A number that is too large is no number.
func checkInt(s string) string {
	s = collapse(s)
	if _, err := strconv.ParseInt(s, 10, 32); err != nil {
		return "The string '" + s + "' is not a valid Int32 value."
	}
	return ""
}

// checkID checks a name without a colon. Whether it is the only one of its kind, the reader knows.
func checkID(s string) string {
	s = collapse(s)
	if s == "" {
		return "The empty string '' is not a valid name."
	}
	return badName(s, nameEnd(s, 0))
}

// badName says what is wrong with s as a name of which only the first n bytes can be one.
func badName(s string, n int) string {
	if n == len(s) {
		return ""
	}
	c, _ := utf8.DecodeRuneInString(s[n:])
	if n == 0 && nameRest(s) > 0 {
		return fmt.Sprintf("Name cannot begin with the %s.", describeNamed(c))
	}
	return fmt.Sprintf("The %s, cannot be included in a name.", describeNamed(c))
}

// checkLanguage checks an RFC 3066 tag: letters, then letters or digits, one to eight between hyphens. The
// sentence should quote the tag; .NET quotes nothing.
func checkLanguage(s string) string {
	s = collapse(s)
	if s == "" {
		return "The attribute value cannot be empty."
	}
	for i, part := range strings.Split(s, "-") {
		if len(part) < 1 || len(part) > 8 || strings.ContainsFunc(part, func(c rune) bool {
			letter := c|0x20 >= 'a' && c|0x20 <= 'z'
			return !letter && (i == 0 || c < '0' || c > '9')
		}) {
			return "'' is an invalid language identifier."
		}
	}
	return ""
}

// checkGUID checks eight, four, four, four and twelve hexadecimal digits with hyphens between.
func checkGUID(s string) string {
	const form = "00000000-0000-0000-0000-000000000000"
	ok := len(s) == len(form)
	for i := 0; ok && i < len(s); i++ {
		if form[i] == '-' {
			ok = s[i] == '-'
		} else {
			ok = digit(s[i]) < 16
		}
	}
	if !ok {
		return "The Pattern constraint failed."
	}
	return ""
}

// checkPropertyTag checks an unsigned 16-bit number, or 0x and up to four hexadecimal digits. White space is
// collapsed only for the number, since the other type of the union is a string.
func checkPropertyTag(s string) string {
	hex, ok := strings.CutPrefix(s, "0x")
	if !ok {
		hex, ok = strings.CutPrefix(s, "0X")
	}
	if ok && len(hex) >= 1 && len(hex) <= 4 && !strings.ContainsFunc(hex, func(c rune) bool {
		return c > 'f' || digit(byte(c)) > 15
	}) {
		return ""
	}
	if _, err := strconv.ParseUint(collapse(s), 10, 16); err == nil {
		return ""
	}
	return "The value '" + s + "' is not valid according to any of the memberTypes of the union."
}
