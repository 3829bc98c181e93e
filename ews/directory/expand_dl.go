package directory

import (
	"context"
	"encoding/xml"

	"github.com/go-ews/exchange/ews"
)

// expandDLRequest is the body of a request.
type expandDLRequest struct {
	XMLName xml.Name `xml:"m:ExpandDL"`
	Mailbox struct {
		EmailAddress string      `xml:"t:EmailAddress,omitempty"`
		RoutingType  string      `xml:"t:RoutingType,omitempty"`
		ItemID       *itemIDAttr `xml:"t:ItemId"`
	} `xml:"m:Mailbox"`
}

type itemIDAttr struct {
	ID string `xml:"Id,attr"`
}

// expandDLResponse is the body of a response.
type expandDLResponse struct {
	XMLName  xml.Name           `xml:"http://schemas.microsoft.com/exchange/services/2006/messages ExpandDLResponse"`
	Messages []*expandDLMessage `xml:"http://schemas.microsoft.com/exchange/services/2006/messages ResponseMessages>ExpandDLResponseMessage"`
}

type expandDLMessage struct {
	ews.ResponseMessage

	Expansion *struct {
		viewRange

		Members []Mailbox `xml:"http://schemas.microsoft.com/exchange/services/2006/types Mailbox"`
	} `xml:"http://schemas.microsoft.com/exchange/services/2006/messages DLExpansion"`
}

func (m *expandDLMessage) lack() string {
	if m.Expansion == nil {
		return "m:DLExpansion"
	}
	return ""
}

// UnmarshalXML makes sure that there is one message.
func (r *expandDLResponse) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	type fields expandDLResponse
	return decode(d, start, (*fields)(r), &r.Messages, 1)
}

// Err makes the struct an [ews.Response].
func (r *expandDLResponse) Err() error { return firstError(r.Messages) }

// expandDL returns the members of a group, without those of nested groups, and whether there are
// more of them.
func expandDL(ctx context.Context, client *ews.Client, group Mailbox) ([]Mailbox, bool, error) {
	var req expandDLRequest
	req.Mailbox.EmailAddress, req.Mailbox.RoutingType = group.EmailAddress, group.RoutingType
	if group.EmailAddress == "" {
		req.Mailbox.ItemID = &itemIDAttr{group.ItemID}
	}
	var resp expandDLResponse
	if err := call(ctx, client, "ExpandDL", &req, &resp); err != nil {
		return nil, false, err
	}
	e := resp.Messages[0].Expansion
	return e.Members, e.cut(len(e.Members)), nil
}
