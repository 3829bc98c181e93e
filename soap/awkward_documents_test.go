package soap_test

import (
	"fmt"
	"strings"
)

// A document is XML, or nearly, and the expected result of reading it. Exactly one of want, syntax,
// cut and limit is set.
type document struct {
	name     string
	doc      string
	want     string // as dump renders it
	replaced int
	syntax   string // the SyntaxError without its first words
	cut      bool   // it ends too early
	limit    string // LimitError.What
}

// awkward are documents that XML readers get wrong.
var awkward = []document{
	// Namespaces.
	{
		name: "prefix rebound inside", doc: `<p:a xmlns:p="u"><p:b xmlns:p="v"><p:c/></p:b><p:d/></p:a>`,
		want: `{u}a({v}b({v}c()) {u}d())`,
	},
	{
		name: "default rebound and undone", doc: `<a xmlns="u"><b xmlns=""><c/></b><d xmlns="v"/><e/></a>`,
		want: `{u}a(b(c()) {v}d() {u}e())`,
	},
	{name: "declared behind its use", doc: `<p:a p:b="1" xmlns:p="u"/>`, want: `{u}a[{u}b="1"]()`},
	{name: "default does not hold for attributes", doc: `<a xmlns="u" b="1"/>`, want: `{u}a[b="1"]()`},
	{
		name: "same local name in two namespaces", doc: `<a xmlns:p="u" xmlns:q="v" b="0" p:b="1" q:b="2"/>`,
		want: `a[b="0"][{u}b="1"][{v}b="2"]()`,
	},
	{
		name: "xml is always bound", doc: `<a xml:lang="en"/>`,
		want: `a[{http://www.w3.org/XML/1998/namespace}lang="en"]()`,
	},
	{name: "reference in a namespace", doc: `<a xmlns="u&amp;v"/>`, want: `{u&v}a()`},
	{
		name: "undeclared prefix", doc: "<a>\n <p:b/></a>",
		syntax: `line 2, column 2: the prefix of "p:b" is not declared`,
	},
	{
		name: "undeclared prefix of an attribute", doc: `<a p:b=""/>`,
		syntax: `line 1, column 1: the prefix of "p:b" is not declared`,
	},
	{
		name: "prefix out of scope", doc: `<a><p:b xmlns:p="u"/><p:c/></a>`,
		syntax: `line 1, column 22: the prefix of "p:c" is not declared`,
	},
	{
		name: "prefix undone", doc: `<a xmlns:p=""/>`,
		syntax: `line 1, column 4: the prefix "p" is bound to no namespace`,
	},
	{
		name: "xml bound otherwise", doc: `<a xmlns:xml="u"/>`,
		syntax: `line 1, column 4: the prefixes xml and xmlns and their namespaces must not be bound otherwise`,
	},
	{
		name: "namespace of xmlns bound", doc: `<a xmlns:p="http://www.w3.org/2000/xmlns/"/>`,
		syntax: `line 1, column 4: the prefixes xml and xmlns and their namespaces must not be bound otherwise`,
	},
	{
		name: "two colons", doc: `<p:q:a xmlns:p="u"/>`,
		syntax: `line 1, column 2: "p:q:a" is not a qualified name`,
	},
	{name: "colon first", doc: `<:a/>`, syntax: `line 1, column 2: ":a" is not a qualified name`},
	{
		name: "local part that begins no name", doc: `<p:1 xmlns:p="u"/>`,
		syntax: `line 1, column 2: "p:1" is not a qualified name`,
	},

	// Attributes.
	{
		name: "duplicate attribute", doc: `<a b="1" b="2"/>`,
		syntax: `line 1, column 1: duplicate attribute "b"`,
	},
	{
		name: "duplicate under two prefixes", doc: `<a xmlns:p="u" xmlns:q="u" p:b="1" q:b="2"/>`,
		syntax: `line 1, column 1: duplicate attribute "q:b"`,
	},
	{
		name: "duplicate declaration", doc: `<a xmlns:p="u" xmlns:p="u"/>`,
		syntax: `line 1, column 16: duplicate namespace declaration for the prefix "p"`,
	},
	{
		name: "greater-than and quotes in values", doc: `<a b=">'/>" c='"' ><d/></a>`,
		want: `a[b=">'/>"][c="\""](d())`,
	},
	{
		name: "white space in values", doc: "<a b='1\t2\n3\r\n4\r5' c='&#9;&#10;&#13;'/>",
		want: `a[b="1 2 3 4 5"][c="\t\n\r"]()`,
	},
	{
		name: "blanks round the equals sign", doc: "<a b = '1'\n\tc\r\n=\t'2'\n/>",
		want: `a[b="1"][c="2"]()`,
	},
	{
		name: "less-than in a value", doc: `<a b="<"/>`,
		syntax: `line 1, column 7: < in the value of an attribute, or its closing quote is missing`,
	},
	{
		name: "missing closing quote", doc: `<a b="1></a>`,
		syntax: `line 1, column 9: < in the value of an attribute, or its closing quote is missing`,
	},
	{
		name: "no quotes", doc: `<a b=1/>`,
		syntax: `line 1, column 6: the value of the attribute "b" is not quoted`,
	},
	{name: "no value", doc: `<a b/>`, syntax: `line 1, column 5: the attribute "b" has no value`},
	{
		name: "no space between attributes", doc: `<a b="1"c="2"/>`,
		syntax: `line 1, column 9: white space is missing before an attribute`,
	},
	{
		name: "ampersand in a value", doc: `<a b="x & y"/>`,
		syntax: `line 1, column 9: & begins no reference: it must be written as &amp;`,
	},
	{
		name: "reference without an end in a value", doc: `<a b="&amp"/>`,
		syntax: `line 1, column 7: & begins no reference: it must be written as &amp;`,
	},
	{
		name: "20,000 attributes", doc: "<a " + manyAttributes(20000) + "/>",
		limit: "attributes in one element",
	},
	{
		name: "129 attributes", doc: "<a " + manyAttributes(129) + "/>",
		limit: "attributes in one element",
	},
	{
		name: "attribute of a megabyte", doc: `<a b="` + strings.Repeat("x", 1<<20) + `"/>`,
		limit: "bytes in one start tag",
	},
	{
		name: "name of a megabyte", doc: "<" + strings.Repeat("x", 1<<20) + "/>",
		limit: "bytes in one start tag",
	},

	// Text.
	{name: "predefined entities", doc: "<a>&lt;&gt;&amp;&quot;&apos;</a>", want: `a("<>&\"'")`},
	{
		name: "character references", doc: "<a>&#65;&#x42;&#x1F600;&#00000000000000000067;</a>",
		want: `a("AB😀C")`,
	},
	{name: "CDATA", doc: "<a>x<![CDATA[<b>&amp;]] ]>]]]]>y</a>", want: `a("x<b>&amp;]] ]>]]y")`},
	{name: "CDATA next to a child", doc: "<a><![CDATA[x]]><b/><![CDATA[]]></a>", want: `a("x" b())`},
	{
		name: "line ends", doc: "<a>1\r\n2\r3\n4\r\r\n5&#13;\n<![CDATA[\r\n\r]]></a>",
		want: `a("1\n2\n3\n4\n\n5\r\n\n\n")`,
	},
	{name: "comment divides nothing", doc: "<a>1<!-- - <b> & -->2<?p ? <c> ?>3</a>", want: `a("123")`},
	{name: "brackets", doc: "<a>] ]] ]>]</a>", want: `a("] ]] ]>]")`},
	{
		name: "all of Unicode's planes", doc: "<a>é\u0085\u2028\uE000\uFFFD\U00010000\U0010FFFD</a>",
		want: `a("é\u0085\u2028\ue000�𐀀\U0010fffd")`,
	},
	{name: "names beyond ASCII", doc: `<é:ä xmlns:é="u" 名="1"/>`, want: `{u}ä[名="1"]()`},
	{
		name: "forbidden characters", doc: "<a b='\x01'>\x00\x0B\uFFFE<![CDATA[\uFFFF]]></a>",
		want: `a[b="�"]("����")`, replaced: 5,
	},
	{
		name: "references to forbidden characters",
		doc:  "<a b='&#x1F;'>&#xB;&#0;&#xFFFF;&#xD800;&#xDFFF;</a>",
		want: `a[b="�"]("�����")`, replaced: 6,
	},
	{
		name: "end of CDATA in text", doc: "<a>x]]>y</a>",
		syntax: "line 1, column 5: ]]> outside of a CDATA section",
	},
	{
		name: "undeclared entity", doc: "<a>&nbsp;</a>",
		syntax: `line 1, column 4: undeclared entity "nbsp"`,
	},
	{
		name: "bare ampersand", doc: "<a>AT&T Inc.</a>",
		syntax: "line 1, column 6: & begins no reference: it must be written as &amp;",
	},
	{name: "empty reference", doc: "<a>&;</a>", syntax: `line 1, column 4: undeclared entity ""`},
	{
		name: "reference beyond Unicode", doc: "<a>&#x110000;</a>",
		syntax: `line 1, column 4: the reference "#x110000" names no character`,
	},
	{
		name: "reference that overflows", doc: "<a>&#99999999999999999999;</a>",
		syntax: `line 1, column 4: the reference "#99999999999999999999" names no character`,
	},
	{
		name: "capital X", doc: "<a>&#X41;</a>",
		syntax: `line 1, column 4: the reference "#X41" names no character`,
	},
	{
		name: "endless reference", doc: "<a>&" + strings.Repeat("x", 1<<20),
		syntax: `line 1, column 4: a reference of more than 64 bytes, or & that should be &amp;`,
	},
	{name: "64 MiB of text", doc: "<a>" + strings.Repeat("x", 64<<20) + "</a>", limit: "bytes"},

	// Encodings.
	{
		name: "UTF-8 with a byte order mark", doc: "\xEF\xBB\xBF<?xml version='1.0' encoding='UTF-8'?><a/>",
		want: "a()",
	},
	{
		name: "UTF-16", doc: "\xFF\xFE<\x00a\x00/\x00>\x00",
		syntax: "line 1, column 1: the document is in UTF-16 or UTF-32; only UTF-8 is read",
	},
	{
		name: "UTF-16 the other way", doc: "\xFE\xFF\x00<\x00a\x00/\x00>",
		syntax: "line 1, column 1: the document is in UTF-16 or UTF-32; only UTF-8 is read",
	},
	{
		name: "UTF-16 without a mark", doc: "<\x00a\x00/\x00>\x00",
		syntax: "line 1, column 1: the document is in UTF-16 or UTF-32; only UTF-8 is read",
	},
	{
		name: "another encoding declared", doc: `<?xml version="1.0" encoding="iso-8859-1"?><a/>`,
		syntax: `line 1, column 1: the document declares the encoding "iso-8859-1"; only UTF-8 is read`,
	},
	{name: "Latin-1 in text", doc: "<a>caf\xE9</a>", syntax: "line 1, column 7: invalid UTF-8"},
	{
		name: "Latin-1 in a value", doc: "<a b='caf\xE9'/>",
		syntax: "line 1, column 10: invalid UTF-8 in the value of an attribute",
	},
	{
		name: "Latin-1 in a name", doc: "<caf\xE9/>",
		syntax: `line 1, column 2: "caf\xe9" is not a qualified name`,
	},
	{
		name: "Latin-1 in a comment", doc: "<a><!--\xE9--></a>",
		syntax: "line 1, column 8: invalid UTF-8",
	},
	{name: "overlong encoding", doc: "<a>\xC0\xBC</a>", syntax: "line 1, column 4: invalid UTF-8"},
	{
		name: "surrogate in UTF-8", doc: "<a>\xED\xA0\x80</a>",
		syntax: "line 1, column 4: invalid UTF-8",
	},

	// Prolog and what follows the root.
	{
		name: "comments and instructions round the root",
		doc:  "<?xml version='1.0'?><!-- c --><?p?>\n<a/>\n<!-- d --><?q r?>\n",
		want: "a()",
	},
	{
		name: "standalone", doc: `<?xml version="1.0"  encoding='utf-8' standalone="yes" ?><a/>`,
		want: "a()",
	},
	{
		name: "XML 1.1", doc: `<?xml version="1.1"?><a/>`,
		syntax: `line 1, column 1: XML version "1.1"; only 1.0 is read`,
	},
	{
		name: "declaration without a version", doc: `<?xml encoding="utf-8"?><a/>`,
		syntax: "line 1, column 1: the XML declaration has no version",
	},
	{
		name: "declaration in disorder", doc: `<?xml version="1.0" standalone="no" encoding="utf-8"?><a/>`,
		syntax: "line 1, column 1: a malformed XML declaration",
	},
	{
		name: "declaration behind a line feed", doc: "\n<?xml version='1.0'?><a/>",
		syntax: "line 2, column 1: an XML declaration that is not at the very start of the document",
	},
	{
		name: "DOCTYPE", doc: `<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><a/>`,
		syntax: "line 1, column 1: a document type declaration is not allowed in SOAP (SOAP 1.1, section 3)",
	},
	{
		name:   "entity bomb",
		doc:    "<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY b 'ha'><!ENTITY c '&b;&b;'>]><a>&c;</a>",
		syntax: "line 2, column 1: a document type declaration is not allowed in SOAP (SOAP 1.1, section 3)",
	},
	{
		name: "declaration inside the root", doc: "<a><!ELEMENT a ANY></a>",
		syntax: "line 1, column 4: <! begins neither a comment nor a CDATA section",
	},
	{
		name: "second root", doc: "<a/><b/>",
		syntax: "line 1, column 5: a second root element, or an end tag behind the root",
	},
	{
		name: "end tag behind the root", doc: "<a></a></a>",
		syntax: "line 1, column 8: a second root element, or an end tag behind the root",
	},
	{
		name: "text behind the root", doc: "<a/>\nx",
		syntax: `line 2, column 1: text behind the root element, beginning with 'x'`,
	},
	{
		name: "null behind the root", doc: "<a/>\x00",
		syntax: `line 1, column 5: text behind the root element, beginning with '\x00'`,
	},
	{
		name: "CDATA outside of the root", doc: "<![CDATA[]]><a/>",
		syntax: "line 1, column 10: a CDATA section outside of the root element",
	},
	{
		name: "reference outside of the root", doc: "&#32;<a/>",
		syntax: `line 1, column 1: this is not XML: it begins with '&' instead of <`,
	},
	{
		name: "no XML at all", doc: "503 Service Unavailable",
		syntax: `line 1, column 1: this is not XML: it begins with '5' instead of <`,
	},
	{
		name: "JSON", doc: `{"error":1}`,
		syntax: `line 1, column 1: this is not XML: it begins with '{' instead of <`,
	},
	{
		name: "HTML page", doc: "<!DOCTYPE html><html><body>x<br></body></html>",
		syntax: "line 1, column 1: a document type declaration is not allowed in SOAP (SOAP 1.1, section 3)",
	},
	{
		name: "lower-case doctype", doc: "<!doctype html>",
		syntax: "line 1, column 1: <! begins neither a comment nor a CDATA section",
	},
	{name: "nothing", doc: "", cut: true},
	{name: "blanks only", doc: " \r\n", cut: true},
	{name: "prolog only", doc: "<?xml version='1.0'?>", cut: true},

	// Tags.
	{
		name: "crossed tags", doc: "<a><b></a></b>",
		syntax: `line 1, column 7: the end tag of "a" where that of "b" is due`,
	},
	{
		name: "end tag with another prefix", doc: `<p:a xmlns:p="u" xmlns:q="u"></q:a>`,
		syntax: `line 1, column 30: the end tag of "q:a" where that of "p:a" is due`,
	},
	{name: "blanks in end tags", doc: "<a><b></b\r\n></a\t>", want: "a(b())"},
	{
		name: "blank before an end tag's name", doc: "<a></ a>",
		syntax: `line 1, column 4: the end tag of " a" where that of "a" is due`,
	},
	{
		name: "attribute in an end tag", doc: "<a></a b='1'>",
		syntax: `line 1, column 4: the end tag of "a b='1'" where that of "a" is due`,
	},
	{name: "blank before a name", doc: "< a/>", syntax: "line 1, column 2: a name is missing"},
	{name: "empty tag", doc: "<a><></a>", syntax: "line 1, column 5: a name is missing"},
	{name: "digit first", doc: "<1/>", syntax: `line 1, column 2: "1" is not a qualified name`},
	{name: "less-than in a tag", doc: "<a <b/>", syntax: "line 1, column 4: < inside a tag"},
	{
		name: "dashes in a comment", doc: "<a><!-- -- --></a>",
		syntax: "line 1, column 9: -- inside a comment",
	},
	{
		name: "three dashes at a comment's end", doc: "<a><!-- ---></a>",
		syntax: "line 1, column 9: -- inside a comment",
	},
	{
		name: "instruction without a name", doc: "<a><? x?></a>",
		syntax: "line 1, column 6: a name is missing",
	},
	{
		name: "instruction called xml", doc: "<a><?XmL x?></a>",
		syntax: "line 1, column 4: an XML declaration that is not at the very start of the document",
	},
	{name: "a million levels", doc: strings.Repeat("<a>", 1_000_000), limit: "levels of elements"},
	{
		name:  "a million levels with their ends",
		doc:   strings.Repeat("<a>", 1_000_000) + strings.Repeat("</a>", 1_000_000),
		limit: "levels of elements",
	},
	{
		name: "as many levels as allowed", doc: strings.Repeat("<a>", 64) + strings.Repeat("</a>", 64),
		want: strings.Repeat("a(", 64) + strings.Repeat(")", 64),
	},
	{
		name: "257 declarations in scope", doc: manyDeclarations(257),
		limit: "namespace declarations in scope",
	},
}

func manyAttributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ` a%d="%d"`, i, i)
	}
	return b.String()
}

func manyDeclarations(n int) string {
	var b strings.Builder
	for i := range n {
		if i%16 == 0 {
			b.WriteString("<a")
		}
		fmt.Fprintf(&b, ` xmlns:p%d="u"`, i)
		if i%16 == 15 || i == n-1 {
			b.WriteString(">")
		}
	}
	return b.String()
}
