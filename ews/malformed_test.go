package ews_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/soap"
)

// inUTF16 encodes a document with a byte order mark, little end first.
func inUTF16(doc string) string {
	out := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(doc)) {
		out = append(out, byte(unit), byte(unit>>8))
	}
	return string(out)
}

// TestMalformed calls a write and a read on servers whose responses are not what they should be:
// both end in a *TransportError that holds the cause, and the write is of unknown outcome.
func TestMalformed(t *testing.T) {
	t.Parallel()
	success := func(payload string) string {
		return `<m:%[1]sResponse ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>` + payload +
			`</m:%[1]sResponse>`
	}
	whole := envelope(success("<m:ImItemList/>"))
	for _, tc := range []struct {
		name  string
		doc   string // a format for the operation's name
		cause any    // a pointer for errors.As, nil for any
		want  string // part of the text
	}{
		{
			"document type", `<?xml version="1.0"?><!DOCTYPE e [<!ENTITY x "y">]>` + whole[38:],
			new(*soap.SyntaxError), "document type",
		},
		{"UTF-16", inUTF16(whole), new(*soap.SyntaxError), "UTF"},
		{"other encoding", strings.Replace(whole, "utf-8", "iso-8859-1", 1), new(*soap.SyntaxError), "encoding"},
		{"invalid UTF-8", strings.Replace(whole, "NoError", "No\xff", 1), new(*soap.SyntaxError), "UTF-8"},
		{"mismatched end tag", strings.Replace(whole, "</s:Body>", "</s:Bodi>", 1), new(*soap.SyntaxError), ""},
		{"undeclared prefix", strings.Replace(whole, "<m:ImItemList/>", "<q:x/>", 1), new(*soap.SyntaxError), ""},
		{"duplicate attribute", strings.Replace(whole, "ResponseClass=", `ResponseClass="Error" ResponseClass=`,
			1), new(*soap.SyntaxError), ""},
		{"undeclared entity", strings.Replace(whole, "NoError", "&nbsp;", 1), new(*soap.SyntaxError), ""},
		{"second root", whole + "<x/>", new(*soap.SyntaxError), ""},
		{"text behind the root", whole + "x", new(*soap.SyntaxError), ""},
		{"empty body", envelope(""), new(*soap.SyntaxError), ""},
		{"two responses", envelope(success("") + success("")), new(*soap.SyntaxError), ""},
		{"no body", strings.Replace(strings.Replace(whole, "<s:Body>", "<s:Header>", 1), "</s:Body>",
			"</s:Header>", 1), new(*soap.SyntaxError), ""},
		{"SOAP 1.2", strings.ReplaceAll(whole, soap.NamespaceEnvelope,
			"http://www.w3.org/2003/05/soap-envelope"), new(*soap.SyntaxError), ""},
		{"cut", whole[:len(whole)-20], nil, ""},
		{"cut in the middle", whole[:len(whole)/2], nil, ""},
		{"deep", strings.Replace(whole, "<m:ImItemList/>",
			strings.Repeat("<m:x>", 1000)+strings.Repeat("</m:x>", 1000), 1), new(*soap.LimitError), "64"},
		{"a million levels", whole[:len(whole)-40] + strings.Repeat("<a>", 1_000_000), new(*soap.LimitError), ""},
		{
			"20,000 attributes", strings.Replace(whole, "<m:ImItemList/>", "<m:x"+manyAttributes(20_000)+"/>", 1),
			new(*soap.LimitError), "",
		},
		{
			"large tag", strings.Replace(whole, "<m:ImItemList/>", `<m:x a="`+strings.Repeat("x", 1<<17)+`"/>`, 1),
			new(*soap.LimitError), "",
		},
		{"long text", strings.Replace(whole, "NoError", strings.Repeat("x", 2<<20), 1), new(*soap.LimitError), ""},
		{"other operation", strings.ReplaceAll(whole, "%[1]s", "GetFolder"), nil, "GetFolderResponse"},
		{"other namespace", strings.Replace(strings.Replace(whole, "<m:%[1]s", "<t:%[1]s", 1), "</m:%[1]s",
			"</t:%[1]s", 1), nil, "instead of"},
		{"the request itself", envelope("<m:%[1]s/>"), nil, "instead of"},
		{"payload missing", envelope(success("")), nil, "holds no m:Im"},
		{"payload of another namespace", envelope(success("<t:ImGroup/><t:ImItemList/>")), nil, "holds no m:Im"},
		{"no class, no code", envelope("<m:%[1]sResponse><m:ImItemList/></m:%[1]sResponse>"), nil, "ResponseClass"},
		{"unknown class, no code", envelope(`<m:%[1]sResponse ResponseClass="Maybe"/>`), nil, "ResponseClass"},
		{
			"success with the code of an error", envelope(`<m:%[1]sResponse ResponseClass="Success">` +
				`<m:MessageText>The mailbox&#10;moves.</m:MessageText>` +
				`<m:ResponseCode> ErrorServerBusy </m:ResponseCode><m:ImItemList/></m:%[1]sResponse>`),
			nil, "its code is ErrorServerBusy: The mailbox moves.",
		},
		{"group twice", envelope(success("<m:ImGroup/><m:ImGroup/><m:ImItemList/><m:ImItemList/>")), nil, "twice"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for op, call := range map[string]call{"AddImGroup": addImGroup("Sales"), "GetImItemList": getList()} {
				doc := tc.doc
				if tc.name == "UTF-16" {
					doc = inUTF16(strings.ReplaceAll(whole, "%[1]s", op))
				}
				w := always(http.StatusOK, strings.ReplaceAll(doc, "%[1]s", op), "Content-Type: text/xml",
					"request-id: r-1")
				err := call(t.Context(), connect(t, once(w)))
				var got *ews.TransportError
				if !errors.As(err, &got) || got.Op != op || got.Info.StatusCode != 200 ||
					got.Info.RequestID != "r-1" {
					t.Fatalf("%s: %T %v", op, err, err)
				}
				if tc.cause != nil && !errors.As(err, tc.cause) {
					t.Errorf("%s: %v is caused by %T, want %T", op, err, got.Err, tc.cause)
				}
				if text := err.Error(); !strings.Contains(text, tc.want) || strings.Contains(text, "\n") ||
					len(text) > 600 {
					t.Errorf("%s: text %q, want %q in it", op, text, tc.want)
				}
				if unknown := errors.Is(err, ews.ErrOutcomeUnknown); unknown != (op == "AddImGroup") {
					t.Errorf("%s: unknown outcome %t", op, unknown)
				}
			}
		})
	}
}

func manyAttributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ` a%d=""`, i)
	}
	return b.String()
}

// TestMalformed_GroupWithoutID holds that a group with which nothing could be done is no success.
func TestMalformed_GroupWithoutID(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", ` Id=""`, ` Id=" "`, ` Id="&#9;&#xA0;"`} {
		doc := strings.Replace(groupResponse, ` Id="AAMkGroup="`, id, 1)
		group, err := connect(t, once(soapResponse(http.StatusOK, doc))).AddImGroup(t.Context(), "Sales")
		if group != nil || !errors.Is(err, ews.ErrOutcomeUnknown) || !strings.Contains(err.Error(), "ExchangeStoreId") {
			t.Errorf("%q: %v, %v", id, group, err)
		}
	}
}

// TestMalformed_Persona does the same for contacts: none, and one too many.
func TestMalformed_Persona(t *testing.T) {
	t.Parallel()
	doc := strings.ReplaceAll(emptyListResponse, "GetImItemList", "AddNewTelUriContactToGroup")
	twice := strings.Replace(doc, "<m:ImItemList/>", "<m:Persona/><m:Persona/>", 1)
	client := connect(t, once(soapResponse(http.StatusOK, twice)))
	if err := callOf(t, "AddNewTelUriContactToGroup")(t.Context(), client); !errors.Is(err, ews.ErrOutcomeUnknown) {
		t.Errorf("two personas: %v", err)
	}
	err := callOf(t, "AddNewTelUriContactToGroup")(t.Context(), connect(t, once(soapResponse(http.StatusOK, doc))))
	if !errors.Is(err, ews.ErrOutcomeUnknown) || !strings.Contains(err.Error(), "m:Persona") {
		t.Error(err)
	}
}

// TestMalformed_EmptyPersona holds that a persona without its id is no payload.
func TestMalformed_EmptyPersona(t *testing.T) {
	t.Parallel()
	for _, persona := range []string{
		"<m:Persona/>", "<m:Persona><t:Future/></m:Persona>", `<m:Persona><t:PersonaId ChangeKey="x"/></m:Persona>`,
		`<m:Persona><t:PersonaId Id=" "/></m:Persona>`, "<m:Persona>p</m:Persona>",
		"<m:Persona><t:DisplayName>Tony</t:DisplayName></m:Persona>", `<m:Persona><m:PersonaId Id="x"/></m:Persona>`,
	} {
		for _, op := range []string{"AddNewImContactToGroup", "AddNewTelUriContactToGroup"} {
			doc := strings.ReplaceAll(emptyListResponse, "GetImItemList", op)
			doc = strings.Replace(doc, "<m:ImItemList/>", persona, 1)
			err := callOf(t, op)(t.Context(), connect(t, once(soapResponse(http.StatusOK, doc))))
			if !errors.Is(err, ews.ErrOutcomeUnknown) || !strings.Contains(err.Error(), "t:PersonaId") {
				t.Errorf("%s: %s: %v", op, persona, err)
			}
		}
	}
}

// endlessResponse is a response that never stops; read counts the bytes that were read.
type endlessResponse struct {
	begin, filler string
	read          int
}

func (e *endlessResponse) Read(p []byte) (int, error) {
	n := 0
	if e.read < len(e.begin) {
		n = copy(p, e.begin[e.read:])
	}
	for i := range p[n:] {
		p[n+i] = e.filler[(e.read+n+i-len(e.begin))%len(e.filler)]
	}
	e.read += len(p)
	return len(p), nil
}

func (e *endlessResponse) Close() error { return nil }

// TestOversize bounds responses by MaxResponseBytes: by what Content-Length says, and as they
// stream.
func TestOversize(t *testing.T) {
	t.Parallel()
	const limit = 200 << 10
	begin := strings.TrimSuffix(envelope("<m:AddImGroupResponse>"), "</s:Body></s:Envelope>")
	for name, declared := range map[string]int64{"Content-Length": limit + 1, "streamed": -1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := &endlessResponse{begin: begin, filler: "<m:x>y</m:x>"}
			w := &wire{respond: func(int, *http.Request) (*http.Response, error) {
				r := response(http.StatusOK, "", "Content-Type: text/xml")
				r.Body, r.ContentLength = body, declared
				return r, nil
			}}
			opts := once(w)
			opts.MaxResponseBytes = limit
			err := addImGroup("Sales")(t.Context(), connect(t, opts))
			var limited *soap.LimitError
			if !errors.As(err, &limited) || limited.Limit != limit || !errors.Is(err, ews.ErrOutcomeUnknown) {
				t.Errorf("%T %v", err, err)
			}
			most := limit + 128<<10
			if declared > 0 {
				most = 66 << 10 // what may be read to keep the connection
			}
			if body.read > most {
				t.Errorf("%d bytes were read, want at most %d", body.read, most)
			}
		})
	}
}

// TestOversize_Exact holds that a response of just the limit is taken, and one byte more is not.
func TestOversize_Exact(t *testing.T) {
	t.Parallel()
	doc := envelope(groupResponse)
	for extra, want := range map[int64]bool{0: true, 1: true, -1: false} {
		opts := once(always(http.StatusOK, doc, "Content-Type: text/xml"))
		opts.MaxResponseBytes = int64(len(doc)) + extra
		_, err := connect(t, opts).AddImGroup(t.Context(), "Sales")
		var limited *soap.LimitError
		if (err == nil) != want || !want && !errors.As(err, &limited) {
			t.Errorf("limit %d beyond the response: %v", extra, err)
		}
	}
}

func zipped(t testing.TB, doc string) string {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write([]byte(doc)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestGzip holds that a response which some server or transport compressed unasked is read.
func TestGzip(t *testing.T) {
	t.Parallel()
	doc := zipped(t, envelope(groupResponse))
	for name, tc := range map[string]struct {
		body, coding string
		ok           bool
	}{
		"whole":            {doc, "gzip", true},
		"its other name":   {doc, "X-Gzip", true},
		"capitals":         {doc, "GZIP", true},
		"cut":              {doc[:len(doc)-10], "gzip", false},
		"cut in its head":  {doc[:4], "gzip", false},
		"empty":            {"", "gzip", false},
		"damaged":          {doc[:len(doc)-8] + "01234567", "gzip", false},
		"not gzip at all":  {envelope(groupResponse), "gzip", false},
		"a page":           {zipped(t, signInPage), "gzip", false},
		"two":              {doc + zipped(t, " "), "gzip", true},
		"without a coding": {envelope(groupResponse), "identity", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := always(http.StatusOK, tc.body, "Content-Type: text/xml", "Content-Encoding: "+tc.coding)
			group, err := connect(t, once(w)).AddImGroup(t.Context(), "Sales")
			if (err == nil) != tc.ok || (group != nil) != tc.ok {
				t.Fatalf("%v, %v", group, err)
			}
			var page *ews.HTTPError
			if errors.As(err, &page) != (name == "a page") {
				t.Errorf("%T %v", err, err)
			}
			if err != nil && !errors.Is(err, ews.ErrOutcomeUnknown) {
				t.Errorf("%v is not ErrOutcomeUnknown", err)
			}
		})
	}
}

// TestGzip_Bomb holds that MaxResponseBytes counts unpacked bytes.
//
//nolint:paralleltest // measures memory
func TestGzip_Bomb(t *testing.T) {
	begin := strings.TrimSuffix(envelope("<m:AddImGroupResponse>"), "</s:Body></s:Envelope>")
	bomb := zipped(t, begin+strings.Repeat("<m:x>y</m:x>", 2<<20))
	opts := once(always(http.StatusOK, bomb, "Content-Type: text/xml", "Content-Encoding: gzip"))
	opts.MaxResponseBytes = 1 << 20
	client := connect(t, opts)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := client.AddImGroup(t.Context(), "Sales")
	runtime.ReadMemStats(&after)
	var limited *soap.LimitError
	if !errors.As(err, &limited) || limited.Limit != 1<<20 {
		t.Errorf("%T %v", err, err)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 4<<20 {
		t.Errorf("%d bytes allocated for a bomb of %d", got, len(bomb))
	}
}
