package ews

import (
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/soap"
)

// These functions read the element that the reader stands on as a simple value. Errors of the
// document stay in the reader.

// typesChildren returns the names of the children in the types namespace. Children of other
// namespaces are skipped: they mean something else.
func typesChildren(r *soap.Reader) iter.Seq[string] {
	return func(yield func(string) bool) { eachTypesChild(r, yield) }
}

func eachTypesChild(r *soap.Reader, yield func(string) bool) {
	for name := range r.Children() {
		if name.Space == soap.NamespaceTypes && !yield(name.Local) {
			return
		}
	}
}

func readText(r *soap.Reader) string {
	text, _ := r.Text()
	return text
}

func readTrimmed(r *soap.Reader) string { return strings.TrimSpace(readText(r)) }

// readTime reads an xs:dateTime, zero if it is malformed: a date is no reason to refuse a list.
func readTime(r *soap.Reader) time.Time {
	text := readTrimmed(r)
	for _, layout := range [...]string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// parseInt parses an xs:int, which has 32 bits on every platform. It returns 0 if text is
// malformed.
func parseInt(text string) int {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32)
	if err != nil {
		return 0
	}
	return int(n)
}

// readBool reads an xs:boolean, false if it is malformed.
func readBool(r *soap.Reader) bool {
	text := readTrimmed(r)
	return text == "true" || text == "1"
}

// readStrings appends the texts of the children of that name.
func readStrings(r *soap.Reader, element string, list []string) []string {
	for local := range typesChildren(r) {
		if local == element {
			list = append(list, readText(r))
		}
	}
	return list
}

// readID reads the attributes of an ItemIdType or FolderIdType. An id of white space is no id.
func readID[T imgroup.ItemID | imgroup.GroupID | imgroup.ContactID | imgroup.PersonaID](r *soap.Reader) T {
	id, _ := r.Attr("", "Id")
	key, _ := r.Attr("", "ChangeKey")
	if strings.TrimSpace(id) == "" {
		id = ""
	}
	return T(imgroup.ItemID{ID: id, ChangeKey: key})
}
