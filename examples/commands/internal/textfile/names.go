package textfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// badName returns an error for the first name in data, valid JSON, that t does not have, or that stands
// twice in its object. Package json takes the last value of such a name, or a mixture of both.
func badName(data []byte, t reflect.Type) *JSONError {
	w := &nameWalker{data: data, decoder: json.NewDecoder(bytes.NewReader(data))}
	w.value(t)
	return w.bad
}

// nameWalker goes through a JSON text with the type that each value is decoded into.
type nameWalker struct {
	data    []byte
	decoder *json.Decoder
	bad     *JSONError
}

// value goes through one value and reports whether to go on. A nil type has any name.
func (w *nameWalker) value(t reflect.Type) bool {
	token, err := w.decoder.Token()
	if err != nil {
		return false
	}
	t = plain(t)
	switch token {
	case json.Delim('{'):
		return w.object(t)
	case json.Delim('['):
		for w.decoder.More() {
			if !w.value(elem(t)) {
				return false
			}
		}
		_, err = w.decoder.Token()
	}
	return err == nil
}

func (w *nameWalker) object(t reflect.Type) bool {
	seen := map[string]bool{}
	for w.decoder.More() {
		token, err := w.decoder.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return false
		}
		key, of := name, elem(t)
		if t != nil && t.Kind() == reflect.Struct {
			f, ok := field(t, name)
			if !ok {
				return w.refuse(fmt.Sprintf("unknown field %q", name), false)
			}
			key, of = f.Name, f.Type // in any case of letters
		}
		if seen[key] {
			return w.refuse(fmt.Sprintf("the name %q stands twice in one object", name), true)
		}
		seen[key] = true
		if !w.value(of) {
			return false
		}
	}
	_, err := w.decoder.Token()
	return err == nil
}

// refuse notes that the name that was just read is bad, and returns false.
func (w *nameWalker) refuse(reason string, repeated bool) bool {
	end := int(w.decoder.InputOffset()) // after the closing quote
	w.bad = newJSONError(w.data, bytes.LastIndexByte(w.data[:end-1], '"'), reason)
	w.bad.Repeated = repeated
	return false
}

// plain returns the type that values are kept in, nil if it decodes itself.
func plain(t reflect.Type) reflect.Type {
	if t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return nil
	}
	return t
}

func elem(t reflect.Type) reflect.Type {
	if t == nil {
		return nil
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Array, reflect.Map:
		return t.Elem()
	}
	return nil
}

// field returns the field that package json decodes the name into.
func field(t reflect.Type, name string) (reflect.StructField, bool) {
	for _, f := range reflect.VisibleFields(t) {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && tag == "" {
			continue // its fields are names of t
		}
		if tag == "" {
			tag = f.Name
		}
		if f.IsExported() && tag != "-" && strings.EqualFold(tag, name) {
			return f, true
		}
	}
	return reflect.StructField{}, false
}
