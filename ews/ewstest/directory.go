package ewstest

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/internal/dotnet"
	"github.com/go-ews/exchange/internal/storeid"
)

// Recipient is an entry of the directory; see [Server.SetDirectory].
type Recipient struct {
	Name    string   // display name
	Address string   // SMTP address
	Type    string   // Exchange's MailboxType; "": Mailbox, or PublicDL if it has Members or is Dynamic
	SIP     string   // address for instant messaging; "": none
	Members []string // of a group: addresses of entries, in the order of the response
	Dynamic bool     // a group that is a query
	Hidden  bool     // from the address lists; a group's members come all the same
}

func (r Recipient) mailboxType() string {
	if r.Type == "" && (r.Dynamic || len(r.Members) > 0) {
		return "PublicDL"
	}
	return cmp.Or(r.Type, "Mailbox")
}

// SetDirectory replaces the directory in which ExpandDL and ResolveNames search, which is empty
// at first. It belongs to no mailbox, and its people need none.
func (s *Server) SetDirectory(entries ...Recipient) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.directory = slices.Clone(entries)
}

// recipients returns the entries that are the one.
func (s *Server) recipients(is func(Recipient) bool) []Recipient {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.directory), func(r Recipient) bool { return !is(r) })
}

// lookup is an operation that reads something other than the list.
type lookup struct {
	argument func(*dotnet.Element) *dotnet.Element // the element of the request that says of what; nil: none
	run      func(*Server, *mailbox, *dotnet.Element) (*response, error)
}

// lookups has them by name. Nothing writes to it.
var lookups = map[string]lookup{
	"ExpandDL": {func(e *dotnet.Element) *dotnet.Element {
		return e.Child(messagesSpace, "Mailbox").Child(typesSpace, "EmailAddress")
	}, (*Server).expandDL},
	"GetFolder":    {func(e *dotnet.Element) *dotnet.Element { return e.Child(messagesSpace, "FolderIds") }, (*Server).getFolder},
	"ResolveNames": {func(e *dotnet.Element) *dotnet.Element { return e.Child(messagesSpace, "UnresolvedEntry") }, (*Server).resolveNames},
}

// look responds to one of lookups.
func (s *Server) look(m *mailbox, l lookup, c *call) *response {
	argument := l.argument(c.op)
	if argument == nil {
		return s.fault(&ews.Error{Code: ews.ErrorInvalidRequest})
	}
	resp, err := l.run(s, m, argument)
	if err != nil {
		return s.failed(c.Op, err)
	}
	return resp
}

// expandDL returns the members of one group.
func (s *Server) expandDL(_ *mailbox, group *dotnet.Element) (*response, error) {
	name := strings.TrimSpace(group.Text)
	found := s.recipients(func(r Recipient) bool {
		return r.mailboxType() == "PublicDL" && (strings.EqualFold(r.Address, name) || strings.EqualFold(r.Name, name)) &&
			(!r.Hidden || !s.opts.Profile.holds("expand-hidden"))
	})
	switch {
	case len(found) == 0:
		return nil, refuse("ErrorNameResolutionNoResults")
	case len(found) > 1:
		return nil, refuse("ErrorNameResolutionMultipleResults")
	}
	var members []node
	for _, address := range found[0].Members {
		for _, r := range s.recipients(func(r Recipient) bool { return strings.EqualFold(r.Address, address) }) {
			members = append(members, r.node())
		}
	}
	if found[0].Dynamic || found[0].Hidden {
		members = nil
	}
	return s.message("ExpandDL", "Success", leaf("m:ResponseCode", string(ews.NoError)),
		view("m:DLExpansion", members, len(members))), nil
}

// resolveNames returns the entries whose name or address begins with the text; after smtp: or sip:,
// those that have that address.
func (s *Server) resolveNames(_ *mailbox, entry *dotnet.Element) (*response, error) {
	text := strings.ToLower(strings.TrimSpace(entry.Text))
	found := s.recipients(func(r Recipient) bool {
		name, address, sip := strings.ToLower(r.Name), strings.ToLower(r.Address), strings.ToLower(r.SIP)
		return !r.Hidden && text != "" && (strings.HasPrefix(name, text) || strings.HasPrefix(address, text) ||
			text == "smtp:"+address || text == "sip:"+sip)
	})
	class, code := "Success", ews.NoError
	switch {
	case len(found) == 0:
		return nil, refuse("ErrorNameResolutionNoResults")
	case len(found) > 1:
		class, code = "Warning", "ErrorNameResolutionMultipleResults"
	}
	all := len(found)
	resolutions := each(found[:min(all, 100)], Recipient.resolution)
	return s.message("ResolveNames", class, optional("m:MessageText", s.messageOf(&ews.Error{Code: code})),
		leaf("m:ResponseCode", string(code)), view("m:ResolutionSet", resolutions, all)), nil
}

// getFolder returns the two folders that hold a list; others are not found. Without a mailbox, none
// is.
func (s *Server) getFolder(m *mailbox, ids *dotnet.Element) (*response, error) {
	code, counts := ews.ResponseCode("ErrorMissingEmailAddress"), map[string]int{}
	if m != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		code, counts["imcontactlist"], counts["quickcontacts"] = "ErrorFolderNotFound", 0, len(m.contacts)
		if m.used {
			counts["imcontactlist"] = len(m.groups)
		}
	}
	var messages []node
	for i, id := range ids.Children {
		name, _ := id.Attr("Id")
		count, ok := counts[name]
		if !ok {
			messages = append(messages, el("m:GetFolderResponseMessage",
				leaf("m:MessageText", s.messageOf(&ews.Error{Code: code})),
				leaf("m:ResponseCode", string(code)), leaf("m:DescriptiveLinkKey", "0"), el("m:Folders"),
			).with("ResponseClass", "Error"))
			continue
		}
		messages = append(messages, el("m:GetFolderResponseMessage", leaf("m:ResponseCode", string(ews.NoError)),
			el("m:Folders", el("t:ContactsFolder",
				idNode("t:FolderId", storeid.New(storeid.Item, m.guid, uint64(i)), storeid.NewChangeKey(storeid.FolderKey, m.changes)), //nolint:gosec // small
				leaf("t:DisplayName", name), leaf("t:TotalCount", strconv.Itoa(count)), leaf("t:ChildFolderCount", "0")))).
			with("ResponseClass", "Success"))
	}
	return s.respond(el("m:GetFolderResponse", el("m:ResponseMessages", messages...))), nil
}

// view returns what a response holds of all the items that there are.
func view(name string, items []node, all int) node {
	return el(name, items...).with("TotalItemsInView", strconv.Itoa(len(items)),
		"IncludesLastItemInRange", strconv.FormatBool(len(items) == all))
}

// node returns the entry, the schema's EmailAddressType.
func (r Recipient) node() node {
	return el("t:Mailbox", optional("t:Name", r.Name), leaf("t:EmailAddress", r.Address),
		leaf("t:RoutingType", "SMTP"), leaf("t:MailboxType", r.mailboxType()))
}

func (r Recipient) resolution() node {
	addresses := []node{leaf("t:Entry", "SMTP:"+r.Address, "Key", "EmailAddress1")}
	if r.SIP != "" {
		addresses = append(addresses, leaf("t:Entry", "sip:"+r.SIP, "Key", "EmailAddress2"))
	}
	return el("t:Resolution", r.node(), el("t:Contact", optional("t:DisplayName", r.Name),
		el("t:EmailAddresses", addresses...), leaf("t:ContactSource", "ActiveDirectory")))
}
