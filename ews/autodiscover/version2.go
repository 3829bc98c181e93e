package autodiscover

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// version2 is the form of the protocol that answers in JSON, to anybody.
//
// Microsoft documents it by a script of its own only, Get-ProtocolEndpointViaAutoDv2.ps1 in
// https://github.com/microsoft/CSS-Exchange.
func version2(a address) *form {
	return &form{
		name:   "version 2",
		method: http.MethodGet,
		accept: "application/json",
		of:     a,
		read:   parseVersion2,
	}
}

// version2URL is where a host answers version 2. The address is one element of the path, so that a
// slash or a question mark in it changes nothing.
func version2URL(host string, a address) *url.URL {
	const root = "/autodiscover/autodiscover.json/v1.0/"
	return &url.URL{
		Scheme:   "https",
		Host:     host,
		Path:     root + a.text,
		RawPath:  root + url.PathEscape(a.text),
		RawQuery: "Protocol=EWS",
	}
}

// parseVersion2 reads {"Protocol":"EWS","Url":"https://…"}, or {"ErrorCode":…,"ErrorMessage":…}, which
// come with any status.
func parseVersion2(body []byte) (*answer, error) {
	if isHTML(body) {
		return nil, errHTML
	}
	var got struct {
		Protocol string `json:"Protocol"`
		URL      string `json:"Url"`
		Code     string `json:"ErrorCode"`
		Message  string `json:"ErrorMessage"`
	}
	// Some servers write "url", which encoding/json takes too.
	if err := json.Unmarshal(bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF")), &got); err != nil {
		return nil, errors.New("the answer is no JSON of this protocol")
	}
	switch {
	case got.Code != "":
		return nil, &ServerError{Code: clip(got.Code, 50), Message: clip(got.Message, 200)}
	case got.URL == "":
		return nil, errors.New("the answer names no URL")
	case got.Protocol != "" && !strings.EqualFold(got.Protocol, "EWS"):
		return nil, errors.New("the answer is about the protocol " + clip(got.Protocol, 20) + ", not about EWS")
	}
	return &answer{endpoints: []endpoint{{url: got.URL}}}, nil
}
