package soap

import (
	"encoding/xml"
	"iter"
)

// Children returns an iterator over the children of the element that the reader stands on, by their
// names; before the root element, over the root alone. The reader stands on the child while the loop
// body runs. What the body leaves unread of it is skipped and checked like the rest, a child that it
// does not touch included.
//
// The loop ends with the element's end tag or with an error, which [Reader.Err] returns. The error is
// kept, so a body need not look at those of its own calls:
//
//	for name := range r.Children() {
//		switch name.Local {
//		case "DisplayName":
//			g.DisplayName, _ = r.Text()
//		case "Members":
//			g.readMembers(r) // a loop like this one
//		}
//	}
//	return r.Err()
//
// A body that leaves the loop leaves the reader where it is, inside the element; an enclosing loop
// skips the rest of it. The iterator can be used once.
func (r *Reader) Children() iter.Seq[xml.Name] {
	return func(yield func(xml.Name) bool) { r.eachChild(yield) }
}

func (r *Reader) eachChild(yield func(xml.Name) bool) {
	depth := len(r.stack)
	for {
		ok, err := r.Next()
		if !ok || err != nil || !yield(r.name) || r.leaveTo(depth) != nil {
			return
		}
	}
}

// Err returns the first error that the reader met, nil if it met none: the end of an element or of
// the document is no error.
func (r *Reader) Err() error { return r.err }
