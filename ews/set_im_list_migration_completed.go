package ews

import "context"

// SetImListMigrationCompleted sets the flag that the mailbox's contact list has been moved into
// Exchange. Microsoft documents the operation as not intended for public use: Lync and Skype for
// Business Server set the flag when they migrate a user, and what else it does is not documented. Use
// it only to put right what they left.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/setimlistmigrationcompleted-operation
func (c *Client) SetImListMigrationCompleted(ctx context.Context, completed bool) error {
	const op = "SetImListMigrationCompleted"
	return c.Call(ctx, Operation{Name: op}, setImListMigrationCompleted{completed}, &plainResponse{op: op})
}

type setImListMigrationCompleted struct{ completed bool }

// AppendBody writes m:SetImListMigrationCompleted.
func (r setImListMigrationCompleted) AppendBody(dst []byte) ([]byte, error) {
	value := "false"
	if r.completed {
		value = "true"
	}
	dst = appendStart(dst, "SetImListMigrationCompleted")
	dst, err := appendString(dst, "ImListMigrationCompleted", "completed", value)
	return appendEnd(dst, "SetImListMigrationCompleted"), err
}
