package autodiscover

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-ews/exchange/internal/jsoninput"
	"github.com/go-ews/exchange/internal/oneline"
)

// version2 is the form of the protocol that responds in JSON and asks for no credentials.
//
// Its only documentation by Microsoft is the script Get-ProtocolEndpointViaAutoDv2.ps1 in
// https://github.com/microsoft/CSS-Exchange.
func version2(a address) *form {
	return &form{
		name:   "version 2",
		method: http.MethodGet,
		accept: "application/json",
		of:     a,
		parse:  parseVersion2,
	}
}

const version2Path = "/autodiscover/autodiscover.json"

// version2URL returns the URL of version 2 at a host.
func version2URL(host string, a address) *url.URL {
	return version2At(&url.URL{Scheme: "https", Host: host, Path: version2Path}, a)
}

// version2At returns the URL that asks a service for an address. The address is one element of the
// path, so that a slash or a question mark in it changes nothing.
func version2At(service *url.URL, a address) *url.URL {
	root := service.Path + "/v1.0/"
	return &url.URL{
		Scheme:   service.Scheme,
		Host:     service.Host,
		Path:     root + a.text,
		RawPath:  (&url.URL{Path: root}).EscapedPath() + url.PathEscape(a.text),
		RawQuery: "Protocol=EWS",
	}
}

// version2Response has the spellings of all servers; encoding/json ignores their case.
type version2Response struct {
	Protocol     jsonText        `json:"Protocol"`
	URL          string          `json:"Url"`
	ErrorCode    jsonText        `json:"ErrorCode"`
	ErrorMessage jsonText        `json:"ErrorMessage"`
	Message      jsonText        `json:"Message"`
	Error        json.RawMessage `json:"error"`
}

// parseVersion2 parses {"Protocol":"EWS","Url":"https://…"}. An error has any status, and one of the forms
//
//	{"ErrorCode":"…","ErrorMessage":"…"}
//	{"error":{"code":"…","message":"…"}}
//	{"Message":"…"}
func parseVersion2(body []byte) (*response, error) {
	if isHTML(body) {
		return nil, errHTML
	}
	var got version2Response
	if err := json.Unmarshal(jsoninput.Clean(body), &got); err != nil {
		return nil, errors.New("the response is no JSON of this protocol")
	}
	if refusal := got.refusal(); refusal != nil {
		return nil, refusal
	}
	switch {
	case got.URL == "":
		return nil, errors.New("the response names no URL")
	case got.Protocol != "" && !strings.EqualFold(string(got.Protocol), "EWS"):
		return nil, errors.New("the response is about the protocol " + oneline.Clip(string(got.Protocol), 20) + ", not about EWS")
	}
	return &response{endpoints: []endpoint{{url: got.URL}}}, nil
}

// refusal returns the server's error; nil if there is none.
func (v *version2Response) refusal() *ServerError {
	code, message := v.ErrorCode, v.ErrorMessage
	if len(v.Error) > 0 && string(v.Error) != "null" {
		nestedCode, nestedMessage := nestedError(v.Error)
		code, message = cmp.Or(nestedCode, code), cmp.Or(nestedMessage, message)
	}
	if v.URL == "" && message == "" {
		message = v.Message
	}
	if code == "" && message == "" {
		return nil
	}
	return &ServerError{Code: oneline.Clip(string(code), maxCode), Message: oneline.Clip(string(message), maxMessage)}
}

// nestedError returns code and message of the member "error", which is an object or a text.
func nestedError(b []byte) (code, message jsonText) {
	var nested struct {
		Code    jsonText `json:"code"`
		Message jsonText `json:"message"`
	}
	if json.Unmarshal(b, &nested) != nil {
		_ = json.Unmarshal(b, &message) // of any type; jsonText takes all of them
	}
	return nested.Code, cmp.Or(nested.Message, message)
}

// jsonText is a string, or a number or word that stands for one. Of an object it is the member
// "value", as OData writes messages.
type jsonText string

// UnmarshalJSON never fails: a value that is no text becomes "". It looks into one object and no
// deeper: encoding/json scans a value once more for each level that is decoded by a method.
func (t *jsonText) UnmarshalJSON(b []byte) error {
	if b[0] == '{' {
		var o struct {
			Value json.RawMessage `json:"value"`
		}
		_ = json.Unmarshal(b, &o) // b is an object
		b = o.Value
	}
	var s string
	switch {
	case json.Unmarshal(b, &s) == nil:
		*t = jsonText(s)
	case len(b) == 0 || b[0] == '{' || b[0] == '[':
		*t = ""
	default:
		*t = jsonText(b)
	}
	return nil
}
