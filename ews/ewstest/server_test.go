package ewstest_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews/ewstest"
)

func TestHTTP_NotForTheService(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		edit   func(*http.Request)
		status int
		allow  string
	}{
		"another path": {func(r *http.Request) { r.URL.Path = "/EWS/" }, http.StatusNotFound, ""},
		"GET":          {func(r *http.Request) { r.Method = http.MethodGet }, http.StatusMethodNotAllowed, "POST"},
		"JSON": {
			func(r *http.Request) { r.Header.Set("Content-Type", "application/json") },
			http.StatusUnsupportedMediaType, "",
		},
		"SOAP 1.2": {
			func(r *http.Request) { r.Header.Set("Content-Type", "application/soap+xml") },
			http.StatusUnsupportedMediaType, "",
		},
		"no content type": {
			func(r *http.Request) { r.Header.Del("Content-Type") }, http.StatusUnsupportedMediaType, "",
		},
		"Latin 1": {
			func(r *http.Request) { r.Header.Set("Content-Type", "text/xml; charset=iso-8859-1") },
			http.StatusUnsupportedMediaType, "",
		},
		"no charset": {func(r *http.Request) { r.Header.Set("Content-Type", "text/xml") }, http.StatusOK, ""},
		"the root":   {func(r *http.Request) { r.URL.Path = "/" }, http.StatusOK, ""},
		"lower case": {func(r *http.Request) { r.URL.Path = "/ews/exchange.asmx" }, http.StatusOK, ""},
		"no SOAPAction, or a wrong one": {
			func(r *http.Request) { r.Header.Set("SOAPAction", "GetFolder") }, http.StatusOK, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := ewstest.NewServer(nil)
			r := newRequest(t, envelope(addImGroup("x")))
			test.edit(r)
			got := do(t, s, r)
			if got.Status != test.status || got.Header.Get("Allow") != test.allow {
				t.Errorf("HTTP %d, Allow %q; want %d, %q", got.Status, got.Header.Get("Allow"), test.status, test.allow)
			}
			want := 0
			if test.status == http.StatusOK {
				want = 1
			}
			if got := len(s.Requests()); got != want {
				t.Errorf("%d requests logged, want %d", got, want)
			}
		})
	}
}

func TestHTTP_Headers(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	r := newRequest(t, envelope(addImGroup("x")))
	r.Header.Set("client-request-id", "6f9619ff-8b86-d011-b42d-00c04fc964ff")
	if got := do(t, s, r).Header.Get("client-request-id"); got != "" {
		t.Errorf("client-request-id %q came back without being asked for", got)
	}
	r = newRequest(t, "<malformed")
	r.Header.Set("client-request-id", "6f9619ff-8b86-d011-b42d-00c04fc964ff")
	r.Header.Set("return-client-request-id", "true")
	h := do(t, s, r).Header
	if got := h.Get("client-request-id"); got != "6f9619ff-8b86-d011-b42d-00c04fc964ff" {
		t.Errorf("client-request-id %q", got)
	}
	first := h.Get("request-id")
	if !regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString(first) {
		t.Errorf("request-id %q is no GUID", first)
	}
	if second := post(t, s, "<malformed").Header.Get("request-id"); second == first {
		t.Error("two responses have the same request-id")
	}
	for name, want := range map[string]string{
		"X-FEServer": "EXCH-FE01", "X-DiagInfo": "EXCH-MBX01", "Content-Type": "text/xml; charset=utf-8",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s %q, want %q", name, got, want)
		}
	}
}

func TestStart(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	endpoint, stop := s.Start()
	if !strings.HasPrefix(endpoint, "http://127.0.0.1:") || !strings.HasSuffix(endpoint, "/EWS/Exchange.asmx") {
		t.Errorf("endpoint %s", endpoint)
	}
	client := &http.Client{Transport: &http.Transport{}}
	send := func(body string) (int, error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "text/xml")
		resp, err := client.Do(r)
		if err != nil {
			return 0, err
		}
		return resp.StatusCode, resp.Body.Close()
	}
	if status, err := send(envelope(addImGroup("x"))); err != nil || status != http.StatusOK {
		t.Errorf("HTTP %d, %v", status, err)
	}
	if got := len(s.Groups("")); got != 1 {
		t.Errorf("%d groups, want 1", got)
	}
	if status, err := send(strings.Repeat(" ", 17<<20)); err == nil && status != http.StatusRequestEntityTooLarge {
		t.Errorf("17 MiB: HTTP %d, want 413", status)
	}
	stop()
	stop()
	if _, err := send(envelope(addImGroup("y"))); err == nil {
		t.Error("the server still responds")
	}
}

func TestMailbox_WhoseListIsMeant(t *testing.T) {
	t.Parallel()
	id := func(element, value string) string {
		return `<t:ExchangeImpersonation><t:ConnectingSID><t:` + element + `>` + value + `</t:` + element +
			`></t:ConnectingSID></t:ExchangeImpersonation>`
	}
	const sid = "S-1-5-21-1493619105-1843311271-3936346804-1118"
	for name, test := range map[string]struct{ header, user, want string }{
		"PrimarySmtpAddress": {id("PrimarySmtpAddress", "Anna@Contoso.com"), "front", "anna@contoso.com"},
		"SmtpAddress":        {id("SmtpAddress", "Anna@Contoso.com"), "", "anna@contoso.com"},
		"PrincipalName":      {id("PrincipalName", " anna@contoso.com "), "", "anna@contoso.com"},
		"SID":                {id("SID", sid), "", strings.ToLower(sid)},
		"user":               {"", `CONTOSO\Anna`, `contoso\anna`},
		"no caller":          {"", "", "default@contoso.com"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := ewstest.NewServer(&ewstest.Options{
				Mailbox: "Default@contoso.com",
				User:    func(r *http.Request) string { return r.Header.Get("X-Remote-User") },
			})
			r := newRequest(t, envelopeWith(test.header, addImGroup("x")))
			r.Header.Set("X-Remote-User", test.user)
			do(t, s, r)
			if got := len(s.Groups(test.want)); got != 1 {
				t.Errorf("%d groups in %s, want 1", got, test.want)
			}
			if got := s.Requests()[0].Mailbox; got != test.want {
				t.Errorf("logged mailbox %q, want %q", got, test.want)
			}
		})
	}
}

func TestMailbox_DoesNotExist(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(&ewstest.Options{Mailboxes: []string{"Anna@contoso.com"}})
	for header, want := range map[string]string{
		as("anna@contoso.com"): "NoError",
		as("bert@contoso.com"): "ErrorNonExistentMailbox",
		"":                     "ErrorMissingEmailAddress",
		strings.ReplaceAll(as("bert@contoso.com"), "PrimarySmtpAddress", "PrincipalName"): "ErrorInvalidUserPrincipalName",
		as(" "): "ErrorInvalidExchangeImpersonationHeaderData",
		as(""):  "ErrorSchemaValidation",
	} {
		r := post(t, s, envelopeWith(header, addImGroup("x")))
		n := r.parse(t)
		if got := n.text("ResponseCode"); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
		isFault := want != "NoError" && header != ""
		if fault := n.find("Fault") != nil; fault != isFault || fault != (r.Status == 500) ||
			fault == (n.find("ServerVersionInfo") != nil) {
			t.Errorf("%s: HTTP %d: %s", header, r.Status, r.Body)
		}
	}
	folders := post(t, s, envelope(getFolder("imcontactlist", "quickcontacts")))
	for _, m := range folders.parse(t).all("GetFolderResponseMessage") {
		if m.text("ResponseCode") != "ErrorMissingEmailAddress" {
			t.Errorf("%s", folders.Body)
		}
	}
	if count := len(folders.parse(t).all("GetFolderResponseMessage")); folders.Status != 200 || count != 2 {
		t.Errorf("HTTP %d, %d messages: %s", folders.Status, count, folders.Body)
	}
	if got := len(s.List("bert@contoso.com").Groups); got != 0 {
		t.Errorf("%d groups in a mailbox that does not exist", got)
	}
	own := ewstest.NewServer(&ewstest.Options{Mailbox: "svc@contoso.com", Mailboxes: []string{"anna@contoso.com"}})
	addGroup(t, own, "", "x")
}

// TestMailbox_MayImpersonate holds that the server asks for the account behind the request, and
// before anything is done.
func TestMailbox_MayImpersonate(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(&ewstest.Options{
		User: func(r *http.Request) string { return r.Header.Get("X-Remote-User") },
		MayImpersonate: func(caller, mailbox string) bool {
			return caller == "svc@contoso.com" && mailbox != "boss@contoso.com"
		},
	})
	for _, test := range []struct{ user, header, want string }{
		{"SVC@contoso.com", as("Anna@contoso.com"), "NoError"},
		{"svc@contoso.com", as("Boss@contoso.com"), "ErrorImpersonateUserDenied"},
		{"bert@contoso.com", as("anna@contoso.com"), "ErrorImpersonateUserDenied"},
		{"", as("anna@contoso.com"), "ErrorImpersonateUserDenied"},
		{"bert@contoso.com", "", "NoError"},
	} {
		r := newRequest(t, envelopeWith(test.header, addImGroup("x")))
		r.Header.Set("X-Remote-User", test.user)
		reply := do(t, s, r)
		n := reply.parse(t)
		denied := test.want != "NoError"
		if n.text("ResponseCode") != test.want || (n.find("Fault") != nil) != denied || (reply.Status == 500) != denied {
			t.Errorf("%+v: HTTP %d: %s", test, reply.Status, reply.Body)
		}
	}
	if anna, boss := len(s.Groups("anna@contoso.com")), len(s.Groups("boss@contoso.com")); anna != 1 || boss != 0 {
		t.Errorf("%d and %d groups, want 1 and 0", anna, boss)
	}
}

// TestServer_NotARequest sends what no schema has anything against, or not all of it.
func TestServer_NotARequest(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"nothing":            "",
		"another root":       "<a/>",
		"an empty body":      envelope(""),
		"Microsoft's others": envelope("<m:GetReminders/>"),
		"unknown operation":  envelope("<m:GetEverything/>"),
		"zeroes":             strings.Repeat("\x00", 1000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := post(t, ewstest.NewServer(nil), body)
			if r.Status != http.StatusInternalServerError || !strings.Contains(r.Body, "<s:Fault>") {
				t.Errorf("HTTP %d: %s, want a fault", r.Status, r.Body)
			}
		})
	}
}

func TestRequests_KeepsTheLast(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	for i := range 1003 {
		post(t, s, envelopeWith(as(fmt.Sprintf("user%d@contoso.com", i)), "<m:GetImItemList/>"))
	}
	got := s.Requests()
	if len(got) != 1000 || got[0].Mailbox != "user3@contoso.com" || got[999].Mailbox != "user1002@contoso.com" {
		t.Errorf("%d requests, the first for %s and the last for %s", len(got), got[0].Mailbox, got[len(got)-1].Mailbox)
	}
	if got[0].Op != "GetImItemList" {
		t.Errorf("Op %q", got[0].Op)
	}
	if err := got[0].Context().Err(); err != nil {
		t.Errorf("the context has ended: %v", err)
	}
}

func TestIntercept(t *testing.T) {
	t.Parallel()
	var s *ewstest.Server
	var seen []string
	s = ewstest.NewServer(&ewstest.Options{Intercept: func(r ewstest.Request) error {
		seen = append(seen, fmt.Sprintf("%s for %s, %d groups", r.Op, r.Mailbox, len(s.Groups(r.Mailbox))))
		if strings.Contains(string(r.Body), "secret") {
			return ewstest.DropBefore()
		}
		return nil
	}})
	addGroup(t, s, "anna@contoso.com", "x")
	post(t, s, "<malformed")
	if _, err := s.RoundTrip(newRequest(t, envelope(addImGroup("secret")))); err == nil { //nolint:bodyclose // no response
		t.Error("a response, want none")
	}
	want := []string{
		"AddImGroup for anna@contoso.com, 0 groups",
		" for user@exchange.test, 0 groups",
		"AddImGroup for user@exchange.test, 0 groups",
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestServer_Concurrent has many callers of few mailboxes.
func TestServer_Concurrent(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			mailbox := fmt.Sprintf("user%d@contoso.com", i%4)
			for j := range 10 {
				s.Fail("GetImItems", ewstest.DropAfter())
				call(t, s, mailbox, addImGroup(fmt.Sprintf("group %d", j)))
				call(t, s, mailbox, addNewContact(fmt.Sprintf("c%d@contoso.com", i), ""))
				call(t, s, mailbox, "<m:GetImItemList/>")
				s.List(mailbox)
			}
			s.Requests()
		})
	}
	wg.Wait()
	for i := range 4 {
		l := s.List(fmt.Sprintf("user%d@contoso.com", i))
		if len(l.Groups) != 13 || len(l.Personas) != 4 {
			t.Errorf("%d groups and %d contacts, want 13 and 4", len(l.Groups), len(l.Personas))
		}
	}
}
