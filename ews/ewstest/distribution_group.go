package ewstest

import (
	"strings"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/internal/dotnet"
)

// addDistributionGroupToImList answers ErrorInvalidImDistributionGroupSmtpAddress for what is no
// address. Exchange looks the address up; here every address is one of a distribution group. One
// that the list has already is ErrorImGroupDisplayNameAlreadyExists, whatever its name is now.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/adddistributiongrouptoimlist-operation
func (m *mailbox) addDistributionGroupToImList(request *dotnet.Element, payload *writer) error {
	address, name := text(request, "SmtpAddress"), text(request, "DisplayName")
	if !isAddress(address) {
		return refuse(ews.ErrorInvalidImDistributionGroupSmtpAddress)
	}
	for _, g := range m.groups {
		if g.kind == imgroup.DistributionGroup && sameName(g.smtpAddress, address) {
			return refuse(ews.ErrorImGroupDisplayNameAlreadyExists)
		}
	}
	if err := m.mayAdd(name); err != nil {
		return err
	}
	payload.group("m:ImGroup", m.addGroup(name, imgroup.DistributionGroup, address), nil)
	return nil
}

// removeDistributionGroupFromImList answers ErrorItemNotFound for whatever is no distribution group
// of the list.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/removedistributiongroupfromimlist-operation
func (m *mailbox) removeDistributionGroupFromImList(request *dotnet.Element, _ *writer) error {
	g, err := m.group(request.Child(messagesSpace, "GroupId"), ews.ErrorItemNotFound)
	if err != nil {
		return err
	}
	if g.kind != imgroup.DistributionGroup {
		return refuse(ews.ErrorItemNotFound)
	}
	m.removeGroup(g)
	return nil
}

// isAddress reports whether s could be an SMTP address.
func isAddress(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && domain != "" && !strings.ContainsAny(s, " \t\r\n<>,;") &&
		!strings.Contains(domain, "@")
}
