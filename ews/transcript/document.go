package transcript

import (
	_ "embed" // for the lists
	"regexp"
	"slices"
	"strings"
)

//go:embed names.txt
var namesFile string

//go:embed words.txt
var wordsFile string

// Nothing writes to the lists: names of elements and attributes, and the words of Exchange's
// messages in lower case.
var names, words = setOf(namesFile), setOf(wordsFile)

func setOf(list string) map[string]bool {
	set := map[string]bool{}
	for s := range strings.FieldsSeq(list) {
		set[s] = true
	}
	return set
}

// values has what an element or an attribute of that name may hold unchanged. Nothing writes to it.
var values = compile(map[string]string{
	`(Error[A-Za-z]{3,80}|NoError|Client|Server|VersionMismatch|MustUnderstand|ActionNotSupported)`: "ResponseCode faultcode InnerErrorResponseCode",
	`[0-9]{1,9}`: "LineNumber LinePosition BackOffMilliseconds TotalCount ChildFolderCount UnreadCount TotalItemsInView " +
		"MajorVersion MinorVersion MajorBuildNumber MinorBuildNumber DescriptiveLinkKey RelevanceScore",
	`true|false`:            "IsQuickContact IsHidden IsWritable IncludesLastItemInRange ImListMigrationCompleted ReturnFullContactData nil",
	`Success|Warning|Error`: "ResponseClass",
	`Exchange20[01][0-9](_SP[12])?|V20[12][0-9](_[01][0-9]_[0-3][0-9])?|1\.[01]`:                       "Version version",
	`IPM\.DistList\.MOC\.(UserGroup|OtherContacts|Tagged|Favorites|DG)`:                                "GroupType",
	`Person|Unknown|DistributionList|Room`:                                                             "PersonaType",
	`Unknown|OneOff|Mailbox|PublicDL|PrivateDL|Contact|PublicFolder|GroupMailbox|ImplicitContact|User`: "MailboxType",
	`SMTP|EX`:                      "RoutingType",
	`ActiveDirectory|Store`:        "ContactSource",
	`ActiveDirectory(Contacts)?`:   "SearchScope",
	`IdOnly|Default|AllProperties`: "BaseShape",
	`(E|I)m(ail|)Address[0-9]`:     "Key",
	`[a-z]{2}(-[A-Z]{2})?`:         "lang MailboxCulture",
	`(?i)utf-(8|16)|us-ascii`:      "encoding charset",
	`20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](\.[0-9]{1,7})?Z?`:                      "CreationTime",
	`BackOffMilliseconds|LineNumber|LinePosition|Violation|MailboxGuid|InnerError(ResponseCode|MessageText)`: "Name",
	`http://(schemas\.(microsoft\.com/exchange/(services/2006/(types|messages|errors)|autodiscover/(outlook/)?(request|response)schema/2006a?)|` +
		`xmlsoap\.org/soap/(envelope|encoding)/)|www\.w3\.org/(2001/XMLSchema(-instance)?|1999/xhtml|2003/05/soap-envelope))`: "xmlns encodingStyle",
	`(Application|Binary|Boolean|CLSID|Currency|Double|Float|Integer|Long|Object|Short|String|SystemTime)(Array)?`: "PropertyType",
	`0x[0-9A-Fa-f]{1,4}`: "PropertyTag",
})

func compile(patterns map[string]string) map[string]*regexp.Regexp {
	byName := map[string]*regexp.Regexp{}
	for pattern, of := range patterns {
		compiled := regexp.MustCompile(`^\s*(?:` + pattern + `)\s*$`)
		for name := range strings.FieldsSeq(of) {
			byName[name] = compiled
		}
	}
	return byName
}

// folders are the names that DistinguishedFolderId's Id may have unchanged.
var folders = regexp.MustCompile(`^(inbox|contacts|quickcontacts|imcontactlist|msgfolderroot|root)$`)

// prose has the elements that hold sentences.
var prose = setOf("MessageText faultstring Message Violation InnerErrorMessageText ErrorMessage Reason Text reason " +
	"title h1 h2 h3 p td th div span body pre li a b strong em center fieldset label dd dt")

// isCommon reports whether a word of a sentence may stay: a common one, a name of the schema, a
// code, a short number.
func isCommon(word string) bool {
	if word[0] >= '0' && word[0] <= '9' {
		return len(word) <= 4 && strings.Trim(word, "0123456789") == ""
	}
	return words[strings.ToLower(word)] || names[word] || values["ResponseCode"].MatchString(word)
}

// document scrubs a document, be it XML, a page, or neither.
type document struct {
	*scrubber

	keep func(word string) bool // words that stay everywhere
	dst  []byte
	open []string // names of the elements that stand open
	of   string   // in an element Value: its Name, if that is known
}

// scrub returns the document with everything replaced that is not known to be harmless.
func (d *document) scrub(raw string) ([]byte, error) {
	d.dst = make([]byte, 0, len(raw))
	for raw != "" {
		n := strings.IndexByte(raw, '<')
		if n < 0 {
			n = len(raw)
		}
		if err := d.content(raw[:n]); err != nil {
			return nil, err
		}
		raw = raw[n:]
		if raw == "" {
			break
		}
		n, err := d.markup(raw)
		if err != nil {
			return nil, err
		}
		raw = raw[n:]
	}
	return d.dst, nil
}

// content scrubs character data by the element that holds it.
func (d *document) content(raw string) error {
	name := ""
	if len(d.open) > 0 {
		name = d.open[len(d.open)-1]
	}
	if name == "Value" && d.of != "" {
		name = d.of
	}
	if name == "faultcode" {
		rest, err := d.prefix(raw)
		if err != nil {
			return err
		}
		raw = rest
	}
	if p := values[name]; p != nil && p.MatchString(raw) {
		d.dst = append(d.dst, raw...)
		return nil
	}
	return d.words(raw, prose[name])
}

// prefix scrubs the prefix of a qualified name as it is scrubbed in the names of elements, and returns
// what follows it.
func (d *document) prefix(raw string) (rest string, err error) {
	begin := space(raw)
	end := begin + nameIn(raw[begin:])
	end = begin + strings.IndexByte(raw[begin:end], ':') + 1
	d.dst = append(d.dst, raw[:begin]...)
	if end > begin {
		err = d.name(raw[begin:end])
	}
	return raw[end:], err
}

// words scrubs a text.
func (d *document) words(raw string, sentence bool) error {
	keep := d.keep
	if sentence {
		keep = func(word string) bool { return isCommon(word) || d.keep(word) }
	}
	dst, err := d.text(d.dst, raw, keep)
	if err == nil {
		d.dst = dst
	}
	return err
}

// brackets are the kinds of markup that end in something else than ">" alone.
var brackets = [...]struct{ begin, end string }{{"<!--", "-->"}, {"<![CDATA[", "]]>"}}

// markup scrubs the markup with which raw begins and returns its length.
func (d *document) markup(raw string) (int, error) {
	for _, b := range brackets {
		if !strings.HasPrefix(raw, b.begin) {
			continue
		}
		end := strings.Index(raw, b.end)
		if end < 0 {
			end = len(raw)
		}
		d.dst = append(d.dst, b.begin...)
		inside := raw[len(b.begin):max(end, len(b.begin))]
		if b.begin == "<!--" {
			return len(b.begin) + len(inside), d.words(inside, false)
		}
		return len(b.begin) + len(inside), d.content(inside)
	}
	return d.tag(raw)
}

// tag scrubs a start tag, an end tag, or a declaration.
func (d *document) tag(raw string) (int, error) {
	d.dst = append(d.dst, '<')
	at := 1
	end := false
	if at < len(raw) && strings.IndexByte("/?!", raw[at]) >= 0 {
		end = raw[at] == '/'
		d.dst = append(d.dst, raw[at])
		at++
	}
	n := nameIn(raw[at:])
	name := local(raw[at : at+n])
	if err := d.name(raw[at : at+n]); err != nil {
		return 0, err
	}
	at += n
	d.of = ""
	for at < len(raw) && raw[at] != '>' && raw[at] != '<' {
		n, err := d.attribute(raw[at:], name)
		if err != nil {
			return 0, err
		}
		at += n
	}
	switch {
	case end:
		d.close(name)
	case n > 0 && raw[1] != '?' && raw[1] != '!' && raw[at-1] != '/' && len(d.open) < 256:
		d.open = append(d.open, name)
	}
	if at < len(raw) && raw[at] == '>' {
		d.dst = append(d.dst, '>')
		at++
	}
	return at, nil
}

// close removes the innermost element of that name, and those in it, from those that stand open.
func (d *document) close(name string) {
	for i, open := range slices.Backward(d.open) {
		if open == name {
			d.open = d.open[:i]
			return
		}
	}
}

// attribute scrubs the next attribute of a tag with its value, or one character.
func (d *document) attribute(raw, element string) (int, error) {
	n := nameIn(raw)
	if n == 0 {
		return d.literal(raw)
	}
	name := raw[:n]
	if err := d.name(name); err != nil {
		return 0, err
	}
	at := n + space(raw[n:])
	if at >= len(raw) || raw[at] != '=' {
		return n, nil
	}
	at++
	at += space(raw[at:])
	d.dst = append(d.dst, raw[n:at]...)
	if at >= len(raw) || raw[at] != '"' && raw[at] != '\'' {
		return at, nil
	}
	quote := raw[at]
	d.dst = append(d.dst, quote)
	at++
	end := strings.IndexByte(raw[at:], quote)
	if end < 0 {
		end = len(raw) - at
	}
	if err := d.value(element, name, raw[at:at+end]); err != nil {
		return 0, err
	}
	at += end
	if at < len(raw) {
		d.dst = append(d.dst, quote)
		at++
	}
	return at, nil
}

// value scrubs the value of an attribute.
func (d *document) value(element, attribute, raw string) error {
	name := local(attribute)
	if strings.HasPrefix(attribute, "xmlns:") {
		name = "xmlns"
	}
	pattern := values[name]
	if element == "DistinguishedFolderId" && name == "Id" {
		pattern = folders
	}
	if pattern == nil || !pattern.MatchString(raw) {
		return d.words(raw, false)
	}
	if element == "Value" && name == "Name" {
		d.of = raw
	}
	d.dst = append(d.dst, raw...)
	return nil
}

// literal scrubs white space in a tag, or a word that is no attribute.
func (d *document) literal(raw string) (int, error) {
	n, of := unit(raw)
	if !of {
		d.dst = append(d.dst, raw[:n]...)
		return n, nil
	}
	n, _ = wordIn(raw)
	return n, d.words(raw[:n], false)
}

// name scrubs the name of an element or an attribute.
func (d *document) name(raw string) error {
	for i, part := range strings.SplitAfter(raw, ":") {
		if names[strings.TrimSuffix(part, ":")] || i == 0 && part == "xmlns:" {
			d.dst = append(d.dst, part...)
			continue
		}
		if err := d.words(part, false); err != nil {
			return err
		}
	}
	return nil
}

// nameIn returns the length of the name with which raw begins.
func nameIn(raw string) int {
	return len(raw) - len(strings.TrimLeftFunc(raw, func(r rune) bool {
		return isWord(r) || r == '_' || r == '-' || r == '.' || r == ':'
	}))
}

// space returns the length of the white space with which raw begins.
func space(raw string) int { return len(raw) - len(strings.TrimLeft(raw, " \t\r\n")) }

func local(name string) string { return name[strings.LastIndexByte(name, ':')+1:] }
