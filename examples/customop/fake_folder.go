package main

import (
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/go-ews/exchange/ews/ewstest"
)

// handleGetFolder implements the operation for the in-process Exchange: it gets the request
// unchanged and returns the content of the response's soap:Body, where m and t are declared.
func handleGetFolder(r ewstest.Request) (string, error) {
	var request struct {
		Name struct {
			ID string `xml:"Id,attr"`
		} `xml:"Body>GetFolder>FolderIds>DistinguishedFolderId"`
	}
	if err := xml.Unmarshal(r.Body, &request); err != nil {
		return "", err
	}
	known := map[string]string{"inbox": "Inbox", "contacts": "Contacts", "quickcontacts": "Lync Contacts"}
	name, ok := known[request.Name.ID]
	if !ok {
		return getFolderBody("Error", `<m:MessageText>The specified folder could not be found in the store.`+
			`</m:MessageText><m:ResponseCode>ErrorFolderNotFound</m:ResponseCode><m:Folders/>`), nil
	}
	return getFolderBody("Success", `<m:ResponseCode>NoError</m:ResponseCode><m:Folders><t:Folder>`+
		`<t:FolderId Id="AAMkAD`+strings.ToUpper(request.Name.ID)+`" ChangeKey="AQAAAA=="/>`+
		`<t:DisplayName>`+name+`</t:DisplayName><t:TotalCount>3</t:TotalCount>`+
		`<t:ChildFolderCount>0</t:ChildFolderCount></t:Folder></m:Folders>`), nil
}

func getFolderBody(class, content string) string {
	return fmt.Sprintf(`<m:GetFolderResponse><m:ResponseMessages><m:GetFolderResponseMessage ResponseClass="%s">`+
		`%s</m:GetFolderResponseMessage></m:ResponseMessages></m:GetFolderResponse>`, class, content)
}
