package soap

// Limits bound what a [Reader] accepts from a peer that may be broken or hostile. Zero or less
// means the default. A document that exceeds a limit is a [*LimitError].
//
// Memory does not grow with the document: a reader holds at most one start tag, one text and the
// names in use. A text that is skipped, or read as tokens, is not held, and only Bytes bounds it.
type Limits struct {
	Bytes     int64 // of the whole document; default 32 MiB
	Depth     int   // nested elements; default 64
	Attrs     int   // attributes of one element, namespace declarations included; default 32
	TagBytes  int   // of one start tag, its attributes included; default 64 KiB
	TextBytes int   // of the text that Text returns, and of a fault's detail; default 1 MiB
}

// withDefaults fills in the defaults, which suit Exchange: it nests some 15 levels deep, and a list
// of 1,000 contacts takes about 3 MB.
func (l Limits) withDefaults() Limits {
	return Limits{
		Bytes:     orDefault(l.Bytes, 32<<20),
		Depth:     orDefault(l.Depth, 64),
		Attrs:     orDefault(l.Attrs, 32),
		TagBytes:  orDefault(l.TagBytes, 64<<10),
		TextBytes: orDefault(l.TextBytes, 1<<20),
	}
}

func orDefault[N int | int64](n, standard N) N {
	if n <= 0 {
		return standard
	}
	return n
}
