package directory

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"

	"github.com/go-ews/exchange/ews"
)

// Codes of the operations of this package.
const (
	// ErrorNameResolutionNoResults: the directory has no such entry, or hides it.
	ErrorNameResolutionNoResults ews.ResponseCode = "ErrorNameResolutionNoResults"
	// ErrorNameResolutionMultipleResults: several groups have the name in the call of Expand.
	ErrorNameResolutionMultipleResults ews.ResponseCode = "ErrorNameResolutionMultipleResults"
	// ErrorFolderNotFound: the mailbox lacks a folder.
	ErrorFolderNotFound ews.ResponseCode = "ErrorFolderNotFound"
)

// call performs one of the three operations, all of which only read.
func call(ctx context.Context, client *ews.Client, op string, request any, response ews.Response) error {
	if client == nil {
		return errNilClient(op)
	}
	return client.Call(ctx, ews.Operation{Name: op, Read: true}, request, response)
}

func errNilClient(op string) error { return &ews.InputError{Op: op, Field: "client", Reason: "nil"} }

// message is a message of a response.
type message interface {
	Err() error
	lack() string // the element that a success must hold and this one lacks, "" if none
}

// decode decodes a response element into its fields, and refuses an unexpected number of messages,
// or a success that lacks its payload. Call reports an error of decoding as a malformed response.
func decode[R any, M message](
	d *xml.Decoder, start xml.StartElement, fields *R, messages *[]M, want int,
) error {
	if err := d.DecodeElement(fields, &start); err != nil {
		return err
	}
	refused := firstError(*messages) != nil
	if n := len(*messages); n != want && !refused {
		return fmt.Errorf("the response holds %d response messages of the operation instead of %d", n, want)
	}
	for _, m := range *messages {
		if element := m.lack(); element != "" && m.Err() == nil {
			return errors.New("the response says Success but holds no " + element)
		}
	}
	return nil
}

// firstError returns the first error that the messages report.
func firstError[M message](messages []M) error {
	for _, m := range messages {
		if err := m.Err(); err != nil {
			return err
		}
	}
	return nil
}

// viewRange is the part of a view that a response holds, the schema's FindResponsePagingAttributes.
type viewRange struct {
	Total int    `xml:"TotalItemsInView,attr"`
	Last  string `xml:"IncludesLastItemInRange,attr"`
}

// cut reports whether the view has more items than the n in the response.
func (r viewRange) cut(n int) bool { return r.Last == "false" || r.Last == "0" || r.Total > n }
