package ewstest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/internal/xmltest"
)

func expandDL(group string) string {
	return `<m:ExpandDL><m:Mailbox><t:EmailAddress>` + group + `</t:EmailAddress></m:Mailbox></m:ExpandDL>`
}

func resolveNames(entry string) string {
	return `<m:ResolveNames ReturnFullContactData="true"><m:UnresolvedEntry>` + entry + `</m:UnresolvedEntry></m:ResolveNames>`
}

func getFolder(names ...string) string {
	ids := ""
	for _, name := range names {
		ids += `<t:DistinguishedFolderId Id="` + name + `"/>`
	}
	return `<m:GetFolder><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape><m:FolderIds>` + ids +
		`</m:FolderIds></m:GetFolder>`
}

// withDirectory returns a server with a directory.
func withDirectory() *ewstest.Server {
	s := ewstest.NewServer(nil)
	s.SetDirectory(
		ewstest.Recipient{Name: "Anna", Address: "anna@contoso.com", SIP: "anna@sip.contoso.com"},
		ewstest.Recipient{Name: "Annette", Address: "annette@fabrikam.com", Type: "Contact"},
		ewstest.Recipient{Name: "Secret", Address: "secret@contoso.com", Hidden: true},
		ewstest.Recipient{Name: "Sales", Address: "sales@contoso.com", Members: []string{
			"ANNA@contoso.com", "secret@contoso.com", "query@contoso.com", "gone@contoso.com",
		}},
		ewstest.Recipient{Name: "Query", Address: "query@contoso.com", Dynamic: true, Members: []string{"anna@contoso.com"}},
		ewstest.Recipient{Name: "Twice", Address: "one@contoso.com", Type: "PublicDL"},
		ewstest.Recipient{Name: "Twice", Address: "two@contoso.com", Type: "PublicDL"},
	)
	return s
}

// addresses returns a summary of a response: its code, the addresses and types in it. The response
// itself goes into docs.
func addresses(t *testing.T, s *ewstest.Server, request string, docs map[string][]byte) string {
	t.Helper()
	reply := post(t, s, envelope(request))
	if reply.Status != 200 {
		t.Fatalf("%s: HTTP %d: %s", request, reply.Status, reply.Body)
	}
	docs[request] = []byte(reply.Body)
	n := reply.parse(t)
	out := []string{n.text("ResponseCode")}
	for _, m := range n.all("Mailbox") {
		out = append(out, m.text("EmailAddress")+" "+m.text("MailboxType"))
	}
	return strings.Join(out, ", ")
}

func TestDirectory_Expand(t *testing.T) {
	t.Parallel()
	s, docs := withDirectory(), map[string][]byte{}
	for group, want := range map[string]string{
		"sales@contoso.com": "NoError, anna@contoso.com Mailbox, secret@contoso.com Mailbox, query@contoso.com PublicDL",
		"SALES":             "NoError, anna@contoso.com Mailbox, secret@contoso.com Mailbox, query@contoso.com PublicDL",
		"query@contoso.com": "NoError",
		"one@contoso.com":   "NoError",
		"twice":             "ErrorNameResolutionMultipleResults",
		"anna@contoso.com":  "ErrorNameResolutionNoResults", // no group
		"nobody":            "ErrorNameResolutionNoResults",
	} {
		if diff := cmp.Diff(want, addresses(t, s, expandDL(group), docs)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", group, diff)
		}
	}
	xmltest.ValidateAll(t, docs)
}

func TestDirectory_Resolve(t *testing.T) {
	t.Parallel()
	s, docs := withDirectory(), map[string][]byte{}
	for entry, want := range map[string]string{
		"ann":                       "ErrorNameResolutionMultipleResults, anna@contoso.com Mailbox, annette@fabrikam.com Contact",
		"annette":                   "NoError, annette@fabrikam.com Contact",
		"smtp:anna@contoso.com":     "NoError, anna@contoso.com Mailbox",
		"sip:ANNA@sip.contoso.com":  "NoError, anna@contoso.com Mailbox",
		"sip:anna@contoso.com":      "ErrorNameResolutionNoResults",
		"secret":                    "ErrorNameResolutionNoResults",
		"smtp:anna@contoso.com.org": "ErrorNameResolutionNoResults",
	} {
		if diff := cmp.Diff(want, addresses(t, s, resolveNames(entry), docs)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", entry, diff)
		}
	}
	xmltest.ValidateAll(t, docs)

	var many []ewstest.Recipient
	for i := range 101 {
		many = append(many, ewstest.Recipient{Name: fmt.Sprintf("user %03d", i), Address: fmt.Sprintf("user%d@contoso.com", i)})
	}
	for n, want := range map[int]string{100: "true", 101: "false"} {
		s := ewstest.NewServer(nil)
		s.SetDirectory(many[:n]...)
		found := post(t, s, envelope(resolveNames("user"))).parse(t)
		set, count := found.find("ResolutionSet"), len(found.all("Resolution"))
		last := set.attr("IncludesLastItemInRange")
		if last != want || count != 100 || set.attr("TotalItemsInView") != "100" {
			t.Errorf("%d entries: %d candidates, %+v, want 100 and %s", n, count, set.Attrs, want)
		}
	}
}

func TestDirectory_Folders(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	docs := map[string][]byte{}
	counts := func() string {
		reply := post(t, s, envelope(getFolder("imcontactlist", "quickcontacts", "inbox")))
		docs[fmt.Sprint(len(docs))] = []byte(reply.Body)
		var out []string
		for _, m := range reply.parse(t).all("GetFolderResponseMessage") {
			out = append(out, m.text("ResponseCode")+" "+m.text("TotalCount"))
		}
		return strings.Join(out, ", ")
	}
	if got, want := counts(), "NoError 0, NoError 0, ErrorFolderNotFound "; got != want {
		t.Errorf("never used: %s, want %s", got, want)
	}
	s.Seed("", ewstest.Group{Name: "Friends", Members: []ewstest.Contact{{Address: "anna@contoso.com"}}})
	if got, want := counts(), "NoError 4, NoError 1, ErrorFolderNotFound "; got != want {
		t.Errorf("in use: %s, want %s", got, want)
	}
	xmltest.ValidateAll(t, docs)
}

// TestDirectory_Incomplete holds that a request without what it asks about is refused.
func TestDirectory_Incomplete(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"<m:ExpandDL/>", "<m:ResolveNames/>", "<m:GetFolder/>"} {
		reply := post(t, ewstest.NewServer(nil), envelope(op))
		if code := reply.parse(t).text("ResponseCode"); reply.Status != 500 || code != "ErrorInvalidRequest" {
			t.Errorf("%s: HTTP %d, %s", op, reply.Status, code)
		}
	}
}
