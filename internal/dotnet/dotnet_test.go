package dotnet

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func m(local string) xml.Name { return xml.Name{Space: messagesSpace, Local: local} }
func s(local string) xml.Name { return xml.Name{Space: soapSpace, Local: local} }

func attr(local, value string) xml.Attr {
	return xml.Attr{Name: xml.Name{Local: local}, Value: value}
}

func TestCheck_Tree(t *testing.T) {
	t.Parallel()
	request := envelopeOf("", "<m:SetImGroup><m:GroupId ChangeKey='k\t1' Id='a&amp;&#x62;'/>"+
		"<m:NewDisplayName xml:space='preserve'> R&lt;D <![CDATA[&]]><!-- x -->\r\n\U0001F600 </m:NewDisplayName>"+
		"</m:SetImGroup>")
	got, v := Check([]byte(request), nil)
	if v != nil {
		t.Fatalf("Check: %+v", v)
	}
	want := &Element{Name: s("Envelope"), Text: "\n\n\n", Children: []*Element{{
		Name: s("Body"), Text: "\n\n", Children: []*Element{{
			Name: m("SetImGroup"), Children: []*Element{
				{Name: m("GroupId"), Attrs: []xml.Attr{attr("ChangeKey", "k 1"), attr("Id", "a&b")}},
				{
					Name: m("NewDisplayName"), Text: " R<D &\n\U0001F600 ",
					Attrs: []xml.Attr{{Name: xml.Name{Space: xmlSpace, Local: "space"}, Value: "preserve"}},
				},
			},
		}},
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tree (-want +got):\n%s", diff)
	}
}

// The number of a reference has 31 bits on all platforms: a larger one must not wrap where an int
// has 32.
func TestCheck_NumberBeyond31Bits(t *testing.T) {
	t.Parallel()
	const name, id = "<m:AddImGroup><m:DisplayName>S%s</m:DisplayName></m:AddImGroup>",
		`<m:RemoveImGroup><m:GroupId Id="S%s"/></m:RemoveImGroup>`
	for _, number := range []string{
		"4294967361", "x100000041", "8589934657", "4294967360000000065", "18446744073709551681",
		"x10000000000000041", "2147483648", "x80000000",
	} {
		for _, body := range []string{name, id} {
			_, v := Check([]byte(envelopeOf("", strings.Replace(body, "%s", "&#"+number+";", 1))), nil)
			if v == nil || !strings.HasPrefix(v.Text, "Invalid value of a character entity reference.") {
				t.Errorf("&#%s; in %s: got %+v, want an invalid value", number, body, v)
			}
		}
	}
}

func TestElement_LookUp(t *testing.T) {
	t.Parallel()
	e := &Element{
		Attrs:    []xml.Attr{{Name: xml.Name{Space: "urn:x", Local: "Id"}, Value: "no"}, attr("Id", "1"), attr("Id", "2")},
		Children: []*Element{{Name: m("A")}, {Name: m("B"), Text: "first"}, {Name: m("B")}},
	}
	if got := e.Child(messagesSpace, "B"); got != e.Children[1] {
		t.Errorf("Child: got %+v, want the first B", got)
	}
	if got := e.Child(typesSpace, "B"); got != nil {
		t.Errorf("Child of another namespace: got %+v, want nil", got)
	}
	if id, ok := e.Attr("Id"); id != "1" || !ok {
		t.Errorf("Attr: got %q, %t, want the first without a namespace", id, ok)
	}
	if _, ok := e.Attr("ChangeKey"); ok {
		t.Error("Attr: found one that is not there")
	}
	var none *Element
	if _, ok := none.Child("", "x").Attr("y"); ok {
		t.Error("a nil element has an attribute")
	}
}

func TestCheck_BaseRequestsAreValid(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, request := range baseRequests() {
		root, v := Check([]byte(request), nil)
		if v != nil {
			t.Errorf("%+v in %s", v, request)
			continue
		}
		op := root.Child(soapSpace, "Body").Children[0].Name.Local
		seen[op] = true
		if !HasOperation(op) {
			t.Errorf("HasOperation(%s) = false", op)
		}
	}
	if len(seen) != 13 {
		t.Errorf("requests of %d operations, want 13", len(seen))
	}
}

func TestCheck_Accept(t *testing.T) {
	t.Parallel()
	const body = `<u:Ping xmlns:u="urn:corp"><soap:Body/>text<m:AddImGroup/></u:Ping>`
	request := []byte(envelopeOf("", body))
	_, v := Check(request, nil)
	want := &Violation{Line: 7, Position: 2, Text: "The 'urn:corp:Ping' element is not declared."}
	if diff := cmp.Diff(want, v); diff != "" {
		t.Errorf("accepted by none (-want +got):\n%s", diff)
	}
	var asked []xml.Name
	root, v := Check(request, func(op xml.Name) bool {
		asked = append(asked, op)
		return true
	})
	if v != nil {
		t.Fatalf("accepted, yet %+v", v)
	}
	if got := root.Child(soapSpace, "Body").Child("urn:corp", "Ping").Text; got != "text" {
		t.Errorf("text of the accepted element: %q", got)
	}
	if diff := cmp.Diff([]xml.Name{{Space: "urn:corp", Local: "Ping"}}, asked); diff != "" {
		t.Errorf("asked about (-want +got):\n%s", diff)
	}
}

func TestCheck_AcceptDoesNotSwitchOffTheThirteen(t *testing.T) {
	t.Parallel()
	_, v := Check([]byte(envelopeOf("", "<m:AddImGroup/>")), func(xml.Name) bool { return true })
	if v == nil {
		t.Error("an AddImGroup without a name was taken")
	}
}

func TestCheck_OperationsOfExchangeOutsideTheFamily(t *testing.T) {
	t.Parallel()
	root, v := Check([]byte(envelopeOf("", "<m:GetFolder><m:FolderShape/></m:GetFolder>")), nil)
	if v != nil {
		t.Fatalf("GetFolder: %+v", v)
	}
	op := root.Child(soapSpace, "Body").Children[0].Name
	if HasOperation(op.Local) || !InSchema(op) {
		t.Errorf("%s: HasOperation %t, InSchema %t, want false, true", op, HasOperation(op.Local), InSchema(op))
	}
	for _, name := range []string{"GetFoo", "Get", "GetFolder GetItem", ""} {
		if InSchema(xml.Name{Space: messagesSpace, Local: name}) {
			t.Errorf("InSchema takes %q, which is in no schema", name)
		}
	}
}

// The documented requests are read as .NET reads them; one of them lacks an element, as its page
// does.
func TestCheck_DocumentedRequests(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(referenceDir(t), "samples", "*", "request.xml"))
	if err != nil || len(files) < 12 {
		t.Fatalf("%d requests, %v", len(files), err)
	}
	for _, file := range files {
		op := filepath.Base(filepath.Dir(file))
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			request, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, v := Check(request, nil)
			if op != "AddDistributionGroupToImList" {
				if v != nil {
					t.Errorf("refused: %+v", v)
				}
				return
			}
			if v == nil || !strings.Contains(v.Text, "incomplete content") {
				t.Errorf("got %+v, want a complaint of the missing display name", v)
			}
		})
	}
}
