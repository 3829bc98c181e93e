package main

import (
	"context"
	"encoding/xml"
	"errors"

	"github.com/go-ews/exchange/ews"
)

// getFolderRequest is the body of a request. The prefixes m and t are declared by Call, so the tags
// write them as they are; the order of the fields is the schema's.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/getfolder-operation
type getFolderRequest struct {
	XMLName   xml.Name `xml:"m:GetFolder"`
	BaseShape string   `xml:"m:FolderShape>t:BaseShape"`
	ID        struct {
		Name string `xml:"Id,attr"`
	} `xml:"m:FolderIds>t:DistinguishedFolderId"`
}

// getFolderResponse is the body of a response. Its tags have the namespace instead of a prefix,
// which the server chooses; "ns A>B" means ns for both steps. Repeated elements are slices.
type getFolderResponse struct {
	XMLName  xml.Name           `xml:"http://schemas.microsoft.com/exchange/services/2006/messages GetFolderResponse"`
	Messages []getFolderMessage `xml:"http://schemas.microsoft.com/exchange/services/2006/messages ResponseMessages>GetFolderResponseMessage"`
}

type getFolderMessage struct {
	ews.ResponseMessage         // brings the response code, and Err
	Folders             folders `xml:"http://schemas.microsoft.com/exchange/services/2006/messages Folders"`
}

type folders struct {
	Folder []folder `xml:",any"` // Folder, ContactsFolder, …: the element differs by the kind of folder
}

type folder struct {
	ID struct {
		ID        string `xml:"Id,attr"`
		ChangeKey string `xml:"ChangeKey,attr"`
	} `xml:"http://schemas.microsoft.com/exchange/services/2006/types FolderId"`
	DisplayName      string `xml:"http://schemas.microsoft.com/exchange/services/2006/types DisplayName"`
	TotalCount       int    `xml:"http://schemas.microsoft.com/exchange/services/2006/types TotalCount"`
	ChildFolderCount int    `xml:"http://schemas.microsoft.com/exchange/services/2006/types ChildFolderCount"`
}

// Err makes the struct an [ews.Response]: Call returns its error.
func (r *getFolderResponse) Err() error {
	for i := range r.Messages {
		if err := r.Messages[i].Err(); err != nil {
			return err
		}
	}
	return nil
}

// getFolder fetches one of the folders that every mailbox has, by its distinguished name. The
// operations of the module look the same. With Read, Call may send the request again.
func getFolder(ctx context.Context, client *ews.Client, name string) (*folder, error) {
	req := &getFolderRequest{BaseShape: "Default"}
	req.ID.Name = name
	var resp getFolderResponse
	if err := client.Call(ctx, ews.Operation{Name: "GetFolder", Read: true}, req, &resp); err != nil {
		return nil, err
	}
	if len(resp.Messages) == 0 || len(resp.Messages[0].Folders.Folder) == 0 {
		return nil, errors.New("GetFolder: the response holds no folder")
	}
	return &resp.Messages[0].Folders.Folder[0], nil
}
