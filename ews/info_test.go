package ews_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
)

// described are the header lines that a front end adds to its responses.
var described = []string{
	"Content-Type: text/xml; charset=utf-8", "request-id: 0f1d2c3b", "X-FEServer: EX01", "X-DiagInfo: EX02",
}

func TestResponseInfo(t *testing.T) {
	t.Parallel()
	const version = `<s:Header><t:ServerVersionInfo MajorVersion="15" MinorVersion="2" MajorBuildNumber="2562" ` +
		`MinorBuildNumber="17" Version="V2017_07_11" Future="x"/><t:Other/></s:Header>`
	known := ews.ServerVersion{Major: 15, Minor: 2, MajorBuild: 2562, MinorBuild: 17, Version: "V2017_07_11"}
	withVersion := func(doc string) string { return replaceOnce(doc, "<s:Body>", version+"<s:Body>") }
	const html = "Content-Type: text/html"
	for _, tc := range []struct {
		name   string
		status int
		body   string
		header []string
		want   ews.ResponseInfo
	}{
		{"success", 200, withVersion(envelope(groupResponse)), described, ews.ResponseInfo{
			StatusCode: 200, RequestID: "0f1d2c3b", FrontEnd: "EX01", Diagnostics: "EX02", ServerVersion: known,
		}},
		{"success without anything", 200, envelope(groupResponse), nil, ews.ResponseInfo{StatusCode: 200}},
		{"error response", 200, withVersion(envelope(`<m:AddImGroupResponse ResponseClass="Error"><m:ResponseCode>` +
			`ErrorAccessDenied</m:ResponseCode></m:AddImGroupResponse>`)), described, ews.ResponseInfo{
			StatusCode: 200, RequestID: "0f1d2c3b", FrontEnd: "EX01", Diagnostics: "EX02", ServerVersion: known,
		}},
		{"fault", 500, fixture(t, "faults", "message_xml.xml"), described, ews.ResponseInfo{
			StatusCode: 500, RequestID: "0f1d2c3b", FrontEnd: "EX01", Diagnostics: "EX02",
		}},
		{"page", 503, signInPage, append(described[1:], html), ews.ResponseInfo{
			StatusCode: 503, RequestID: "0f1d2c3b", FrontEnd: "EX01", Diagnostics: "EX02",
		}},
		{
			"refused log-in", 401, "",
			[]string{"x-ms-diagnostics: 2000003;reason=\"expired\"", "X-DiagInfo: EX02"},
			ews.ResponseInfo{StatusCode: 401, Diagnostics: `2000003;reason="expired"`},
		},
		{"malformed", 200, withVersion(envelope(groupResponse)) + "x", described, ews.ResponseInfo{
			StatusCode: 200, RequestID: "0f1d2c3b", FrontEnd: "EX01", Diagnostics: "EX02", ServerVersion: known,
		}},
		{"other spelling", 200, envelope(groupResponse), []string{"RequestId: other"}, ews.ResponseInfo{
			StatusCode: 200, RequestID: "other",
		}},
		{
			"malformed numbers", 200, replaceOnce(withVersion(envelope(groupResponse)), `"2562"`, `"many"`), nil,
			ews.ResponseInfo{
				StatusCode:    200,
				ServerVersion: ews.ServerVersion{Major: 15, Minor: 2, MinorBuild: 17, Version: "V2017_07_11"},
			},
		},
		{
			"forbidden characters", 200, envelope(replaceOnce(groupResponse, "Sales", "A&#xB;B&#0;C\x01D")), nil,
			ews.ResponseInfo{StatusCode: 200, ReplacedChars: 3},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := always(tc.status, tc.body, tc.header...)
			info := ews.ResponseInfo{FrontEnd: "of an earlier call"}
			group, err := connect(t, once(w)).AddImGroup(ews.WithResponseInfo(t.Context(), &info), "Sales")
			tc.want.URL, tc.want.Attempts, tc.want.RequestVersion = endpoint, 1, ews.Exchange2013
			tc.want.ClientRequestID = w.requests()[0].header.Get("client-request-id")
			if diff := cmp.Diff(tc.want, info); diff != "" {
				t.Errorf("info (-want +got):\n%s", diff)
			}
			if tc.name == "forbidden characters" && (group == nil || group.DisplayName != "A\ufffdB\ufffdC\ufffdD") {
				t.Errorf("group %+v, %v", group, err)
			}
			if in := infoOf(err); in != nil && *in != info {
				t.Errorf("info of the error (-want +got):\n%s", cmp.Diff(info, *in))
			}
		})
	}
}

// infoOf returns the Info of a call's error, nil if it has none.
func infoOf(err error) *ews.ResponseInfo {
	var (
		e         *ews.Error
		page      *ews.HTTPError
		transport *ews.TransportError
	)
	switch {
	case errors.As(err, &e):
		return &e.Info
	case errors.As(err, &page):
		return &page.Info
	case errors.As(err, &transport):
		return &transport.Info
	}
	return nil
}

func TestResponseInfo_NoResponse(t *testing.T) {
	t.Parallel()
	w := &wire{respond: func(int, *http.Request) (*http.Response, error) { return nil, errKept }}
	var info ews.ResponseInfo
	_, err := connect(t, once(w)).AddImGroup(ews.WithResponseInfo(t.Context(), &info), "Sales")
	want := ews.ResponseInfo{
		URL: endpoint, RequestVersion: ews.Exchange2013, Attempts: 1,
		ClientRequestID: w.requests()[0].header.Get("client-request-id"),
	}
	if info != want || !errors.Is(err, errKept) {
		t.Errorf("info %+v, %v", info, err)
	}
}

// TestResponseInfo_LastAttempt holds that the last attempt counts, and that each has a new id.
func TestResponseInfo_LastAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &wire{respond: func(n int, _ *http.Request) (*http.Response, error) {
			if n < 3 {
				return response(http.StatusTooManyRequests, "busy", "X-FEServer: EX01", "request-id: first"), nil
			}
			return response(http.StatusOK, envelope(groupResponse), "request-id: last"), nil
		}}
		var info ews.ResponseInfo
		client := connect(t, &ews.Options{HTTPClient: &http.Client{Transport: w}})
		if _, err := client.AddImGroup(ews.WithResponseInfo(t.Context(), &info), "Sales"); err != nil {
			t.Fatal(err)
		}
		ids := map[string]bool{}
		for _, r := range w.requests() {
			ids[r.header.Get("client-request-id")] = true
		}
		want := ews.ResponseInfo{
			URL: endpoint, RequestVersion: ews.Exchange2013, StatusCode: 200, RequestID: "last", Attempts: 3,
			ClientRequestID: w.requests()[2].header.Get("client-request-id"),
		}
		if len(ids) != 3 || info != want {
			t.Errorf("%d ids in three attempts, info (-want +got):\n%s", len(ids), cmp.Diff(want, info))
		}
	})
}

func TestResponseInfo_Nil(t *testing.T) {
	t.Parallel()
	client := connect(t, once(soapResponse(http.StatusOK, groupResponse)))
	if _, err := client.AddImGroup(ews.WithResponseInfo(t.Context(), nil), "Sales"); err != nil {
		t.Error(err)
	}
}
