package ewstest

import (
	"strings"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/internal/dotnet"
	"github.com/go-ews/exchange/internal/mailaddress"
)

// Each operation is described at
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/NAME-operation.

// addImGroup refuses a name that a group has (ErrorImGroupDisplayNameAlreadyExists), and one group
// more than a list may have (ErrorImGroupLimitReached).
func (m *mailbox) addImGroup(request *dotnet.Element) (node, error) {
	return m.addNewGroup(m.nameIn(request, "DisplayName"), imgroup.UserGroup, "")
}

// addDistributionGroupToImList refuses a text that cannot be an address
// (ErrorInvalidImDistributionGroupSmtpAddress). Exchange looks the address up; here every address
// names a distribution group. One that the list has already is
// ErrorImGroupDisplayNameAlreadyExists.
func (m *mailbox) addDistributionGroupToImList(request *dotnet.Element) (node, error) {
	address := text(request, "SmtpAddress")
	if !isAddress(address) {
		return node{}, refuse(ews.ErrorInvalidImDistributionGroupSmtpAddress)
	}
	for _, g := range m.groups {
		same := g.kind == imgroup.DistributionGroup && strings.EqualFold(g.smtpAddress, address)
		if same && m.profile.holds("distribution-group-again") {
			return node{}, refuse(ews.ErrorImGroupDisplayNameAlreadyExists)
		}
	}
	return m.addNewGroup(m.nameIn(request, "DisplayName"), imgroup.DistributionGroup, address)
}

func (m *mailbox) addNewGroup(name string, kind imgroup.GroupType, smtpAddress string) (node, error) {
	if err := m.mayAdd(name); err != nil {
		return node{}, err
	}
	return m.addGroup(name, kind, smtpAddress).node("m:ImGroup", nil), nil
}

// setImGroup refuses the name that the group has already, too: that is the case of Microsoft's
// sample. A group that does not exist, or may not be renamed, is ErrorInvalidImGroupId.
func (m *mailbox) setImGroup(request *dotnet.Element) (node, error) {
	g, err := m.userGroup(request, m.unknownGroup())
	if err != nil {
		return node{}, err
	}
	name := m.nameIn(request, "NewDisplayName")
	other := m.groupNamed(name)
	if other != nil && (other != g || name == g.name || m.profile.holds("rename-case")) {
		return node{}, refuse(ews.ErrorImGroupDisplayNameAlreadyExists)
	}
	g.name = name
	m.touch(g)
	return node{}, nil
}

// removeImGroup refuses a group that does not exist, or may not be removed (ErrorInvalidImGroupId).
func (m *mailbox) removeImGroup(request *dotnet.Element) (node, error) {
	g, err := m.userGroup(request, ews.ErrorInvalidImGroupId)
	if err == nil {
		m.removeGroup(g)
	}
	return node{}, err
}

// removeDistributionGroupFromImList refuses any id but that of a distribution group of the list
// (ErrorItemNotFound).
func (m *mailbox) removeDistributionGroupFromImList(request *dotnet.Element) (node, error) {
	g, err := m.group(request, ews.ErrorItemNotFound)
	if err != nil {
		return node{}, err
	}
	if g.kind != imgroup.DistributionGroup {
		return node{}, refuse(ews.ErrorItemNotFound)
	}
	m.removeGroup(g)
	return node{}, nil
}

// setImListMigrationCompleted keeps the flag. Nothing else is documented.
func (m *mailbox) setImListMigrationCompleted(request *dotnet.Element) (node, error) {
	flag := text(request, "ImListMigrationCompleted")
	m.migrated = flag == "true" || flag == "1"
	return node{}, nil
}

// nameIn returns the name of a group in a request.
func (m *mailbox) nameIn(request *dotnet.Element, child string) string {
	name := text(request, child)
	if !m.profile.holds("names-kept") {
		name = strings.TrimSpace(name)
	}
	return name
}

// isAddress reports whether s could be an SMTP address.
func isAddress(s string) bool {
	local, _, ok := mailaddress.Split(s)
	return ok && !strings.Contains(local, "@") && !strings.ContainsAny(s, "<>,;")
}

// text returns the text of a child of the request's element, "" if it has no such child.
func text(request *dotnet.Element, name string) string {
	if e := request.Child(messagesSpace, name); e != nil {
		return e.Text
	}
	return ""
}
