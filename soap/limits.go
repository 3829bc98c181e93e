package soap

// Limits bound what a [Reader] takes from a peer that may be broken or
// hostile. Zero, or less, means the default. What exceeds one is a [*LimitError].
//
// Memory does not grow with the document: a reader holds one start tag, one
// text and the names in use at most. A text that is skipped, or that comes as
// tokens, is not held at all, and only Bytes bounds it.
type Limits struct {
	Bytes     int64 // of the whole document; 0: 32 MiB
	Depth     int   // elements inside one another; 0: 64
	Attrs     int   // attributes of one element, namespace declarations included; 0: 32
	TagBytes  int   // of one start tag, its attributes included; 0: 64 KiB
	TextBytes int   // of the text that one call of Text returns, and of a fault's detail; 0: 1 MiB
}

// withDefaults puts in the defaults, which suit Exchange: it nests some 15
// levels deep, and a list of 1,000 contacts takes about 3 MB.
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
