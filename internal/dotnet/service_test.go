package dotnet

import (
	"encoding/xml"
	"strings"
	"testing"
)

// TestCheckService holds where recorded servers differ from .NET's verdict by the schemas alone.
func TestCheckService(t *testing.T) {
	t.Parallel()
	const request = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" ` +
		`xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" ` +
		`xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages">` +
		`<s:Header><t:RequestServerVersion Version="Exchange2013"/></s:Header>` +
		`<s:Body><m:GetImItemList/></s:Body></s:Envelope>`
	for _, test := range []struct {
		old, replacement string
		passes           bool
	}{
		{`<s:Envelope`, `<s:Envelope s:encodingStyle="x"`, true},
		{`<t:Request`, `<t:Request`, true},
		{`<t:RequestServerVersion`, `<t:RequestServerVersion s:mustUnderstand="0" s:actor=""`, true},
		{`<t:RequestServerVersion`, `<t:RequestServerVersion s:mustUnderstand="2"`, false},
		{`<m:GetImItemList`, `<m:GetImItemList s:actor="x"`, false},
		{`Exchange2013`, `Exchange2019`, true},
		{`Version="Exchange2013"`, ``, false},
		{`<m:GetImItemList/>`, `<m:GetImItemList>`, false},
	} {
		edited := []byte(strings.Replace(request, test.old, test.replacement, 1))
		root, violation := CheckService(edited, nil)
		if (violation == nil) != test.passes {
			t.Errorf("%s: %+v, passes: %t", test.replacement, violation, test.passes)
		}
		if root == nil || root.Name != (xml.Name{Space: soapSpace, Local: "Envelope"}) {
			t.Errorf("%s: root %+v, want the envelope, read in part or whole", test.replacement, root)
		}
		same := test.old == test.replacement
		if _, violation := Check(edited, nil); (violation == nil) != same {
			t.Errorf("%s: Check: %+v, want .NET's own verdict", test.replacement, violation)
		}
	}
}
