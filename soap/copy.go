package soap

// copyElement reads the element that r stands on and writes it anew as a
// document that needs nothing from outside, of at most TextBytes.
func (r *Reader) copyElement() ([]byte, error) {
	depth := len(r.stack)
	dst := r.appendInherited(r.appendName(nil, "<"))
	dst, err := r.appendRest(dst)
	for err == nil && len(r.stack) >= depth {
		dst, err = r.appendNext(dst)
		if len(dst) > r.limits.TextBytes {
			err = r.fail(&LimitError{What: "bytes of detail in a fault", Limit: int64(r.limits.TextBytes)})
		}
	}
	if err != nil {
		return nil, err
	}
	return dst, nil
}

// appendNext copies the next piece of text or the next tag.
func (r *Reader) appendNext(dst []byte) ([]byte, error) {
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
	case r.buf[r.pos+1] == '/':
		dst = append(r.appendName(dst, "</"), '>')
		return dst, r.endTag()
	}
	if err := r.startTag(); err != nil {
		return nil, err
	}
	dst = r.appendName(dst, "<")
	for _, b := range r.bindings[r.stack[len(r.stack)-1].bindings:] {
		dst = appendBinding(dst, b)
	}
	return r.appendRest(dst)
}

// appendName writes the name of the innermost element with its own prefix.
func (r *Reader) appendName(dst []byte, before string) []byte {
	dst = append(dst, before...)
	return append(dst, r.stack[len(r.stack)-1].name.full...)
}

// appendRest writes the attributes of the start tag just read, and its end.
func (r *Reader) appendRest(dst []byte) ([]byte, error) {
	var err error
	for _, a := range r.attrs {
		dst = append(dst, ' ')
		dst = append(dst, a.name.full...)
		dst = append(dst, '=', '"')
		if dst, err = escape(dst, a.value, &attrEscapes); err != nil {
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
		hidden := b.prefix == "" && b.space == "" // what holds at a root anyway
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
	// The reader has replaced whatever could not be carried.
	dst, _ = AppendAttr(dst, b.space)
	return append(dst, '"')
}
