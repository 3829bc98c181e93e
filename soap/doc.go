// Package soap encodes and decodes SOAP 1.1 messages the way Exchange Web
// Services uses them: an encoder that appends to a buffer, and a strict,
// bounded pull reader. It knows no network and no operation.
//
// Most programs use package ews instead. This one is for whoever writes an
// operation of their own for it: the request implements [BodyAppender] with
// [AppendText] and [AppendAttr], the response [BodyReader] with [Reader].
//
// # What the reader takes
//
// XML 1.0 with namespaces, in UTF-8. It refuses, with line and column: a document type declaration,
// an undeclared prefix or entity, a duplicate attribute (also under two
// prefixes for one namespace), an end tag that is missing or does not match, a
// second root element, text behind the root, invalid UTF-8, any other encoding.
// [Limits] bound the size of the document, of a tag and of a text, the nesting and the number of attributes.
//
// One thing it takes that XML forbids: characters outside of XML's range, and
// references to them, as Exchange sends them for what other clients stored.
// They become U+FFFD, and [Reader.Replaced] counts them.
//
// Errors: [*SyntaxError], [*LimitError], or what the source of the document
// returned, which errors.Is and errors.As find. A document that was cut is a
// SyntaxError that unwraps to io.ErrUnexpectedEOF.
package soap
