package ewstest_test

import (
	"strings"
	"testing"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
)

func TestVersion_BeforeExchange2013(t *testing.T) {
	t.Parallel()
	const text = "The request is valid but does not specify the correct server version in the RequestServerVersion " +
		"SOAP header.  Ensure that the RequestServerVersion SOAP header is set with the correct " +
		"RequestServerVersionValue."
	n := post(t, ewstest.NewServer(nil), ofVersion("Exchange2010_SP2", "<m:GetImItemList/>")).parse(t)
	if n.text("faultstring") != text || n.text("Message") != text {
		t.Errorf("%q", n.text("faultstring"))
	}
}

// ofVersion is a request for a schema version; "": for none.
func ofVersion(version, body string) string {
	const header = `<t:RequestServerVersion Version="Exchange2013"/>`
	if version == "" {
		return strings.Replace(envelope(body), header, "", 1)
	}
	return strings.Replace(envelope(body), "Exchange2013", version, 1)
}

// TestVersion_ByServer holds what servers of each build were recorded to do.
func TestVersion_ByServer(t *testing.T) {
	t.Parallel()
	const incorrect, request, version = "ErrorIncorrectSchemaVersion", "ErrorInvalidRequest", "ErrorInvalidServerVersion"
	exchange2019 := ews.ServerVersion{Major: 15, Minor: 2, MajorBuild: 858, MinorBuild: 5}
	exchange2016 := ews.ServerVersion{Major: 15, Minor: 1, MajorBuild: 2507}
	exchange2013 := ews.ServerVersion{Major: 15, MajorBuild: 1497, Version: "Exchange2013_SP1"}
	exchange2010 := ews.ServerVersion{Major: 14, Minor: 3, MajorBuild: 123, Version: "Exchange2010_SP2"}
	online := ews.ServerVersion{Major: 15, Minor: 20, MajorBuild: 2516, Version: "V2018_01_08"}
	for _, test := range []struct {
		server     ews.ServerVersion
		asked      string
		want, mine string // of one of the 13, and of an operation of a user's own
	}{
		{exchange2019, "", incorrect, "NoError"},
		{exchange2013, "", incorrect, "NoError"},
		{exchange2019, "Exchange2007_SP1", incorrect, "NoError"},
		{exchange2019, "Exchange2012", incorrect, "NoError"},
		{exchange2019, "Exchange2013", "NoError", "NoError"},
		{exchange2019, "V2017_07_11", "NoError", "NoError"},
		{exchange2019, "V2018_01_08", request, request},
		{exchange2019, "Exchange2019", request, request},
		{exchange2019, "exchange2013", request, request},
		{exchange2019, " ", request, request},
		{exchange2016, "Exchange2016", "NoError", "NoError"},
		{exchange2016, "Exchange2019", version, version},
		{exchange2013, "Exchange2013_SP1", "NoError", "NoError"},
		{exchange2013, "Exchange2016", version, version},
		{exchange2013, "Exchange2019", version, version},
		{exchange2010, "Exchange2010_SP2", incorrect, "NoError"},
		{exchange2010, "Exchange2013", version, version},
		{online, "V2018_01_08", "NoError", "NoError"},
		{online, "Exchange2019", version, version},
	} {
		s := ewstest.NewServer(&ewstest.Options{ServerVersion: test.server})
		s.Handle("Mine", func(ewstest.Request) (string, error) {
			return `<m:MineResponse><m:ResponseCode>NoError</m:ResponseCode></m:MineResponse>`, nil
		})
		for body, want := range map[string]string{"<m:GetImItemList/>": test.want, "<m:Mine/>": test.mine} {
			r := post(t, s, ofVersion(test.asked, body))
			n := r.parse(t)
			if got := n.text("ResponseCode"); got != want || (n.find("Fault") != nil) != (want != "NoError") {
				t.Errorf("%v, asked for %q by %s: %s, want %s", test.server, test.asked, body, r.Body, want)
			}
		}
	}
}

// TestVersion_BeforeTheSchema holds that the version is judged before the rest of the request.
func TestVersion_BeforeTheSchema(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		ofVersion("Exchange2019", "<m:AddImGroup/>"):                                                     "ErrorInvalidRequest",
		ofVersion("Exchange2019", "<m:AddImGroup>"):                                                      "ErrorInvalidRequest",
		ofVersion("Exchange2013", "<m:AddImGroup/>"):                                                     "ErrorSchemaValidation",
		strings.Replace(ofVersion("", ""), "<soap:Header>", "<soap:Header><t:RequestServerVersion/>", 1): "ErrorSchemaValidation",
	} {
		if got := post(t, ewstest.NewServer(nil), body).parse(t).text("ResponseCode"); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}
