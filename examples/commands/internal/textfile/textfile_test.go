package textfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/examples/commands/internal/textfile"
)

func TestRead(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"plain":         "Jörg\n",
		"UTF-8 mark":    "\xEF\xBB\xBFJörg\n",
		"little endian": "\xFF\xFEJ\x00\xF6\x00r\x00g\x00\n\x00",
		"big endian":    "\xFE\xFF\x00J\x00\xF6\x00r\x00g\x00\n",

		"little endian, no mark": "J\x00\xF6\x00r\x00g\x00\n\x00",
		"big endian, no mark":    "\x00J\x00\xF6\x00r\x00g\x00\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "text")
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if got, err := textfile.Read(file, 1<<10); string(got) != "Jörg\n" || err != nil {
				t.Errorf("Read: %q, %v", got, err)
			}
			_, err := textfile.Read(file, 2)
			if err == nil || !strings.Contains(err.Error(), "is larger than") {
				t.Errorf("Read, at most 2 bytes: %v", err)
			}
		})
	}
}

func TestReadInput(t *testing.T) {
	t.Parallel()
	text, title, err := textfile.ReadInput("-", strings.NewReader("\xEF\xBB\xBFJörg\n"), 1<<10)
	if string(text) != "Jörg\n" || title != "standard input" || err != nil {
		t.Errorf("%q, %q, %v", text, title, err)
	}
	_, _, err = textfile.ReadInput("-", strings.NewReader("Jörg\n"), 2)
	if err == nil || err.Error() != "standard input is larger than 0 KiB" {
		t.Errorf("at most 2 bytes: %v", err)
	}
}

func TestDecode_Refused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"UTF-32":               "\xFF\xFE\x00\x00J\x00\x00\x00",
		"UTF-32, big endian":   "\x00\x00\xFE\xFF\x00\x00\x00J",
		"half a UTF-16 letter": "\xFF\xFEJ\x00\xF6",
	} {
		if got, err := textfile.Decode([]byte(text)); err == nil {
			t.Errorf("%s: %q, want an error", name, got)
		}
	}
}

func TestDecodeJSON(t *testing.T) {
	t.Parallel()
	type inner struct {
		Name string `json:"name"`
	}
	type Embedded struct {
		More string `json:"more"`
	}
	type outer struct {
		Embedded
		Name  string  `json:"name"`
		Inner []inner `json:"inner"`
	}
	for name, tc := range map[string]struct {
		text string
		want string
	}{
		"right":           {`{"name": "A", "inner": [{"name": "B"}]}` + "\n", ""},
		"empty":           {"", "line 1, column 1: the JSON ends too early"},
		"cut":             {"{\"name\": \"A\",\n \"inner\": [  \n", "line 2, column 12: the JSON ends too early"},
		"no JSON":         {"name: A\n", "line 1, column 2: invalid character 'a' in literal null (expecting 'u')"},
		"comma":           {"{\n  \"name\": \"A\",\n}", "line 3, column 1: invalid character '}' looking for beginning of object key string"},
		"wrong type":      {"{\n\"inner\": {}}", "line 2, column 10: inner: a JSON object cannot stand here"},
		"number":          {"{\"inner\": [\n  {\"name\": 17}]}", "line 2, column 13: inner.name: a JSON number cannot stand here"},
		"unknown":         {"{\"name\": \"names\",\n \"inner\": [{\"names\": 1}]}", `line 2, column 13: unknown field "names"`},
		"elsewhere known": {"{\"inner\": [{\"name\": \"B\"}],\n \"Name\": \"\",\n \"extra\": {\"name\": 1}}", `line 3, column 2: unknown field "extra"`},
		"known deeper":    {"{\"inner\": [{\"name\": \"B\"},\n {\"inner\": 1}]}", `line 2, column 3: unknown field "inner"`},
		"twice":           {"{\"inner\": [{\"name\": \"B\",\n \"name\": \"B\"}]}", `line 2, column 2: the name "name" stands twice in one object`},
		"twice, in cases": {"{\"name\": \"B\",\n \"NAME\": \"B\"}", `line 2, column 2: the name "NAME" stands twice in one object`},
		"embedded":        {"{\"Embedded\": {}}", `line 1, column 2: unknown field "Embedded"`},
		"something else":  {"{}\n\n {}", "line 3, column 2: something follows the JSON value"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var v outer
			got := ""
			if err := textfile.DecodeJSON([]byte(tc.text), &v); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
