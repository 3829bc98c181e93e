package directory

import (
	"context"
	"encoding/xml"

	"github.com/go-ews/exchange/ews"
)

// getFolderRequest is the body of a request.
type getFolderRequest struct {
	XMLName   xml.Name            `xml:"m:GetFolder"`
	BaseShape string              `xml:"m:FolderShape>t:BaseShape"`
	IDs       []distinguishedName `xml:"m:FolderIds>t:DistinguishedFolderId"`
}

type distinguishedName struct {
	ID string `xml:"Id,attr"`
}

// getFolderResponse is the body of a response: a message for each folder, in the order of the
// request.
type getFolderResponse struct {
	XMLName  xml.Name            `xml:"http://schemas.microsoft.com/exchange/services/2006/messages GetFolderResponse"`
	Messages []*getFolderMessage `xml:"http://schemas.microsoft.com/exchange/services/2006/messages ResponseMessages>GetFolderResponseMessage"`
}

type getFolderMessage struct {
	ews.ResponseMessage

	Folders struct {
		Folder []struct { // Folder, ContactsFolder, …: the element differs by the kind of folder
			TotalCount int `xml:"http://schemas.microsoft.com/exchange/services/2006/types TotalCount"`
		} `xml:",any"`
	} `xml:"http://schemas.microsoft.com/exchange/services/2006/messages Folders"`
}

func (m *getFolderMessage) lack() string {
	if len(m.Folders.Folder) == 0 {
		return "folder"
	}
	return ""
}

// UnmarshalXML makes sure that there is a message for each of the two folders.
func (r *getFolderResponse) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	type fields getFolderResponse
	return decode(d, start, (*fields)(r), &r.Messages, 2)
}

// Err returns the first error but that of a folder that the mailbox does not have.
func (r *getFolderResponse) Err() error {
	for _, m := range r.Messages {
		if err := m.Err(); err != nil && !isNoFolder(err) {
			return err
		}
	}
	return nil
}

// getFolders returns how many items two of the folders hold that have a name in every mailbox; 0
// for one that is not there.
func getFolders(ctx context.Context, client *ews.Client, first, second string) ([2]int, error) {
	req := &getFolderRequest{BaseShape: "Default", IDs: []distinguishedName{{first}, {second}}}
	var resp getFolderResponse
	if err := call(ctx, client, "GetFolder", req, &resp); err != nil {
		return [2]int{}, err
	}
	var counts [2]int
	for i, m := range resp.Messages {
		if len(m.Folders.Folder) > 0 {
			counts[i] = m.Folders.Folder[0].TotalCount
		}
	}
	return counts, nil
}
