package dotnet

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode/utf16"
)

// A mutant is a request with something wrong in it, most likely.
type mutant struct {
	kind   string // of damage
	number int
	doc    string
}

func (m mutant) String() string {
	return fmt.Sprintf("%s-%d", m.kind, m.number)
}

// fragments are put into requests at all sorts of places.
var fragments = []string{
	"&", "& ", "&x", "&x;", "&amp", "&amp;", "&lt;", "&#", "&#;", "&#x;", "&#0;", "&#xB;", "&#x;",
	"&#xD800;", "&#xFFFE;", "&#x110000;", "&#99999999999;", "&#12a;", "&#xZ;", "&#32;", "&#x1F600;",
	"&a:b;", "&1;", "& amp;", "&é;", "<", "< ", "<1", "<-", "<a", "<a>", "<a/>", "<a b>",
	"<a b='1'/>", "<m:a/>", "<:a/>", "<a:/>", "<a:b:c/>", "<q:a/>", "</", "</a>", "</>", "</ a>",
	"</m:Foo>", "</m:AddImGroup>", "</soap:Body>", ">", "/", "/>", "//", "<!", "<!-", "<!--",
	"<!-->", "<!-- a -->", "<!-- a--b -->", "<!--a--->", "<!---->", "<!--\x01-->",
	"<!-- \U0001F600 -->", "<![", "<![CDATA", "<![CDATA[", "<![CDATA[]]>", "<![CDATA[ ]]>",
	"<![CDATA[x]]>", "<![CDATA[a]]b]]>", "<![cdata[x]]>", "]]>", "]]", "]", "<!DOCTYPE a>",
	"<!ELEMENT a>", "<!doctype a>", "<!D", "<!x>", "<?", "<?>", "<?x", "<?x?>", "<?x y?>",
	"<?x?y?>", "<?1?>", "<?a:b?>", "<?xml version='1.0'?>", "<?xml?>", "<?XML?>", "<?Xml a?>",
	"<?xml-x?>", "<?p \x02?>", "<? p?>", "\"", "'", "=", "==", " ", "\t", "\n", "\r", "\r\n",
	"\n\n  ", "x", "X1", "_", ":", "::", ".", "-", "é", "日本", "\U0001F600", "·", "٣", "\x00",
	"\x01", "\x08", "\x0B", "\x1F", "\x7F", "\u0085", "\u00A0", "\u2028", "\uFFFD", "\uFEFF",
	"\uFFFE", "\uFFFF", "\x80", "\xC3", "\xFF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC0\x80",
	"\xE2\x82", " a='1'", " a=\"1", " a=1", " a", " a=", " a = '1'", " a='<'", " a='&'", " a='&b;'",
	" a='&#0;'", " a='\x03'", " a='1' a='2'", " a='1'b='2'", " Id='2'", " Version='x'",
	" PropertyType='String'", " xmlns=''", " xmlns:q=''", " xmlns:q='urn:q'", " xmlns:xml='urn:x'",
	" xmlns:xmlns='urn:x'", " xmlns:q='http://www.w3.org/XML/1998/namespace'",
	" xmlns:q='http://www.w3.org/2000/xmlns/'", " xmlns='http://www.w3.org/2000/xmlns/'",
	" xmlns='http://www.w3.org/XML/1998/namespace'", " xmlns:xmlns='http://www.w3.org/2000/xmlns/'",
	" xmlns:xml='http://www.w3.org/XML/1998/namespace'", " xmlns:m='urn:other'",
	" xmlns:t='urn:other'", " xmlns:a='urn:a' xmlns:b='urn:a' a:x='1' b:x='2'", " xmlns:='urn:x'",
	" q:a='1'", " :a='1'", " a:='1'", " a:b:c='1'", " m:a='1'", " soap:mustUnderstand='1'",
	" soap:actor=''", " xml:lang='en'", " xml:lang=''", " xml:lang='e_n'", " xml:space='preserve'",
	" xml:space='x'", " xml:space=''", " xml:foo='1'", " xml:base='%'", " xml:id='1'",
	" xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:type='t:ItemIdType'",
	" xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:type='t:NonEmptyStringType'",
	" xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:type='q:x'",
	" xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:type='m:Nothing'",
	" xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:type=''",
	" xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:nil='true'",
	" xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:nil='false'",
	" xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:schemaLocation='urn:x x.xsd'",
	" xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:foo='1'",
	"<m:DisplayName>x</m:DisplayName>", "<m:GroupId Id='x'/>", "<m:GroupId/>", "<m:Foo/>",
	"<t:ItemId Id='x'/>", "<t:ItemId/>", "<t:MailboxCulture>!</t:MailboxCulture>", "<soap:Header/>",
	"<soap:Body/>", "<m:GetImItemList/>", "<m:GetFoo/>", "<a xmlns='urn:a'><b/>c</a>",
	"<m:ExtendedProperties/>", "<t:Range/>", "text", " \n\t ", "text &q;", "text &", "text\x01",
}

// replacements are for the values of attributes and the text of elements.
var replacements = []string{
	"", " ", "\n", "x", " x ", "true", "TRUE", "1", "-1", "+1", " 1 ", "01", "0x1", "0x12345",
	"0X1a", "0xg", "65535", "65536", "-0", "2147483647", "2147483648", "1.0", "1e3", "en", "en-US",
	"en_US", "de-", "-de", "toolongtag", "en-toolongtag", "e1", "日本", "\U0001F600", "a&amp;b",
	"a&lt;b", "a&#10;b", "a&#xD;b", "Exchange2013", "Exchange2007", "Exchange2019", "exchange2013",
	"Exchange2013 ", "String", "string", "Strings", "Common", "common",
	"c11ff724-aa03-4555-9952-8fa248a11c3e", "{c11ff724-aa03-4555-9952-8fa248a11c3e}",
	"c11ff724aa0345559952c8fa248a11c3", "c11ff724-aa03-4555-9952-8fa248a11c3g",
	"2026-01-31T08:00:00", "2026-01-31", "2026-02-30T08:00:00Z", "2026-01-31T24:00:00",
	"2026-01-31T08:00:00+25:00", "PT1H", "P", "-P1D", "1D", "Seconds", "Minutes", "S-1-5", "a\nb",
	"a\r\nb", "a\tb",
}

// spot is a kind of place in a document.
type spot struct{ from, to int }

// spots finds the tags, names, values and texts of a document, roughly.
func spots(doc string) (tags, names, values, texts []spot) {
	for i := 0; i < len(doc); {
		if doc[i] != '<' {
			end := strings.IndexByte(doc[i:], '<')
			if end < 0 {
				end = len(doc) - i
			}
			texts = append(texts, spot{i, i + end})
			i += end
			continue
		}
		end := strings.IndexByte(doc[i:], '>')
		if end < 0 {
			break
		}
		end += i + 1
		tags = append(tags, spot{i, end})
		if n := strings.IndexAny(doc[i+1:end], " \t\r\n/>"); n > 0 {
			names = append(names, spot{i + 1, i + 1 + n})
		}
		for j := i; j < end; j++ {
			if q := doc[j]; q == '"' || q == '\'' {
				n := strings.IndexByte(doc[j+1:end], q)
				if n < 0 {
					break
				}
				values = append(values, spot{j + 1, j + 1 + n})
				j += n + 1
			}
		}
		i = end
	}
	return tags, names, values, texts
}

// splice replaces a part of a document, or what there is of it.
func splice(doc string, s spot, with string) string {
	return doc[:max(s.from, 0)] + with + doc[min(s.to, len(doc)):]
}

// mutants makes n mutants of the base requests, the same for the same seed.
func mutants(seed uint64, n int) []mutant {
	rnd := rand.New(rand.NewPCG(seed, 7))
	bases := baseRequests()
	all := make([]mutant, 0, n)
	for len(all) < n {
		base := bases[rnd.IntN(len(bases))]
		if rnd.IntN(8) == 0 {
			base = foreignLayout
		}
		kind, doc := mutate(rnd, base)
		if rnd.IntN(12) == 0 {
			var second string
			second, doc = mutate(rnd, doc)
			kind += "+" + second
		}
		all = append(all, mutant{kind, len(all), doc})
	}
	return all
}

// mutate makes one change and says which kind.
func mutate(rnd *rand.Rand, doc string) (kind, mutated string) {
	tags, names, values, texts := spots(doc)
	pick := func(all []spot) spot { return pickSpot(rnd, all) }
	fragment := fragments[rnd.IntN(len(fragments))]
	switch kind := rnd.IntN(20); kind {
	case 0:
		at := rnd.IntN(len(doc) + 1)
		return "cut", doc[:at]
	case 1:
		at := rnd.IntN(len(doc) + 1)
		return "insert", splice(doc, spot{at, at}, fragment)
	case 2:
		at := rnd.IntN(len(doc) + 1)
		return "delete", splice(doc, spot{at, at + 1}, "")
	case 3, 4:
		s := pick(names)
		return "after-name", splice(doc, spot{s.to, s.to}, fragment)
	case 5:
		s := pick(names)
		at := s.from + rnd.IntN(s.to-s.from+1)
		return "in-name", splice(doc, spot{at, at}, fragment)
	case 6:
		s := pick(values)
		at := s.from + rnd.IntN(s.to-s.from+1)
		return "in-value", splice(doc, spot{at, at}, fragment)
	case 7, 8:
		return "value", splice(doc, pick(values), replacements[rnd.IntN(len(replacements))])
	case 9:
		s := pick(texts)
		at := s.from + rnd.IntN(s.to-s.from+1)
		return "in-text", splice(doc, spot{at, at}, fragment)
	case 10:
		return "text", splice(doc, pick(texts), replacements[rnd.IntN(len(replacements))])
	case 11:
		return "drop-tag", splice(doc, pick(tags), "")
	case 12:
		s := pick(tags)
		return "double-tag", splice(doc, spot{s.to, s.to}, doc[s.from:s.to])
	case 13:
		a, b := pick(tags), pick(tags)
		return "replace-tag", splice(doc, a, doc[b.from:b.to])
	case 14:
		a, b := pick(names), pick(names)
		return "rename", splice(doc, a, doc[b.from:b.to])
	case 15:
		return "prefix", swapPrefix(doc, pick(names))
	case 16:
		s := pick(tags)
		return "after-tag", splice(doc, spot{s.to, s.to}, fragment)
	case 17:
		return "element", mutateElement(rnd, doc)
	case 18:
		s := pick(values)
		return "drop-value", splice(doc, spot{s.from - rnd.IntN(2), s.to + rnd.IntN(2)}, "")
	default:
		return mutateWhole(rnd, doc, fragment)
	}
}

// pickSpot picks one of the spots, if there are any.
func pickSpot(rnd *rand.Rand, all []spot) spot {
	if len(all) == 0 {
		return spot{}
	}
	return all[rnd.IntN(len(all))]
}

// swapPrefix swaps the prefixes m and t, or removes the prefix.
func swapPrefix(doc string, s spot) string {
	switch name := doc[s.from:s.to]; {
	case strings.HasPrefix(name, "m:"):
		return splice(doc, s, "t:"+name[2:])
	case strings.HasPrefix(name, "t:"):
		return splice(doc, s, "m:"+name[2:])
	default:
		_, local, _ := strings.Cut(name, ":")
		return splice(doc, s, local)
	}
}

// mutateElement removes, doubles, empties or moves an element.
func mutateElement(rnd *rand.Rand, doc string) string {
	tags, names, _, _ := spots(doc)
	for range min(20, 20*len(names)) {
		s := names[rnd.IntN(len(names))]
		name := doc[s.from:s.to]
		from := s.from - 1
		to := strings.Index(doc[from:], "</"+name+">")
		if to < 0 {
			to = strings.Index(doc[from:], "/>")
			if to < 0 {
				continue
			}
			to += from + 2
		} else {
			to += from + len(name) + 3
		}
		whole := doc[from:to]
		open := strings.IndexByte(whole, '>') + 1
		switch rnd.IntN(5) {
		case 0:
			return splice(doc, spot{from, to}, "")
		case 1:
			return splice(doc, spot{to, to}, whole)
		case 2:
			return splice(doc, spot{from, to}, whole[:open]+"</"+name+">")
		case 3:
			return splice(doc, spot{from, to}, "<"+name+"/>")
		default:
			at := tags[rnd.IntN(len(tags))].to
			if at <= from {
				return doc[:at] + whole + doc[at:from] + doc[to:]
			}
			if at >= to {
				return doc[:from] + doc[to:at] + whole + doc[at:]
			}
		}
	}
	return doc
}

// declarations replace the XML declaration.
var declarations = []string{
	"", " ", "\n", "x", "<?xml version=\"1.0\"?>", "<?xml version='1.0' ?>",
	"<?xml version='1.1'?>", "<?xml version=''?>", "<?xml version='1.0\"?>", "<?xml?>", "<?xml ?>",
	"<?xml >", "<?xml version='1.0'>", "<?xml version='1.0' encoding='utf-8'>",
	"<?xml version='1.0' encoding=''?>", "<?xml version='1.0' encoding='UTF-8'?>",
	"<?xml version='1.0' encoding='utf8'?>", "<?xml version='1.0' encoding='utf-16'?>",
	"<?xml version='1.0' encoding='us-ascii'?>", "<?xml version='1.0' encoding='iso-8859-1'?>",
	"<?xml version='1.0' encoding='windows-1252'?>", "<?xml version='1.0' encoding='x y'?>",
	"<?xml version='1.0' encoding='utf-32'?>", "<?xml encoding='utf-8' version='1.0'?>",
	"<?xml version='1.0' standalone='yes'?>",
	"<?xml version='1.0' standalone='no' encoding='utf-8'?>",
	"<?xml version='1.0' standalone='YES'?>",
	"<?xml version='1.0' encoding='utf-8' standalone='yes'?>",
	"<?xml version='1.0' encoding='utf-8' standalone='yes' x='1'?>",
	"<?xml version='1.0' version='1.0'?>", "<?xml version = '1.0' encoding\n=\n'utf-8'?>",
	"<?xml version='1.0'encoding='utf-8'?>",
	"<?xml version='1.0' encoding='utf-8'standalone='yes'?>", "<?xml version=1.0?>",
	"<?xml version '1.0'?>", "<?xml version='1.0' ? >",
	"<?xml version='1.0' encoding='utf-8'?><?xml version='1.0'?>",
	"<!-- c --><?xml version='1.0'?>", "<?xml\nversion='1.0'?>", "<?xml\tversion='1.0'\r\n?>",
	"<?xmlversion='1.0'?>", "<?XML version='1.0'?>", "<?xml version='1.&#48;'?>",
	"<?xml version='1.0' encoding='é'?>", "<?xml version='<'?>", "<!DOCTYPE soap:Envelope>",
	"<!DOCTYPE a [<!ENTITY b 'c'>]>", "<?x?>", "<?x:y?>", "\uFEFF", "\uFEFF\uFEFF",
	"<?xml version='1.0' Encoding='utf-8'?>", "<?xml version='1.0' q:encoding='utf-8'?>",
	"<?xml version='1.0'?", "<?xml version='1.0' encoding='utf-8' standalone='maybe'?>",
}

// mutateWhole changes a document as a whole: its beginning, its end, its encoding.
func mutateWhole(rnd *rand.Rand, doc, fragment string) (kind, mutated string) {
	switch rnd.IntN(6) {
	case 0:
		return "before", fragment + doc
	case 1:
		return "behind", doc + fragment
	case 2:
		if end := strings.Index(doc, "?>"); end > 0 {
			return "declaration", declarations[rnd.IntN(len(declarations))] + doc[end+2:]
		}
		return "declaration", declarations[rnd.IntN(len(declarations))] + doc
	case 3:
		return "bom", "\uFEFF" + doc
	case 4:
		return "utf16", toUTF16(strings.Replace(doc, "utf-8", "utf-16", 1), rnd.IntN(2) == 0, rnd.IntN(4) > 0)
	default:
		old := []string{"soap/envelope/", "2006/types", "2006/messages", "soap:Body", "soap:Envelope", "soap:Header"}
		return "names", strings.ReplaceAll(doc, old[rnd.IntN(len(old))], "soap:Other")
	}
}

// toUTF16 encodes a document in two bytes a unit.
func toUTF16(doc string, big, mark bool) string {
	if mark {
		doc = "\uFEFF" + doc
	}
	out := make([]byte, 0, 2*len(doc))
	for _, u := range utf16.Encode([]rune(doc)) {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return string(out)
}

// longMutants makes mutants of more than .NET reads at a time, with the damage near where one
// reading ends.
func longMutants(seed uint64, n int) []mutant {
	rnd := rand.New(rand.NewPCG(seed, 11))
	all := mutants(seed+1, n)
	for i := range all {
		doc := all[i].doc
		tags, _, _, _ := spots(doc)
		at := 0
		if len(tags) > 1 {
			at = tags[rnd.IntN(len(tags)-1)].to
		}
		length := 4096 - at - rnd.IntN(len(doc)-at+1) + rnd.IntN(20)
		if rnd.IntN(4) == 0 {
			length += 4096
		}
		pad := strings.Repeat("0123456 é\n", max(length, 0)/10+1)[:max(length, 0)]
		if rnd.IntN(2) == 0 {
			pad = "<!--" + pad + "-->"
		} else {
			pad = strings.Repeat(" \n", len(pad)/2)
		}
		all[i] = mutant{"long-" + all[i].kind, i, doc[:at] + pad + doc[at:]}
	}
	return all
}

// soupTokens are put together at random.
var soupTokens = []string{
	"<", ">", "/", "a", "b", "a:b", ":", "=", "'", "\"", "'1'", "\"2\"", " ", "\n", "\r\n", "\r",
	"\t", "&", ";", "#", "x", "&amp;", "&#65;", "<a>", "</a>", "<a/>", "<b ", "<a:b>", "</a:b>",
	" x='1'", " a:x='1'", " xmlns:a='u'", " xmlns='u'", " xml:lang='de'", "!", "?", "-", "--", "<!--",
	"-->", "<![CDATA[", "]]>", "]]", "<?", "?>", "<?p ", "xml", "<?xml version='1.0'?>",
	"<!DOCTYPE a>", "é", "\U0001F600", "\x00", "\x0B", "\uFFFE", "\xFF", "0", "1", ".", "_",
}

// soupMutants are no requests at all, or only just.
func soupMutants(seed uint64, n int) []mutant {
	rnd := rand.New(rand.NewPCG(seed, 13))
	all := make([]mutant, n)
	for i := range all {
		doc := []string{"", "<a>", "<a xmlns:a='u'>", "<a ", "<?xml ", "<a>\r\n x"}[rnd.IntN(6)]
		for range 1 + rnd.IntN(12) {
			doc += soupTokens[rnd.IntN(len(soupTokens))]
		}
		if rnd.IntN(2) == 0 {
			doc += "</a>"
		}
		all[i] = mutant{"soup", i, doc}
	}
	return all
}
