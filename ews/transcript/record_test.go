package transcript_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/transcript"
	"github.com/go-ews/exchange/imgroup"
)

// roundTripper responds to requests without a network.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func connect(t testing.TB, rt http.RoundTripper) *ews.Client {
	t.Helper()
	c, err := ews.NewClient("https://mail.contoso.com/EWS/Exchange.asmx", &ews.Options{
		HTTPClient: &http.Client{Transport: rt}, Retry: ews.RetryPolicy{MaxAttempts: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c.Impersonate(ews.PrimarySMTP("anna.muster@contoso.com"))
}

// session makes calls that succeed and fail, and returns what a program sees of them.
func session(ctx context.Context, client *ews.Client) []string {
	var out []string
	note := func(what string, err error) {
		code, _ := errors.AsType[ews.ResponseCode](err)
		out = append(out, fmt.Sprint(what, " ", err == nil, " ", code))
	}
	group, err := client.AddImGroup(ctx, "Müller & Söhne")
	note("AddImGroup", err)
	_, err = client.AddImGroup(ctx, "MÜLLER & SÖHNE")
	note("again", err)
	if group == nil {
		return out
	}
	_, err = client.AddNewImContactToGroup(ctx, imgroup.ContactSpec{
		Address: "sip:otto.mueller@contoso.com", DisplayName: "Otto Müller", Group: group.ExchangeStoreID,
	})
	note("AddNewImContactToGroup", err)
	list, err := client.GetImItemList(ctx, imgroup.ListQuery{})
	note("GetImItemList", err)
	out = append(out, fmt.Sprint(len(list.Groups), len(list.Personas), list.Groups[3].GroupType,
		list.Groups[3].Members[0] == must(list.Personas[0].ContactID()), strings.Count(list.Personas[0].EmailAddress.Address, "@")))
	return out
}

func must[T any](v T, ok bool) T {
	if !ok {
		panic("no value")
	}
	return v
}

// TestRecord_Replay holds that a program sees the same of a transcript as of the server, byte for
// byte of the transcript, and that the names are gone.
func TestRecord_Replay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var file bytes.Buffer
		recorder := transcript.Record(ewstest.NewServer(nil), &file, nil)
		want := session(t.Context(), connect(t, recorder))
		if err := recorder.Err(); err != nil {
			t.Fatal(err)
		}
		text := file.String()
		for _, name := range []string{"otto", "müller", "söhne", "mueller", "anna", "muster", "contoso", "mail.", "AAMk"} {
			if strings.Contains(strings.ToLower(text), strings.ToLower(name)) {
				t.Errorf("the transcript holds %s", name)
			}
		}
		for _, kept := range []string{
			"ErrorImGroupDisplayNameAlreadyExists", "IPM.DistList.MOC.UserGroup", "NoError", "<m:AddImGroup>",
			`MajorBuildNumber="2562"`, "/EWS/Exchange.asmx", "sip:", "already exists",
		} {
			if !strings.Contains(text, kept) {
				t.Errorf("the transcript lacks %s", kept)
			}
		}

		var replayed bytes.Buffer
		player, err := transcript.Replay(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		got := session(t.Context(), connect(t, roundTripper(func(r *http.Request) (*http.Response, error) {
			resp, err := player.RoundTrip(r)
			if err == nil {
				resp.Body = io.NopCloser(io.TeeReader(resp.Body, &replayed))
			}
			return resp, err
		})))
		if diff := cmp.Diff(want, got); diff != "" || player.Left() != 0 {
			t.Errorf("%d calls left; a program sees (-server +transcript):\n%s", player.Left(), diff)
		}
		for _, body := range strings.SplitAfter(replayed.String(), "</s:Envelope>") {
			if !strings.Contains(text, body) {
				t.Errorf("this was not recorded: %s", body)
			}
		}
	})
}

// exchange sends a request whose response is given, and returns the transcript.
func exchange(t testing.TB, opts *transcript.Options, request, response string, edit func(*http.Request, *http.Response)) string {
	t.Helper()
	text, err := record(t, opts, request, response, edit)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// record is exchange, but returns why nothing was recorded.
func record(
	t testing.TB, opts *transcript.Options, request, response string, edit func(*http.Request, *http.Response),
) (string, error) {
	t.Helper()
	var file bytes.Buffer
	recorder := transcript.Record(roundTripper(func(r *http.Request) (*http.Response, error) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Error(err)
		}
		resp := &http.Response{
			StatusCode: 200, Header: http.Header{"Content-Type": {"text/xml; charset=utf-8"}},
			Body: io.NopCloser(strings.NewReader(response)), Request: r,
		}
		edit(r, resp)
		return resp, nil
	}), &file, opts)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://mail.contoso.com/EWS/Exchange.asmx", strings.NewReader(request))
	if err != nil {
		t.Fatal(err)
	}
	edit(r, nil)
	resp, err := recorder.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(resp.Body); err != nil || string(got) != response {
		t.Fatalf("the caller got %q, %v", got, err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return file.String(), recorder.Err()
}

// TestRecord_Places holds that lines and columns stay, so that a fault still points to its place.
func TestRecord_Places(t *testing.T) {
	t.Parallel()
	request := "<s:Envelope>\r\n <m:AddImGroup>\n\t<m:DisplayName>Zoë 日本 𝔸 &amp; &#110;o</m:DisplayName><m:Oops x=\"Anna\"/>\n</s:Envelope>\n\n"
	fault := `<s:Envelope><s:Body><s:Fault><faultcode>a:ErrorSchemaValidation</faultcode><faultstring>The request failed schema validation: ` +
		`The element 'DisplayName' has invalid child element 'Oops'. Line 3, position 51.</faultstring><detail><t:MessageXml>` +
		`<t:LineNumber>3</t:LineNumber><t:LinePosition>51</t:LinePosition></t:MessageXml></detail></s:Fault></s:Body></s:Envelope>`
	text := exchange(t, nil, request, fault, func(*http.Request, *http.Response) {})
	for _, kept := range []string{"<t:LineNumber>3<", "<t:LinePosition>51<", "Line 3, position 51.", "The element 'DisplayName' has invalid child element '"} {
		if !strings.Contains(text, kept) {
			t.Errorf("%s is gone:\n%s", kept, text)
		}
	}
	_, body, _ := strings.Cut(text, fmt.Sprintf("Body: %d\n\n", len(request)))
	if got := body[:len(request)]; shape(got) != shape(request) || got == request {
		t.Errorf("the places changed:\n%q\n%q", request, got)
	}
}

// shape returns a text with a letter in place of each UTF-16 unit that is no white space.
func shape(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == '\n' || c == '\r' || c == '\t' || c == ' ':
			return c
		case c > 0xFFFF:
			return '2'
		}
		return '1'
	}, s)
}

// TestRecord_Consistent holds that a word has one replacement, and shares it with no other.
func TestRecord_Consistent(t *testing.T) {
	t.Parallel()
	var request strings.Builder
	for i := range 26 {
		fmt.Fprintf(&request, "<Id>%c</Id>", 'a'+i) // each letter must stand for another one
	}
	text := exchange(t, nil, request.String(), "<a>Anna ANNA anna@x Anna.Muster</a>", func(*http.Request, *http.Response) {})
	seen := map[string]bool{}
	for part := range strings.SplitSeq(strings.SplitN(text, "<", 2)[1], "<") {
		if _, letter, ok := strings.Cut(part, ">"); ok && len(letter) == 1 && letter != "\n" {
			seen[letter] = true
		}
	}
	if len(seen) != 26 {
		t.Errorf("26 letters have %d replacements", len(seen))
	}
	_, last, _ := strings.Cut(text, "--- 1 response")
	_, names, _ := strings.Cut(last, "<a>")
	words := strings.FieldsFunc(names, func(c rune) bool { return strings.ContainsRune(" @.<", c) })
	if !strings.EqualFold(words[0], words[1]) || words[1] != strings.ToUpper(words[1]) || !strings.EqualFold(words[0], words[2]) || words[0] != words[4] {
		t.Errorf("one name, several replacements: %q", words)
	}
}

func TestRecord_Options(t *testing.T) {
	t.Parallel()
	opts := &transcript.Options{Keep: []string{"probe7f"}, Key: []byte("k")}
	nothing := func(*http.Request, *http.Response) {}
	first := exchange(t, opts, "<a>probe7f Anna</a>", "", nothing)
	if !strings.Contains(first, ">probe7f ") || strings.Contains(first, "Anna") {
		t.Errorf("Keep: %s", first)
	}
	if again := exchange(t, opts, "<a>probe7f Anna</a>", "", nothing); again != first {
		t.Errorf("with the same key, once\n%s\nthen\n%s", first, again)
	}
	if other := exchange(t, nil, "<a>probe7f Anna</a>", "", nothing); other == first {
		t.Error("with a random key the same transcript")
	}
}

// TestRecord_Refused holds that what cannot be scrubbed is not written, and still reaches the caller.
func TestRecord_Refused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		request, response, encoding, want string
	}{
		"too large":          {"<a/>", strings.Repeat("x", 100), "", "of the response, its body has more than 99 bytes"},
		"too large, request": {strings.Repeat("x", 100), "", "", "of the request, its body has more than 99 bytes"},
		"packed":             {"<a/>", "\x1f\x8b", "gzip", "of the response, its body is packed"},
		"UTF-16":             {"<a/>", "\xff\xfe<\x00", "", "of the response, its body is not UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var file bytes.Buffer
			recorder := transcript.Record(roundTripper(func(r *http.Request) (*http.Response, error) {
				_, err := io.Copy(io.Discard, r.Body)
				h := http.Header{}
				if tc.encoding != "" {
					h.Set("Content-Encoding", tc.encoding)
				}
				return &http.Response{StatusCode: 200, Header: h, Body: io.NopCloser(strings.NewReader(tc.response))}, err
			}), &file, &transcript.Options{MaxBytes: 99})
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://x/", strings.NewReader(tc.request))
			if err != nil {
				t.Fatal(err)
			}
			resp, err := recorder.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(resp.Body)
			if err = errors.Join(err, resp.Body.Close()); err != nil || string(got) != tc.response {
				t.Errorf("the caller got %q, %v", got, err)
			}
			refused, ok := errors.AsType[*transcript.RefusedError](recorder.Err())
			if !ok || refused.Call != 1 || refused.Reason != tc.want {
				t.Errorf("%v, want %s", recorder.Err(), tc.want)
			}
			if file.String() != "EWS transcript 1\n" {
				t.Errorf("this was written: %s", file.String())
			}
		})
	}
}

// TestRecord_Failures records a failure in place of a response, and one in the middle of a response.
func TestRecord_Failures(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	n := 0
	recorder := transcript.Record(roundTripper(func(r *http.Request) (*http.Response, error) {
		_, err := io.Copy(io.Discard, r.Body)
		if n++; n == 1 {
			return nil, errors.Join(err, errors.New("Anna's server is gone"))
		}
		body := io.MultiReader(strings.NewReader("<a>Anna"), iotest.ErrReader(io.ErrUnexpectedEOF))
		return &http.Response{StatusCode: 503, Header: http.Header{}, Body: io.NopCloser(body)}, err
	}), &file, nil)
	client := connect(t, recorder)
	_, first := client.AddImGroup(t.Context(), "Anna")
	_, second := client.AddImGroup(t.Context(), "Anna")
	if err := recorder.Err(); err != nil || strings.Contains(file.String(), "Anna") {
		t.Fatalf("%v:\n%s", err, file.String())
	}
	player, err := transcript.Replay(&file)
	if err != nil {
		t.Fatal(err)
	}
	client = connect(t, player)
	for i, recorded := range []error{first, second} {
		_, played := client.AddImGroup(t.Context(), "Otto")
		if played == nil || errors.Is(recorded, ews.ErrOutcomeUnknown) != errors.Is(played, ews.ErrOutcomeUnknown) {
			t.Errorf("call %d: %v, played %v", i+1, recorded, played)
		}
	}
	if _, err := client.AddImGroup(t.Context(), "Otto"); !errors.Is(err, transcript.ErrNotRecorded) {
		t.Errorf("a third call: %v", err)
	}
}

// TestRecord_Concurrent writes whole calls, one after the other.
func TestRecord_Concurrent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var file bytes.Buffer
		recorder := transcript.Record(ewstest.NewServer(nil), &file, nil)
		client := connect(t, recorder)
		for i := range 20 {
			go func() {
				if _, err := client.AddImGroup(t.Context(), fmt.Sprint("group ", i)); err != nil {
					t.Error(err)
				}
			}()
		}
		synctest.Wait()
		player, err := transcript.Replay(&file)
		if err != nil || player.Left() != 20 || recorder.Err() != nil {
			t.Fatalf("%v, %v", err, recorder.Err())
		}
		client = connect(t, player)
		for range 20 {
			go func() {
				if _, err := client.AddImGroup(t.Context(), "x"); err != nil {
					t.Error(err)
				}
			}()
		}
		time.Sleep(time.Second) // of the bubble
		if player.Left() != 0 {
			t.Errorf("%d calls left", player.Left())
		}
	})
}

// TestRecord_Writer holds that a full disk is no failure of a call.
func TestRecord_Writer(t *testing.T) {
	t.Parallel()
	full := errors.New("disk full")
	recorder := transcript.Record(ewstest.NewServer(nil), writer(func([]byte) (int, error) { return 0, full }), nil)
	if _, err := connect(t, recorder).AddImGroup(t.Context(), "x"); err != nil {
		t.Error(err)
	}
	if err := recorder.Err(); !errors.Is(err, full) {
		t.Error(err)
	}
}

type writer func([]byte) (int, error)

func (f writer) Write(p []byte) (int, error) { return f(p) }

// TestReplay_Malformed says where a transcript is broken.
func TestReplay_Malformed(t *testing.T) {
	t.Parallel()
	whole := exchange(t, nil, "<a/>", "<b/>", func(*http.Request, *http.Response) {})
	if _, err := transcript.Replay(strings.NewReader(whole)); err != nil {
		t.Fatal(err)
	}
	for _, broken := range []string{
		"", "EWS transcript 2\n", strings.Replace(whole, "--- 1 request", "--- 2 request", 1), strings.Replace(whole, "Body: 4", "Body: 5", 1),
		strings.Replace(whole, "Body: 4", "Body: 3", 1), strings.Replace(whole, "Body: 4", "Body: -1", 1), strings.Replace(whole, "\n200\n", "\nOK\n", 1),
		strings.Replace(whole, "--- 1 response", "--- 1 answer", 1), strings.Replace(whole, "POST ", "POST", 1), strings.Replace(whole, "Content-Type: ", "Content-Type", 1),
	} {
		if _, err := transcript.Replay(strings.NewReader(broken)); err == nil || !strings.HasPrefix(err.Error(), "transcript: line ") {
			t.Errorf("%q: %v", broken, err)
		}
	}
	for i := 1; i < len(whole)-1; i++ {
		if _, err := transcript.Replay(strings.NewReader(whole[:i])); err == nil && whole[:i] != "EWS transcript 1\n" {
			t.Errorf("cut after %d bytes: no error", i)
		}
	}
}
