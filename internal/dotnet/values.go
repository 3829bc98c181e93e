package dotnet

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// valueChecks holds the checks of the simple types that are no enumeration. Each returns the fault
// of a value, "" if it has none. The sentence quotes the value as .NET had it at that moment, most
// often with white space collapsed.
var valueChecks = map[string]func(string) string{
	"xs:boolean":           checkBoolean,
	"xs:int":               checkInt,
	"xs:dateTime":          checkDateTime,
	"xs:duration":          checkDuration,
	"xs:ID":                checkID,
	"xs:language":          checkLanguage,
	"t:NonEmptyStringType": checkNonEmpty,
	"t:GuidType":           checkGUID,
	"t:PropertyTagType":    checkPropertyTag,
}

const emptyAttribute = "The attribute value cannot be empty."

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

// collapse applies XML Schema's whiteSpace facet "collapse", except that .NET leaves one blank of a
// value that holds nothing else.
func collapse(s string) string {
	fields := strings.FieldsFunc(s, isBlank)
	if len(fields) == 0 && s != "" {
		return " "
	}
	return strings.Join(fields, " ")
}

func isBlank(c rune) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// checkBoolean checks one of four words. Unlike the others it quotes a blank value as empty.
func checkBoolean(s string) string {
	switch s = strings.TrimFunc(collapse(s), isBlank); s {
	case "true", "false", "1", "0":
		return ""
	}
	return "The string '" + s + "' is not a valid Boolean value."
}

// checkInt checks a number of 32 bits, with a sign or without.
func checkInt(s string) string {
	s = collapse(s)
	if _, err := strconv.ParseInt(s, 10, 32); err != nil {
		return "The string '" + s + "' is not a valid Int32 value."
	}
	return ""
}

// checkID checks a name without a colon. Whether it is unique the reader checks.
func checkID(s string) string {
	s = collapse(s)
	if s == "" {
		return "The empty string '' is not a valid name."
	}
	return badName(s, nameEnd(s, 0))
}

// badName returns the fault of s as a name, of which only the first n bytes can be one.
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

var language = regexp.MustCompile(`^[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*$`)

// checkLanguage checks a tag of RFC 3066. The sentence should quote the tag; .NET quotes nothing.
func checkLanguage(s string) string {
	switch s = collapse(s); {
	case s == "":
		return emptyAttribute
	case !language.MatchString(s):
		return "'' is an invalid language identifier."
	}
	return ""
}

var guid = regexp.MustCompile(`^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$`)

func checkGUID(s string) string {
	if guid.MatchString(s) {
		return ""
	}
	return "The Pattern constraint failed."
}

var hexTag = regexp.MustCompile(`^0[xX][0-9a-fA-F]{1,4}$`)

// checkPropertyTag checks an unsigned number of 16 bits, or 0x and up to four hexadecimal digits.
// White space is collapsed only for the number, since the other type of the union is a string.
func checkPropertyTag(s string) string {
	if _, err := strconv.ParseUint(collapse(s), 10, 16); err == nil || hexTag.MatchString(s) {
		return ""
	}
	return "The value '" + s + "' is not valid according to any of the memberTypes of the union."
}

var dateTime = regexp.MustCompile(
	`^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?$`)

// checkDateTime checks a date and time of the years 1 to 9999. .NET has neither XML Schema's other
// years nor its hour 24, and takes any two numbers for an offset.
func checkDateTime(s string) string {
	s = collapse(s)
	if m := dateTime.FindStringSubmatch(s); m != nil {
		if day, err := time.Parse(time.DateOnly, m[1]); err == nil && day.Year() > 0 {
			return ""
		}
	}
	return "The string '" + s + "' is not a valid DateTime value."
}

var duration = regexp.MustCompile(`^-?P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?` +
	`(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d*)?S|\.\d*S)?)?$`)

// durationParts are the seconds of the parts of a duration. .NET has years of 365 days and months
// of 30.
var durationParts = [...]int64{365 * 86400, 30 * 86400, 86400, 3600, 60, 1}

// checkDuration checks that a duration is well-formed and no longer than .NET's time span can be.
func checkDuration(s string) string {
	if s == "" {
		return emptyAttribute
	}
	s = strings.TrimSpace(collapse(s))
	parts := duration.FindStringSubmatch(s)
	if parts == nil || strings.HasSuffix(s, "P") || strings.HasSuffix(s, "T") {
		return "The string '" + s + "' is not a valid Duration value."
	}
	seconds := int64(0)
	for i, unit := range durationParts {
		n, err := strconv.ParseInt("0"+parts[i+1], 10, 32)
		if err != nil {
			return "Value '" + s + "' was either too large or too small for Duration."
		}
		seconds += n * unit
	}
	if seconds > math.MaxInt64/10_000_000 {
		return "Value 'Duration' was either too large or too small for TimeSpan."
	}
	return ""
}
