package imgroup

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ExtendedProperty is an extended property with its value. Values holds the text of the answer:
// one element for a single-valued property, any number for a multi-valued one. The methods read it
// as what URI.Type says; each returns one result per value, or an error that names the property.
type ExtendedProperty struct {
	URI    ExtendedFieldURI
	Values []string
}

// Ints reads the values of an Integer, Short, Long, Currency or Error property.
func (p ExtendedProperty) Ints() ([]int64, error) {
	return parseValues(p, func(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) },
		Integer, Short, Long, Currency, Error)
}

// Floats reads the values of a Double, Float or ApplicationTime property.
func (p ExtendedProperty) Floats() ([]float64, error) {
	return parseValues(p, func(s string) (float64, error) { return strconv.ParseFloat(s, 64) },
		Double, Float, ApplicationTime)
}

// Bools reads the values of a Boolean property.
func (p ExtendedProperty) Bools() ([]bool, error) {
	return parseValues(p, strconv.ParseBool, Boolean)
}

// Times reads the values of a SystemTime property.
func (p ExtendedProperty) Times() ([]time.Time, error) {
	return parseValues(p, func(s string) (time.Time, error) { return time.Parse(time.RFC3339, s) },
		SystemTime)
}

// Binaries reads the values of a Binary property, which travel as base64.
func (p ExtendedProperty) Binaries() ([][]byte, error) {
	return parseValues(p, base64.StdEncoding.DecodeString, Binary)
}

// parseValues reads every value of a property whose type, or whose type's elements, are among
// types.
func parseValues[T any](p ExtendedProperty, parse func(string) (T, error), types ...PropertyType) ([]T, error) {
	if !p.isOf(types) {
		return nil, fmt.Errorf("imgroup: property %v does not hold values of this kind", p.URI)
	}
	out := make([]T, 0, len(p.Values))
	for i, text := range p.Values {
		v, err := parse(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("imgroup: property %v: value %d: %w", p.URI, i, err)
		}
		out = append(out, v)
	}
	return out, nil
}

// isOf reports whether the property's type is one of types, or an array of one.
func (p ExtendedProperty) isOf(types []PropertyType) bool {
	element := PropertyType(strings.TrimSuffix(string(p.URI.typ), "Array"))
	return slices.Contains(types, element)
}
