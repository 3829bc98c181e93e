package directory

import (
	"context"
	"encoding/xml"
	"slices"
	"strings"

	"github.com/go-ews/exchange/ews"
)

// Resolution is the result of resolving a name.
type Resolution struct {
	Candidates []Candidate // at least one
	More       bool        // there are more candidates than the 100 that Exchange returns
}

// Candidate is an entry of the directory that a name may mean.
type Candidate struct {
	Mailbox

	DisplayName string
	GivenName   string
	Surname     string
	Company     string
	Department  string
	JobTitle    string

	// Addresses are all addresses with their prefixes: "SMTP:" the primary one, "smtp:" others,
	// "sip:" or "SIP:" that for instant messaging.
	Addresses []string

	IMAddresses []string // those for instant messaging, as they are stored
}

// SIPAddress returns the address for instant messaging without its prefix, "" if the entry has
// none.
func (c *Candidate) SIPAddress() string {
	for _, address := range append(slices.Clip(c.IMAddresses), c.Addresses...) {
		if scheme, bare, ok := strings.Cut(address, ":"); ok && strings.EqualFold(scheme, "sip") {
			return bare
		}
	}
	return ""
}

// Resolve looks a name up in the directory: the beginning of a display name, an alias, or an
// address; "smtp:anna@contoso.com" and "sip:anna@contoso.com" are that address and no other.
// Several candidates are no error.
//
// It returns the error [ErrorNameResolutionNoResults] if there is no candidate, and the errors of
// [ews.Client.Call].
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/resolvenames-operation
func Resolve(ctx context.Context, client *ews.Client, name string) (*Resolution, error) {
	if strings.TrimSpace(name) == "" {
		return nil, &ews.InputError{Op: "ResolveNames", Field: "name", Reason: "empty"}
	}
	req := &resolveNamesRequest{FullContact: true, Scope: "ActiveDirectory", Entry: name}
	var resp resolveNamesResponse
	if err := call(ctx, client, "ResolveNames", req, &resp); err != nil {
		return nil, err
	}
	set := resp.Messages[0].Set
	r := &Resolution{More: set.cut(len(set.Resolutions))}
	for _, entry := range set.Resolutions {
		r.Candidates = append(r.Candidates, entry.candidate())
	}
	return r, nil
}

// resolveNamesRequest is the body of a request.
type resolveNamesRequest struct {
	XMLName     xml.Name `xml:"m:ResolveNames"`
	FullContact bool     `xml:"ReturnFullContactData,attr"`
	Scope       string   `xml:"SearchScope,attr"`
	Entry       string   `xml:"m:UnresolvedEntry"`
}

// resolveNamesResponse is the body of a response.
type resolveNamesResponse struct {
	XMLName  xml.Name               `xml:"http://schemas.microsoft.com/exchange/services/2006/messages ResolveNamesResponse"`
	Messages []*resolveNamesMessage `xml:"http://schemas.microsoft.com/exchange/services/2006/messages ResponseMessages>ResolveNamesResponseMessage"`
}

// resolveNamesMessage is a Warning with ErrorNameResolutionMultipleResults if there are several
// candidates.
type resolveNamesMessage struct {
	ews.ResponseMessage

	Set *struct {
		viewRange

		Resolutions []resolution `xml:"http://schemas.microsoft.com/exchange/services/2006/types Resolution"`
	} `xml:"http://schemas.microsoft.com/exchange/services/2006/messages ResolutionSet"`
}

func (m *resolveNamesMessage) lack() string {
	switch {
	case m.Set == nil:
		return "m:ResolutionSet"
	case len(m.Set.Resolutions) == 0:
		return "t:Resolution"
	}
	return ""
}

// UnmarshalXML makes sure that there is one message.
func (r *resolveNamesResponse) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	type fields resolveNamesResponse
	return decode(d, start, (*fields)(r), &r.Messages, 1)
}

// Err makes the struct an [ews.Response].
func (r *resolveNamesResponse) Err() error { return firstError(r.Messages) }

// resolution is a candidate as it comes.
type resolution struct {
	Mailbox Mailbox `xml:"http://schemas.microsoft.com/exchange/services/2006/types Mailbox"`
	Contact struct {
		DisplayName string  `xml:"http://schemas.microsoft.com/exchange/services/2006/types DisplayName"`
		GivenName   string  `xml:"http://schemas.microsoft.com/exchange/services/2006/types GivenName"`
		Surname     string  `xml:"http://schemas.microsoft.com/exchange/services/2006/types Surname"`
		CompanyName string  `xml:"http://schemas.microsoft.com/exchange/services/2006/types CompanyName"`
		Department  string  `xml:"http://schemas.microsoft.com/exchange/services/2006/types Department"`
		JobTitle    string  `xml:"http://schemas.microsoft.com/exchange/services/2006/types JobTitle"`
		Email       entries `xml:"http://schemas.microsoft.com/exchange/services/2006/types EmailAddresses"`
		IM          entries `xml:"http://schemas.microsoft.com/exchange/services/2006/types ImAddresses"`
	} `xml:"http://schemas.microsoft.com/exchange/services/2006/types Contact"`
}

// entries is a dictionary whose keys count its values: EmailAddress1, EmailAddress2, ….
type entries struct {
	Values []string `xml:"http://schemas.microsoft.com/exchange/services/2006/types Entry"`
}

// trimmed returns the values that are not empty.
func (e entries) trimmed() []string {
	var values []string
	for _, v := range e.Values {
		if v = strings.TrimSpace(v); v != "" {
			values = append(values, v)
		}
	}
	return values
}

func (r *resolution) candidate() Candidate {
	c := &r.Contact
	return Candidate{
		Mailbox: r.Mailbox, DisplayName: c.DisplayName, GivenName: c.GivenName, Surname: c.Surname,
		Company: c.CompanyName, Department: c.Department, JobTitle: c.JobTitle,
		Addresses: c.Email.trimmed(), IMAddresses: c.IM.trimmed(),
	}
}
