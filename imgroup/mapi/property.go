package mapi

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Property is an extended property with its value. Values holds the text of the response: one
// element for a single-valued property, any number for a multi-valued one. The methods Ints to
// Binaries parse it as URI.Type says; each returns one result per value, or an error that names the
// property.
type Property struct {
	URI    FieldURI `json:"URI"`
	Values []string `json:"Values"`
}

// MarshalJSON returns an object with the text form of URI and the array Values. A value that is not
// UTF-8 is an error, because JSON cannot carry it.
func (p Property) MarshalJSON() ([]byte, error) {
	for i, v := range p.Values {
		if !utf8.ValidString(v) {
			return nil, fmt.Errorf("mapi: property %v: value %d is not UTF-8", p.URI, i)
		}
	}
	type plain Property
	return json.Marshal(plain(p))
}

// Ints reads the values of an Integer, Short, Long, Currency or Error property.
func (p Property) Ints() ([]int64, error) {
	return parseValues(p, func(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) },
		Integer, Short, Long, Currency, Error)
}

// Floats reads the values of a Double, Float or ApplicationTime property.
func (p Property) Floats() ([]float64, error) {
	return parseValues(p, func(s string) (float64, error) { return strconv.ParseFloat(s, 64) },
		Double, Float, ApplicationTime)
}

// Bools reads the values of a Boolean property.
func (p Property) Bools() ([]bool, error) {
	return parseValues(p, strconv.ParseBool, Boolean)
}

// Times reads the values of a SystemTime property.
func (p Property) Times() ([]time.Time, error) {
	return parseValues(p, func(s string) (time.Time, error) { return time.Parse(time.RFC3339, s) },
		SystemTime)
}

// Binaries reads the values of a Binary property, which travel as base64.
func (p Property) Binaries() ([][]byte, error) {
	return parseValues(p, base64.StdEncoding.DecodeString, Binary)
}

// parseValues reads every value of a property whose type, or whose type's elements, are among
// types.
func parseValues[T any](
	p Property, parse func(string) (T, error), types ...PropertyType,
) ([]T, error) {
	if !p.isOf(types) {
		return nil, fmt.Errorf("mapi: property %v does not hold values of this kind", p.URI)
	}
	out := make([]T, 0, len(p.Values))
	for i, text := range p.Values {
		v, err := parse(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("mapi: property %v: value %d: %w", p.URI, i, err)
		}
		out = append(out, v)
	}
	return out, nil
}

// isOf reports whether the property's type is one of types, or an array of one.
func (p Property) isOf(types []PropertyType) bool {
	element := PropertyType(strings.TrimSuffix(string(p.URI.typ), "Array"))
	return slices.Contains(types, element)
}
