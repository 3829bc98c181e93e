package soap

// copyContent reads what is inside the element that r stands on, to its end
// tag, and writes it anew, at most TextBytes of it. What it returns needs nothing from
// outside: each of the elements on top declares all namespaces in scope,
// used or not, since a prefix may also stand in a value (xsi:type).
func (r *Reader) copyContent() ([]byte, error) {
	depth := len(r.stack)
	dst := r.text[:0]
	for {
		var err error
		if dst, err = r.copyNext(dst, depth); err != nil {
			return nil, err
		}
		if len(dst) > r.limits.TextBytes {
			return nil, r.fail(&LimitError{What: "bytes of detail in a fault", Limit: int64(r.limits.TextBytes)})
		}
		r.text = dst
		if len(r.stack) < depth {
			return append([]byte{}, dst...), nil // not nil: there was one
		}
	}
}

// copyNext copies the next piece of text or the next tag. The one that closes
// the element at depth is read only. CDATA becomes plain text, <a></a> stays
// as it is, comments and processing instructions are left out.
func (r *Reader) copyNext(dst []byte, depth int) ([]byte, error) {
	r.attrs = r.attrs[:0]
	if r.empty {
		r.leave()
		return dst, nil
	}
	piece, err := r.run()
	switch {
	case err != nil:
		return nil, err
	case piece != nil:
		return escape(dst, piece, &textEscapes)
	case r.buf[r.pos+1] != '/':
		return r.copyStart(dst, depth)
	case len(r.stack) > depth:
		dst = append(append(dst, "</"...), r.stack[len(r.stack)-1].name.full...)
		dst = append(dst, '>')
	}
	return dst, r.endTag()
}

// copyStart copies a start tag, the prefixes being those of the document.
func (r *Reader) copyStart(dst []byte, depth int) ([]byte, error) {
	if err := r.startTag(); err != nil {
		return nil, err
	}
	e := &r.stack[len(r.stack)-1]
	dst = append(append(dst, '<'), e.name.full...)
	if len(r.stack) == depth+1 {
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
			return nil, err
		}
		dst = append(dst, '"')
	}
	if r.empty {
		dst = append(dst, '/')
	}
	return append(dst, '>'), nil
}

// appendInherited declares every namespace in scope, the innermost for each prefix.
func (r *Reader) appendInherited(dst []byte) []byte {
	for i, b := range r.bindings {
		hidden := b.prefix == "" && b.space == "" // what holds anyway
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
	dst, _ = AppendAttr(dst, b.space) // it was read: whatever could not be carried is replaced
	return append(dst, '"')
}
