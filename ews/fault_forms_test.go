package ews_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
)

// schemaFaults are the forms in which servers report a schema violation, by their files in
// testdata/faults.
var schemaFaults = []struct {
	file           string
	line, position int
	violation      string
}{
	{"message_xml", 4, 17, undeclared},
	{"message_xml_in_errors", 4, 17, undeclared},
	{"message_xml_without_namespace", 4, 17, undeclared},
	{"message_xml_first", 4, 17, undeclared},
	{"line_under_detail", 4, 17, undeclared},
	{"line_under_message_xml", 4, 17, undeclared},
	{"violation_under_detail", 4, 17, undeclared},
	{"violation_twice", 4, 17, undeclared},
	{"zero_zero", 4, 17, entity},
	{"zero_zero_no_place", 0, 0, "Root element is missing."},
	{"place_in_message", 4, 17, entity},
	{"place_in_faultstring", 4, 17, "Reference to undeclared entity."},
	{"no_message_xml", 4, 17, "The request failed schema validation: " + entity},
	{"message_only", 0, 0, undeclared},
	{"empty_violation", 4, 17, "The request failed schema validation: " + undeclared},
	{"no_detail", 4, 17, "The request failed schema validation: " + entity},
	{"code_in_white_space", 4, 17, undeclared},
	{"no_numbers", 0, 0, undeclared},
	{"huge_numbers", 0, 0, undeclared},
	{"forbidden_character", 4, 17, "'\ufffd', hexadecimal value 0x0B, is an invalid character."},
	{"soap_prefix", 4, 17, undeclared},
	{"server_version", 4, 17, undeclared},
}

const (
	undeclared = "The 'Shape' attribute is not declared."
	entity     = "Reference to undeclared entity 'nbsp'. Line 4, position 17."
)

// schemaFault calls AddImGroup on a server that responds with a fault.
func schemaFault(t testing.TB, status int, file string, info *ews.ResponseInfo) *ews.SchemaValidationError {
	t.Helper()
	w := always(status, fixture(t, "faults", file+".xml"), "Content-Type: text/xml; charset=utf-8", "request-id: r-1")
	group, err := connect(t, once(w)).AddImGroup(ews.WithResponseInfo(t.Context(), info), "Sales")
	var got *ews.SchemaValidationError
	if !errors.As(err, &got) || group != nil {
		t.Fatalf("%v, %T %v, want an *ews.SchemaValidationError", group, err, err)
	}
	return got
}

func TestFault_Schema(t *testing.T) {
	t.Parallel()
	for _, tc := range schemaFaults {
		for _, status := range []int{http.StatusInternalServerError, http.StatusOK} {
			t.Run(tc.file+" "+http.StatusText(status), func(t *testing.T) {
				t.Parallel()
				var info ews.ResponseInfo
				got := schemaFault(t, status, tc.file, &info)
				if got.Line != tc.line || got.Position != tc.position || got.Violation != tc.violation {
					t.Errorf("line %d, position %d, %q", got.Line, got.Position, got.Violation)
				}
				e := got.Err
				if e == nil || e.Op != "AddImGroup" || e.Code != ews.ErrorSchemaValidation || e.Fault == nil {
					t.Fatalf("the error behind is %+v", e)
				}
				if info.StatusCode != status || info.RequestID != "r-1" || info.Attempts != 1 {
					t.Errorf("info %+v", info)
				}
				if diff := cmp.Diff(info, e.Info); diff != "" {
					t.Errorf("Info of the error differs from that of the context (-want +got):\n%s", diff)
				}
				replaced := strings.Count(tc.violation, "\ufffd")
				if info.ReplacedChars != replaced {
					t.Errorf("%d characters replaced, want %d", info.ReplacedChars, replaced)
				}
			})
		}
	}
}

func TestFault_SchemaServerVersion(t *testing.T) {
	t.Parallel()
	got := schemaFault(t, http.StatusInternalServerError, "server_version", new(ews.ResponseInfo))
	want := ews.ServerVersion{Major: 15, Minor: 2, MajorBuild: 2562, MinorBuild: 17, Version: "V2017_07_11"}
	if got.Err.Info.ServerVersion != want {
		t.Errorf("server version %+v, want %+v", got.Err.Info.ServerVersion, want)
	}
}

// otherFaults are the files in testdata/faults that are no schema violations.
var otherFaults = []struct {
	file    string
	code    ews.ResponseCode
	message string
	details ews.Details
	text    string
}{
	{
		"busy", ews.ErrorServerBusy, "The server cannot service this request right now.",
		map[string]string{"BackOffMilliseconds": "1500"},
		"ews: AddImGroup: ErrorServerBusy: The server cannot service this request right now. (request-id r-1)",
	},
	{
		"code_in_faultcode", ews.ErrorImpersonateUserDenied,
		"The account does not have permission to impersonate the requested user.", nil,
		"ews: AddImGroup: ErrorImpersonateUserDenied: The account does not have permission to impersonate " +
			"the requested user. (request-id r-1)",
	},
	{
		"unknown_code", "ErrorOfNextYear", "Something new.", nil,
		"ews: AddImGroup: ErrorOfNextYear: Something new. (request-id r-1)",
	},
	{
		"no_code", "", "Server was unable to process request.", nil,
		"ews: AddImGroup: SOAP fault Server: Server was unable to process request. (request-id r-1)",
	},
	{"values", ews.ErrorInvalidServerVersion, "The specified server version is invalid.", map[string]string{
		"A": "1", "Value": "3", "FieldURI": "item:Subject", "InnerErrorResponseCode": "ErrorAccessDenied",
	}, "ews: AddImGroup: ErrorInvalidServerVersion: The specified server version is invalid. (inner error: ErrorAccessDenied) (asked for schema version Exchange2013) (request-id r-1)"},
}

func TestFault_Other(t *testing.T) {
	t.Parallel()
	for _, tc := range otherFaults {
		t.Run(tc.file, func(t *testing.T) {
			t.Parallel()
			w := always(http.StatusInternalServerError, fixture(t, "faults", tc.file+".xml"),
				"Content-Type: text/xml", "request-id: r-1")
			_, err := connect(t, once(w)).AddImGroup(t.Context(), "Sales")
			var got *ews.Error
			if !errors.As(err, &got) {
				t.Fatalf("%T %v, want an *ews.Error", err, err)
			}
			if got.Code != tc.code || got.Message != tc.message || got.Fault == nil ||
				strings.Replace(got.Error(), " ["+endpoint+"]", "", 1) != tc.text {
				t.Errorf("code %q, message %q, fault %v, text %q", got.Code, got.Message, got.Fault, got.Error())
			}
			if diff := cmp.Diff(tc.details, got.Details); diff != "" {
				t.Errorf("details (-want +got):\n%s", diff)
			}
			var code ews.ResponseCode
			if found := errors.As(err, &code); found != (tc.code != "") || code != tc.code {
				t.Errorf("errors.As finds %q (%t)", code, found)
			}
		})
	}
}

// TestFault_ManyNamespaces holds that a fault is read whole with many namespaces in scope, wherever
// they are declared.
func TestFault_ManyNamespaces(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("testdata/faults/busy.xml")
	if err != nil {
		t.Fatal(err)
	}
	tags := []string{"<s:Envelope", "<s:Body", "<s:Fault", "<detail"}
	for _, count := range []int{33, 64, 120} {
		for _, in := range [][]string{tags, tags[:1], tags[1:2], tags[2:3], tags[3:]} {
			text := string(doc)
			for i := range count {
				tag := in[i%len(in)]
				text = strings.Replace(text, tag, fmt.Sprintf(`%s xmlns:n%d="urn:n%d"`, tag, i, i), 1)
			}
			w := always(http.StatusInternalServerError, text, "Content-Type: text/xml")
			_, err := connect(t, once(w)).AddImGroup(t.Context(), "Sales")
			var got *ews.Error
			if !errors.As(err, &got) || got.Code != ews.ErrorServerBusy || got.Details["BackOffMilliseconds"] != "1500" {
				t.Errorf("%d namespaces declared in %s: %v", count, in, err)
			}
		}
	}
}

func TestFault_FilesKnown(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/faults/*.xml")
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, tc := range schemaFaults {
		want = append(want, tc.file+".xml")
	}
	for _, tc := range otherFaults {
		want = append(want, tc.file+".xml")
	}
	for _, file := range files {
		got = append(got, filepath.Base(file))
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// TestFault_Cut cuts every fault at every byte: the fault that was sent is never taken for whole.
func TestFault_Cut(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"message_xml", "busy"} {
		doc, err := os.ReadFile("testdata/faults/" + file + ".xml")
		if err != nil {
			t.Fatal(err)
		}
		whole := strings.TrimSpace(string(doc))
		for n := range len(whole) {
			w := always(http.StatusInternalServerError, whole[:n], "Content-Type: text/xml")
			_, err := connect(t, once(w)).AddImGroup(t.Context(), "Sales")
			var said *ews.Error
			if err == nil || errors.As(err, &said) {
				t.Fatalf("%s cut after %d bytes: %T %v", file, n, err, err)
			}
			if !errors.Is(err, ews.ErrOutcomeUnknown) {
				t.Fatalf("%s cut after %d bytes: %v is not ErrOutcomeUnknown", file, n, err)
			}
		}
	}
}
