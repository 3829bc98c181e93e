package soap

import (
	"encoding/xml"
	"iter"
)

// Children returns an iterator over the names of the children of the element that the reader stands
// on, or, before the root element, over that of the root. The reader stands on the child while the
// loop body runs. What the body does not read of the child is skipped and checked.
//
// The loop ends at the end of the element or at an error, which [Reader.Err] returns afterwards.
// The body may therefore ignore the errors of its own calls of the reader:
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
// After a break the reader stands where the body left it; an enclosing loop skips the rest. The
// iterator can be used once.
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

// Err returns the first error of the reader, or nil. The end of an element or of the document is
// not an error.
func (r *Reader) Err() error { return r.err }
