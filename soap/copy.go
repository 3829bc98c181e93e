package soap

// copyContent calls read for the element that the reader stands on, skips what read leaves unread,
// and returns a copy of the element's content, never nil. The copy can be read alone: each
// top-level element declares all namespaces in scope, used or not, since a prefix may also occur in
// a value (xsi:type). CDATA becomes plain text; comments and processing instructions are left out.
func (r *Reader) copyContent(read func(*Reader) error) ([]byte, error) {
	outer := len(r.stack) - 1
	r.copied, r.copyDepth = r.copied[:0], len(r.stack)
	var err error
	if read != nil {
		err = read(r)
	}
	if err == nil {
		err = r.leaveTo(outer)
	}
	r.copyDepth = 0
	return append([]byte{}, r.copied...), err
}

// copyText copies a piece of character data.
func (r *Reader) copyText(piece []byte) error {
	dst, err := escape(r.copied, piece, &textEscapes)
	if err != nil {
		return r.fail(err)
	}
	return r.keepCopy(dst)
}

// copyStart copies the last start tag, with the prefixes of the document.
func (r *Reader) copyStart() error {
	e := &r.stack[len(r.stack)-1]
	dst := append(append(r.copied, '<'), e.name.full...)
	if len(r.stack) == r.copyDepth+1 {
		dst = r.appendInherited(dst)
	} else {
		for _, b := range r.bindings[e.bindings:] {
			dst = appendBinding(dst, b)
		}
	}
	for i := range r.attrs {
		a := &r.attrs[i]
		dst = append(append(dst, ' '), a.name.full...)
		dst = append(dst, '=', '"')
		var err error
		if dst, err = AppendAttr(dst, r.textOf(a)); err != nil {
			return r.fail(err)
		}
		dst = append(dst, '"')
	}
	if r.empty {
		dst = append(dst, '/')
	}
	return r.keepCopy(append(dst, '>'))
}

// copyEnd copies the end tag that comes next, unless it ends the element whose content is copied.
func (r *Reader) copyEnd() error {
	if len(r.stack) == r.copyDepth {
		return nil
	}
	dst := append(append(r.copied, "</"...), r.stack[len(r.stack)-1].name.full...)
	return r.keepCopy(append(dst, '>'))
}

// keepCopy stores the extended copy, and fails if it exceeds the limit.
func (r *Reader) keepCopy(dst []byte) error {
	r.copied = dst
	if len(dst) > r.limits.TextBytes {
		return r.fail(&LimitError{What: "bytes of detail in a fault", Limit: int64(r.limits.TextBytes)})
	}
	return nil
}

// appendInherited declares every namespace in scope, the innermost for each prefix.
func (r *Reader) appendInherited(dst []byte) []byte {
	for i, b := range r.bindings {
		hidden := b.prefix == "" && b.space == "" // the default
		for _, inner := range r.bindings[i+1:] {
			hidden = hidden || inner.prefix == b.prefix
		}
		if !hidden {
			dst = appendBinding(dst, b)
		}
	}
	return dst
}

// appendBinding writes a namespace declaration.
func appendBinding(dst []byte, b binding) []byte {
	dst = append(dst, " xmlns"...)
	if b.prefix != "" {
		dst = append(append(dst, ':'), b.prefix...)
	}
	dst = append(dst, '=', '"')
	dst, _ = AppendAttr(dst, b.space) // cannot fail: forbidden characters were replaced
	return append(dst, '"')
}
