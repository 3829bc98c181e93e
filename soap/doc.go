// Package soap encodes and decodes SOAP 1.1 messages as Exchange Web Services uses them: an encoder
// that appends to a buffer, and a strict, bounded pull reader. It knows neither the network nor any
// operation.
//
// Most programs use package ews instead. This package is for operations that ews does not have: the
// request implements [BodyAppender] with [AppendText] and [AppendAttr], the response [BodyReader]
// with [Reader].
//
// # Reading
//
// A [Reader] accepts XML 1.0 with namespaces, in UTF-8. It refuses, with line and column: a
// document type declaration, an undeclared prefix or entity, a duplicate attribute (also under two
// prefixes for one namespace), an end tag that is missing or does not match, a second root element,
// text after the root, invalid UTF-8, any other encoding. [Limits] bound the size of the document,
// of a tag and of a text, the nesting, and the number of attributes.
//
// It accepts one thing that XML forbids: characters outside of XML's range, and references to them,
// which Exchange sends where another client stored them. They become U+FFFD, and [Reader.Replaced]
// counts them.
//
// # Errors
//
// A Reader returns a [*SyntaxError], a [*LimitError], or an error that wraps that of the source of
// the document. A document that ends too early is a SyntaxError that unwraps to
// [io.ErrUnexpectedEOF]. The encoder returns a [*CharError] for a string that XML cannot carry.
package soap
