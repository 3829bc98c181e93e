package imsync

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// check returns a *[ConflictError] for each step that no list could fit, because a person has
// edited the plan, or another program has made it.
func (p Plan) check() (problems []error) {
	for _, s := range p.Steps {
		if reason := s.problem(); reason != "" {
			problems = append(problems, &ConflictError{s, reason})
		}
	}
	return problems
}

// problem returns why no list could fit the step, or "".
func (s Step) problem() string {
	switch s.Kind {
	case AddDistributionGroup, RemoveDistributionGroup:
		if contactKey(s.Address) == "" && (s.GroupID == "" || !s.Kind.Removes()) {
			return "the address is missing"
		}
		return s.badText()
	case AddContact, RemoveContact:
		if s.Contact.key() == "" {
			return "the address is missing"
		}
	case AddTelephone, RemoveTelephone:
		if telephoneKey(s.Telephone.Number) == "" {
			return "the number is missing"
		}
	case RenameGroup:
		if strings.TrimSpace(s.NewName) == "" {
			return "the new name is missing"
		}
	case AddGroup, RemoveGroup:
	default:
		return fmt.Sprintf("%s is no kind of step", quote(string(s.Kind)))
	}
	isFound := s.GroupID != "" && (s.Kind.Removes() || s.Kind == RenameGroup)
	if strings.TrimSpace(s.Group) == "" && !isFound {
		return "the name of the group is missing"
	}
	return s.badText()
}

// badText returns why XML cannot carry a text that the step would send, or "".
func (s Step) badText() string {
	if s.Kind.Removes() {
		return ""
	}
	texts := []string{
		s.Group, s.NewName, s.Address, s.Contact.Address, s.Contact.DisplayName,
		s.Telephone.Number, s.Telephone.TelURI, s.Telephone.SIPURI,
	}
	for _, text := range texts {
		if reason := badText(text); reason != "" {
			return quote(text) + " " + reason
		}
	}
	return ""
}

// badText returns why XML 1.0 cannot carry a text (section 2.2), or "". The client would refuse it
// too, but only after earlier steps were sent.
func badText(s string) string {
	if !utf8.ValidString(s) {
		return "is not valid UTF-8"
	}
	for i, r := range s {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return fmt.Sprintf("holds %U at byte %d, which XML cannot carry", r, i)
		}
	}
	return ""
}

// readDocument reads a plan, a record or a backup into a struct, unless it is of another version. A
// field that the struct lacks is an error: it belongs to another kind of document, or is
// misspelled. So a new field takes a new version, and the program then reads both.
func readDocument(data []byte, version int, into any) (found int, err error) {
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil || head.Version != version {
		return head.Version, inWords(err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return version, inWords(d.Decode(into))
}

// inWords returns an error of package json without the names of Go types.
func inWords(err error) error {
	if err == nil {
		return nil
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("a JSON %s cannot stand for %s", wrong.Value, cmp.Or(wrong.Field, "the document"))
	}
	return errors.New(strings.TrimPrefix(err.Error(), "json: "))
}
