package ldaptest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// pagingOf returns the control that asks for pages.
func pagingOf(packet *ber.Packet) *ldap.ControlPaging {
	if len(packet.Children) < 3 {
		return nil
	}
	for _, child := range packet.Children[2].Children {
		if control, err := ldap.DecodeControl(child); err == nil {
			if paging, ok := control.(*ldap.ControlPaging); ok {
				return paging
			}
		}
	}
	return nil
}

// pageOf returns the number of the page that a request asks for. The cookie has it, with the offset.
func pageOf(packet *ber.Packet) int {
	page := 0
	if copied, err := ber.DecodePacketErr(packet.Bytes()); err == nil {
		if paging := pagingOf(copied); paging != nil {
			first, _, _ := strings.Cut(string(paging.Cookie), " ")
			page, _ = strconv.Atoi(first)
		}
	}
	return page
}

// search writes the entries that a request finds, or a page of them.
func (s *session) search(packet *ber.Packet, r Request, fault *Fault) bool {
	found, exists := s.find(packet.Children[1])
	if !exists {
		return s.end(packet, ldap.ApplicationSearchResultDone, &Fault{Code: ldap.LDAPResultNoSuchObject, Words: "0000208D: NameErr"})
	}
	var controls []ldap.Control
	if paging := pagingOf(packet); paging != nil {
		_, offset, _ := strings.Cut(string(paging.Cookie), " ")
		begin, _ := strconv.Atoi(offset)
		size := int(paging.PagingSize)
		if s.options.MaxPage > 0 {
			size = min(size, s.options.MaxPage)
		}
		end := min(begin+size, len(found))
		next := ldap.NewControlPaging(0)
		if end < len(found) {
			next.SetCookie(fmt.Appendf(nil, "%d %d", r.Page+1, end))
		}
		if limit := s.options.SizeLimit; limit > 0 && end > limit {
			end, fault = max(begin, limit), &Fault{Code: ldap.LDAPResultSizeLimitExceeded, Words: "too many"}
		}
		found, controls = found[begin:end], append(controls, next)
	}
	for _, e := range found {
		if !s.write(packet, s.entry(e, r.Attributes)) {
			return false
		}
	}
	if fault.Refer != "" {
		reference := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultReference, nil, "")
		reference.AppendChild(octets(fault.Refer))
		s.write(packet, reference)
	}
	return s.end(packet, ldap.ApplicationSearchResultDone, fault, controls...)
}

// find returns the entries of a search, and whether its base exists.
func (s *session) find(op *ber.Packet) (found []Entry, exists bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	base := key(text(op.Children[0]))
	if scope, _ := op.Children[1].Value.(int64); scope == ldap.ScopeBaseObject {
		i, ok := s.byDN[base]
		if !ok {
			return nil, false
		}
		return s.entries[i : i+1], true
	}
	for _, e := range s.entries {
		if strings.HasSuffix(key(e.DN), base) && s.matches(e, op.Children[6]) {
			found = append(found, e)
		}
	}
	return found, true
}

// matches evaluates a filter.
func (s *session) matches(e Entry, filter *ber.Packet) bool {
	matches := func(f *ber.Packet) bool { return s.matches(e, f) }
	switch filter.Tag {
	case ldap.FilterAnd:
		return !slices.ContainsFunc(filter.Children, func(f *ber.Packet) bool { return !matches(f) })
	case ldap.FilterOr:
		return slices.ContainsFunc(filter.Children, matches)
	case ldap.FilterPresent:
		return len(e.Attributes[text(filter)]) > 0
	case ldap.FilterEqualityMatch:
		name, value := text(filter.Children[0]), text(filter.Children[1])
		if name == "memberOf" {
			i, ok := s.byDN[key(value)]
			return ok && s.options.MemberOf && slices.Contains(s.entries[i].Attributes["member"], e.DN)
		}
		return slices.ContainsFunc(e.Attributes[name], func(v string) bool { return strings.EqualFold(v, value) })
	}
	return false
}

// entry returns an entry with the attributes that were asked for.
func (s *session) entry(e Entry, attributes []string) *ber.Packet {
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultEntry, nil, "")
	op.AppendChild(octets(e.DN))
	list := ber.NewSequence("")
	for _, asked := range attributes {
		name, option, _ := strings.Cut(asked, ";")
		values := e.Attributes[name]
		if len(values) == 0 {
			continue
		}
		if name == "member" {
			asked, values = s.cut(list, option, values)
		}
		list.AppendChild(attribute(asked, values))
	}
	op.AppendChild(list)
	return op
}

// cut returns a range of members, as Active Directory does.
func (s *session) cut(list *ber.Packet, option string, values []string) (name string, part []string) {
	begin, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(option, "range="), "-*"))
	size := s.options.MaxValues
	switch {
	case size == 0 || option == "" && len(values) <= size:
		return "member", values
	case option == "":
		list.AppendChild(attribute("member", nil))
	}
	if begin+size >= len(values) {
		return fmt.Sprintf("member;range=%d-*", begin), values[min(begin, len(values)):]
	}
	return fmt.Sprintf("member;range=%d-%d", begin, begin+size-1), values[begin : begin+size]
}

func attribute(name string, values []string) *ber.Packet {
	a := ber.NewSequence("")
	a.AppendChild(octets(name))
	set := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
	for _, v := range values {
		set.AppendChild(octets(v))
	}
	a.AppendChild(set)
	return a
}
