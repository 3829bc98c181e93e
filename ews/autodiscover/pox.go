package autodiscover

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"net/url"
)

// pox is the form of the protocol that responds in XML, as a rule only to the mailbox's own users.
func pox(a address) *form {
	return &form{
		name:        "POX",
		method:      http.MethodPost,
		body:        poxRequest(a.text),
		contentType: "text/xml; charset=utf-8",
		accept:      "text/xml",
		canHandle:   "ExHttpInfo", // since 2013 CU6, no EXHTTP without
		login:       true,
		of:          a,
		parse:       parsePOX,
	}
}

// poxURL returns the URL of POX at a host. Exchange compares paths without case; other products may
// not, and this is the documented spelling.
func poxURL(host string) *url.URL {
	return &url.URL{Scheme: "https", Host: host, Path: "/autodiscover/autodiscover.xml"}
}

// poxRequest asks for the response that Outlook gets. An X-MapiHttpCapability header would make the
// server leave the protocols out that name EWS.
func poxRequest(email string) []byte {
	const schema = "http://schemas.microsoft.com/exchange/autodiscover/outlook/"
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?>` + "\n" +
		`<Autodiscover xmlns="` + schema + `requestschema/2006"><Request><EMailAddress>`)
	_ = xml.EscapeText(&b, []byte(email)) // a bytes.Buffer never fails
	b.WriteString(`</EMailAddress><AcceptableResponseSchema>` + schema +
		`responseschema/2006a</AcceptableResponseSchema></Request></Autodiscover>`)
	return b.Bytes()
}
