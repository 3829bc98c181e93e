package ewstest_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
)

// The tests in this file hold the rules that are recorded of real servers, in the forms of the
// threads that rules.tsv names.

const (
	typesNamespace  = "http://schemas.microsoft.com/exchange/services/2006/types"
	errorsNamespace = "http://schemas.microsoft.com/exchange/services/2006/errors"
)

// TestRecorded_Texts reads from the rules which words go with a code.
func TestRecorded_Texts(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	count := 0
	for _, r := range ewstest.Rules() {
		if r.Test != "TestRecorded_Texts" {
			continue
		}
		m := regexp.MustCompile(`^(Error\w+) is a (fault|message) and says "(.+)"\.$`).FindStringSubmatch(r.Text)
		if m == nil {
			t.Errorf("%s: no rule about a text: %s", r.ID, r.Text)
			continue
		}
		count++
		want := failure{Status: 200, Class: "Error", Code: m[1], Message: m[3]}
		if m[2] == "fault" {
			want = failure{Status: 500, Fault: true, Code: m[1], Message: m[3]}
		}
		s.Fail("AddImGroup", ews.ResponseCode(m[1]))
		if diff := cmp.Diff(want, readFailure(t, post(t, s, envelope(addImGroup("x"))))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", r.ID, diff)
		}
	}
	if count < 20 {
		t.Errorf("%d texts, want 20 or more", count)
	}
}

func TestRecorded_FaultForm(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	s.Fail("", &ews.Error{Code: ews.ErrorServerBusy, Details: map[string]string{"BackOffMilliseconds": "178510"}})
	got := post(t, s, envelope(addImGroup("x")))
	const text = "The server cannot service this request right now. Try again later."
	want := `<?xml version="1.0" encoding="utf-8"?>` +
		`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>` +
		`<faultcode xmlns:a="` + typesNamespace + `">a:ErrorServerBusy</faultcode>` +
		`<faultstring xml:lang="en-US">` + text + `</faultstring><detail>` +
		`<e:ResponseCode xmlns:e="` + errorsNamespace + `">ErrorServerBusy</e:ResponseCode>` +
		`<e:Message xmlns:e="` + errorsNamespace + `">` + text + `</e:Message>` +
		`<t:MessageXml xmlns:t="` + typesNamespace + `"><t:Value Name="BackOffMilliseconds">178510</t:Value></t:MessageXml>` +
		`</detail></s:Fault></s:Body></s:Envelope>`
	if diff := cmp.Diff(want, got.Body); diff != "" || got.Status != http.StatusInternalServerError {
		t.Errorf("HTTP %d (-want +got):\n%s", got.Status, diff)
	}
}

func TestRecorded_SchemaFault(t *testing.T) {
	t.Parallel()
	n := post(t, ewstest.NewServer(nil), envelope(`<m:AddImGroup/>`)).parse(t)
	violation := n.find("MessageXml").text("Violation")
	if violation == "" || n.find("MessageXml").text("LineNumber") == "" || n.find("MessageXml").text("LinePosition") == "" {
		t.Errorf("%+v", n.find("MessageXml"))
	}
	if got := n.text("faultstring"); got != "The request failed schema validation: "+violation {
		t.Errorf("faultstring %q", got)
	}
	if got := n.text("Message"); got != "The request failed schema validation." {
		t.Errorf("Message %q", got)
	}
}

func TestRecorded_Language(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ language, request, want string }{
		{"de-DE", ofVersion("Exchange2099", "<m:GetImItemList/>"), "Die angegebene Serverversion ist ungültig."},
		{"de-CH", ofVersion("Exchange2099", "<m:GetImItemList/>"), "The specified server version is invalid."},
		{"", ofVersion("Exchange2099", "<m:GetImItemList/>"), "The specified server version is invalid."},
		{"de-CH", envelope("<m:AddImGroup/>"), "The request failed schema validation."},
	} {
		s := ewstest.NewServer(&ewstest.Options{
			Language: test.language, ServerVersion: ews.ServerVersion{Major: 15, MajorBuild: 1497},
		})
		n := post(t, s, test.request).parse(t)
		lang, text := n.find("faultstring").attr("lang"), n.text("faultstring")
		want := test.language
		if want == "" {
			want = "en-US"
		}
		if lang != want || n.text("Message") != test.want || !strings.HasPrefix(text, strings.TrimSuffix(test.want, ".")) {
			t.Errorf("%s: %s: %q, %q", test.language, lang, text, n.text("Message"))
		}
	}
}

func TestRecorded_Headers(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]int{envelope(addImGroup("x")): 200, envelope("<m:AddImGroup/>"): 500} {
		got := post(t, ewstest.NewServer(nil), body)
		if got.Status != want {
			t.Errorf("HTTP %d, want %d", got.Status, want)
		}
		status := http.StatusText(want) // names the case
		for name, pattern := range map[string]string{
			"Cache-Control":        `^private$`,
			"Content-Type":         `^text/xml; charset=utf-8$`,
			"Server":               `^Microsoft-IIS/\d+\.\d$`,
			"request-id":           `^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`,
			"X-FEServer":           `^[A-Z0-9-]+$`,
			"X-BEServer":           `^[A-Z0-9-]+$`,
			"X-DiagInfo":           `^` + got.Header.Get("X-BEServer") + `$`,
			"X-CalculatedBETarget": `(?i)^` + got.Header.Get("X-BEServer") + `(\.\w+)+$`,
			"X-BackEndHttpStatus":  map[int]string{200: `^200$`, 500: `^500$`}[want],
			"X-EwsHandler":         map[int]string{200: `^AddImGroup$`, 500: `^(AddImGroup)?$`}[want],
			"Set-Cookie":           `^exchangecookie=[0-9a-f]+; path=/$`,
			"X-AspNet-Version":     `^\d+\.\d+\.\d+$`,
			"X-Powered-By":         `^ASP\.NET$`,
		} {
			if value := got.Header.Get(name); !regexp.MustCompile(pattern).MatchString(value) {
				t.Errorf("%s: %s %q, want %s", status, name, value, pattern)
			}
		}
	}
}

func TestRecorded_ServerVersion(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(&ewstest.Options{
		ServerVersion: ews.ServerVersion{Major: 15, MajorBuild: 1156, MinorBuild: 9, Version: "V2_23"},
	})
	const want = `<s:Header><h:ServerVersionInfo MajorVersion="15" MinorVersion="0" MajorBuildNumber="1156" ` +
		`MinorBuildNumber="9" Version="V2_23" xmlns:h="` + typesNamespace + `"/></s:Header>`
	if got := post(t, s, ofVersion("Exchange2013_SP1", "<m:GetImItemList/>")); !strings.Contains(got.Body, want) {
		t.Errorf("%s lacks %s", got.Body, want)
	}
	if got := post(t, s, ofVersion("Exchange2016", "<m:GetImItemList/>")).parse(t); got.text("ResponseCode") != "ErrorInvalidServerVersion" {
		t.Errorf("Exchange2016: %s", got.text("ResponseCode"))
	}
}

func TestRecorded_GetFolder(t *testing.T) {
	t.Parallel()
	got := post(t, ewstest.NewServer(nil), envelope(getFolder("quickcontacts", "nothing", "imcontactlist")))
	n := got.parse(t)
	var codes []string
	for _, m := range n.all("GetFolderResponseMessage") {
		codes = append(codes, m.text("ResponseCode")+" "+m.text("DisplayName"))
	}
	if diff := cmp.Diff([]string{"NoError quickcontacts", "ErrorFolderNotFound ", "NoError imcontactlist"}, codes); diff != "" || got.Status != 200 {
		t.Errorf("HTTP %d (-want +got):\n%s", got.Status, diff)
	}
	const wantError = `<m:GetFolderResponseMessage ResponseClass="Error">` +
		`<m:MessageText>The specified folder could not be found in the store.</m:MessageText>` +
		`<m:ResponseCode>ErrorFolderNotFound</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>` +
		`<m:Folders></m:Folders></m:GetFolderResponseMessage>`
	if !strings.Contains(got.Body, wantError) {
		t.Errorf("%s lacks %s", got.Body, wantError)
	}
	for _, id := range n.all("FolderId") {
		if !strings.HasPrefix(id.attr("Id"), "AAMk") || !strings.HasPrefix(id.attr("ChangeKey"), "AQAAA") {
			t.Errorf("id %s, change key %s", id.attr("Id"), id.attr("ChangeKey"))
		}
	}
}

func TestRecorded_Autodiscover(t *testing.T) {
	t.Parallel()
	const (
		schema  = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
		outlook = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
	)
	s := ewstest.NewServer(nil)
	fetch := func(method, url, body string) reply {
		r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		return do(t, s, r)
	}
	json := fetch(http.MethodGet, version2+"/user@contoso.com?Protocol=Ews", "")
	if want := `{"Protocol":"Ews","Url":"https://contoso.com/EWS/Exchange.asmx"}`; json.Body != want {
		t.Errorf("%s, want %s", json.Body, want)
	}
	refused := fetch(http.MethodGet, pox, "")
	n := refused.parse(t)
	e := n.find("Error")
	if refused.Status != 200 || n.text("ErrorCode") != "600" || n.text("Message") != "Invalid Request" ||
		e.attr("Time") == "" || e.attr("Id") == "" || e.find("DebugData") == nil || e.XMLName.Space != schema {
		t.Errorf("HTTP %d: %s", refused.Status, refused.Body)
	}
	settings := fetch(http.MethodPost, pox, poxRequest("user@contoso.com")).parse(t)
	if got := settings.find("Response").XMLName.Space; got != outlook {
		t.Errorf("namespace %s", got)
	}
	if got := settings.text("AccountType") + " " + settings.text("Action") + " " + settings.text("Type"); got != "email settings EXCH" {
		t.Errorf("%s", got)
	}
}
