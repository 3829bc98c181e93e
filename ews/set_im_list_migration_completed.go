package ews

import (
	"context"
	"strconv"
)

// SetImListMigrationCompleted sets the flag that the mailbox's contact list has been moved into
// Exchange. Microsoft documents the operation as not intended for public use: Lync and Skype for
// Business Server set the flag when they migrate a user, and what else it does is not documented.
// Use it only to repair an incomplete migration.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/setimlistmigrationcompleted-operation
func (c *Client) SetImListMigrationCompleted(ctx context.Context, completed bool) error {
	return c.do(ctx, "SetImListMigrationCompleted", func(b body) body {
		return b.text("ImListMigrationCompleted", "completed", strconv.FormatBool(completed))
	})
}
