package textfile

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
)

// unknownName returns the offset of the first name in data that t does not have, 0 if there is none.
func unknownName(data []byte, t reflect.Type) int {
	w := &nameWalker{data: data, decoder: json.NewDecoder(bytes.NewReader(data))}
	w.value(t)
	return w.offset
}

// nameWalker goes through a JSON text with the type that each value is decoded into.
type nameWalker struct {
	data    []byte
	decoder *json.Decoder
	offset  int // of the unknown name
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
	for w.decoder.More() {
		key, err := w.decoder.Token()
		name, ok := key.(string)
		if err != nil || !ok {
			return false
		}
		of := elem(t)
		if t != nil && t.Kind() == reflect.Struct {
			if of, ok = field(t, name); !ok {
				end := int(w.decoder.InputOffset()) // after the closing quote
				w.offset = bytes.LastIndexByte(w.data[:end-1], '"')
				return false
			}
		}
		if !w.value(of) {
			return false
		}
	}
	_, err := w.decoder.Token()
	return err == nil
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

// field returns the type of the field that package json decodes the name into.
func field(t reflect.Type, name string) (reflect.Type, bool) {
	for _, f := range reflect.VisibleFields(t) {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == "" {
			tag = f.Name
		}
		if f.IsExported() && tag != "-" && strings.EqualFold(tag, name) {
			return f.Type, true
		}
	}
	return nil, false
}
