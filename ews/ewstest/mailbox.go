package ewstest

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/internal/dotnet"
	"github.com/go-ews/exchange/internal/storeid"
)

// The sizes of a list, Exchange's defaults.
const (
	maxGroups   = 64
	maxContacts = 1000
)

// mailbox is the list of one mailbox.
type mailbox struct {
	guid    storeid.GUID
	profile Profile

	mu       sync.Mutex
	groups   []*group // the built-in ones first
	contacts []*contact
	serial   uint64 // numbers objects
	changes  uint64 // numbers their versions
	used     bool   // a write has come
	migrated bool   // SetImListMigrationCompleted
}

// group is a group of the list. Its id stays, its change key changes with each rename and with each
// member that comes or goes.
type group struct {
	id, changeKey    string
	name             string
	kind             imgroup.GroupType
	smtpAddress      string     // of a distribution group
	members          []*contact // in the order in which they came
	created, changed time.Time
}

// newMailbox returns a mailbox with the three groups of every list, in the order of Microsoft's
// sample.
func newMailbox(name string, profile Profile) *mailbox {
	m := &mailbox{guid: storeid.NewGUID("mailbox " + name), profile: profile}
	m.addGroup("Other Contacts", imgroup.OtherContacts, "")
	m.addGroup("Tagged", imgroup.Tagged, "")
	m.addGroup("Favorites", imgroup.Favorites, "")
	return m
}

// operation is one of the 13: it reads the body's element, changes the mailbox, and returns the
// payload of the response.
type operation func(m *mailbox, request *dotnet.Element) (node, error)

// operations has the 13. Nothing writes to it.
var operations = map[string]operation{
	"AddImGroup":                        (*mailbox).addImGroup,
	"SetImGroup":                        (*mailbox).setImGroup,
	"RemoveImGroup":                     (*mailbox).removeImGroup,
	"AddImContactToGroup":               (*mailbox).addImContactToGroup,
	"RemoveImContactFromGroup":          (*mailbox).removeImContactFromGroup,
	"RemoveContactFromImList":           (*mailbox).removeContactFromImList,
	"AddNewImContactToGroup":            (*mailbox).addNewImContactToGroup,
	"AddNewTelUriContactToGroup":        (*mailbox).addNewTelURIContactToGroup,
	"AddDistributionGroupToImList":      (*mailbox).addDistributionGroupToImList,
	"RemoveDistributionGroupFromImList": (*mailbox).removeDistributionGroupFromImList,
	"GetImItemList":                     (*mailbox).getImItemList,
	"GetImItems":                        (*mailbox).getImItems,
	"SetImListMigrationCompleted":       (*mailbox).setImListMigrationCompleted,
}

// list returns the whole list as a client would decode it.
func (m *mailbox) list() *imgroup.ItemList {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := &imgroup.ItemList{Groups: make([]imgroup.ImGroup, len(m.shown()))}
	for i, g := range m.shown() {
		l.Groups[i] = g.imGroup()
	}
	for _, c := range m.contacts {
		l.Personas = append(l.Personas, c.persona())
	}
	return l
}

// shown returns the groups that a client sees.
func (m *mailbox) shown() []*group {
	if !m.used && !m.profile.holds("never-used") {
		return nil
	}
	return m.groups
}

// addGroup adds a group without asking whether the list may have it.
func (m *mailbox) addGroup(name string, kind imgroup.GroupType, smtpAddress string) *group {
	g := &group{id: m.newItemID(), name: name, kind: kind, smtpAddress: smtpAddress, created: time.Now().UTC()}
	m.touch(g)
	m.groups = append(m.groups, g)
	return g
}

// mayAdd refuses another group of that name: it exists, or the list is full.
func (m *mailbox) mayAdd(name string) error {
	if m.groupNamed(name) != nil {
		return refuse(ews.ErrorImGroupDisplayNameAlreadyExists)
	}
	count := 0
	for _, g := range m.groups {
		if !g.kind.BuiltIn() || !m.profile.holds("limit-built-in") {
			count++
		}
	}
	if count >= maxGroups {
		return refuse(ews.ErrorImGroupLimitReached)
	}
	return nil
}

// groupNamed returns the group of that name, nil if there is none.
func (m *mailbox) groupNamed(name string) *group {
	same := strings.EqualFold
	if !m.profile.holds("names-fold") {
		same = func(a, b string) bool { return a == b }
	}
	return find(m.groups, func(g *group) bool {
		return same(g.name, name) && (!g.kind.BuiltIn() || m.profile.holds("names-built-in"))
	})
}

// find returns the first of a list that is the one, nil if there is none.
func find[T any](list []*T, is func(*T) bool) *T {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return list[i]
	}
	return nil
}

// group returns the group that the request's GroupId names. Which code an id gets that no group has
// differs between operations.
func (m *mailbox) group(request *dotnet.Element, unknown ews.ResponseCode) (*group, error) {
	id, key, err := m.idIn(request, "GroupId", unknown)
	if err != nil {
		return nil, err
	}
	g := find(m.groups, func(g *group) bool { return g.id == id })
	if g == nil {
		return nil, refuse(unknown)
	}
	return g, m.checkKey(key, g.changeKey)
}

// userGroup is group for operations that take neither built-in nor distribution groups.
func (m *mailbox) userGroup(request *dotnet.Element, unknown ews.ResponseCode) (*group, error) {
	g, err := m.group(request, unknown)
	if err == nil && (g.kind == imgroup.DistributionGroup && m.profile.holds("distribution-groups") ||
		g.kind.BuiltIn() && m.profile.holds("built-in-fixed")) {
		return nil, refuse(ews.ErrorInvalidImGroupId)
	}
	return g, err
}

// unknownGroup returns the code for the id of no group where Microsoft documents none.
func (m *mailbox) unknownGroup() ews.ResponseCode {
	if m.profile.holds("unknown-group") {
		return ews.ErrorInvalidImGroupId
	}
	return ews.ErrorItemNotFound
}

// target returns the group that a contact is to be put into: the one that the request's GroupId
// names, without one Other Contacts; nil for none.
func (m *mailbox) target(request *dotnet.Element, unknown ews.ResponseCode) (*group, error) {
	switch {
	case request.Child(messagesSpace, "GroupId") != nil:
	case m.profile.holds("ungrouped"):
		return find(m.groups, func(g *group) bool { return g.kind == imgroup.OtherContacts }), nil
	default:
		return nil, nil
	}
	g, err := m.group(request, unknown)
	if err == nil && g.kind == imgroup.DistributionGroup && m.profile.holds("distribution-group-members") {
		return nil, refuse(unknown)
	}
	return g, err
}

// removeGroup takes a group out of the list, and the contacts that no other group has.
func (m *mailbox) removeGroup(g *group) {
	m.groups = slices.DeleteFunc(m.groups, func(other *group) bool { return other == g })
	m.dropOrphans()
}

// touch sets a new change key.
func (m *mailbox) touch(g *group) {
	m.changes++
	g.changeKey = storeid.NewChangeKey(storeid.GroupKey, m.changes)
	g.changed = time.Now().UTC()
}

// newItemID returns the id for a new group or contact.
func (m *mailbox) newItemID() string {
	m.serial++
	return storeid.New(storeid.Item, m.guid, m.serial)
}

// imGroup returns the group as a client sees it.
func (g *group) imGroup() imgroup.ImGroup {
	out := imgroup.ImGroup{
		DisplayName: g.name, GroupType: g.kind, SMTPAddress: g.smtpAddress,
		ExchangeStoreID: imgroup.GroupID{ID: g.id, ChangeKey: g.changeKey},
	}
	for _, c := range g.members {
		out.Members = append(out.Members, imgroup.ContactID{ID: c.id, ChangeKey: storeid.NewChangeKey(storeid.ContactKey, 0)})
	}
	return out
}
