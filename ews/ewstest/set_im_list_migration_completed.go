package ewstest

import "github.com/go-ews/exchange/internal/dotnet"

// setImListMigrationCompleted keeps the flag. What else Exchange does is not documented.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/setimlistmigrationcompleted-operation
func (m *mailbox) setImListMigrationCompleted(request *dotnet.Element, _ *writer) error {
	switch text(request, "ImListMigrationCompleted") {
	case "true", "1":
		m.migrated = true
	default:
		m.migrated = false
	}
	return nil
}
