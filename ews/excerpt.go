package ews

// excerpt is the window of a request that a schema fault points at. It is a type of its own behind
// a pointer so that printing an error shows an address, never the request.
type excerpt struct {
	text  string
	caret int // characters before the caret
}
