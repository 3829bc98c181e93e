package soap_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-ews/exchange/internal/xmltest"
	"github.com/go-ews/exchange/soap"
)

// Every document of the reference data that encoding/xml takes with all its prefixes declared comes
// out the same here.
func TestReader_Reference(t *testing.T) {
	t.Parallel()
	dir := xmltest.Reference(t)
	read, envelopes := 0, 0
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".xml") && !strings.HasSuffix(path, ".xsd") {
			return err
		}
		doc, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if _, _, err := dump(bytes.NewReader(doc), soap.Limits{}); err != nil {
			t.Logf("%s: %v", filepath.Base(path), err)
			return nil
		}
		read++
		if problem := differsFromOracle(doc); problem != "" {
			t.Errorf("%s: %s", path, problem)
		}
		if bytes.Contains(doc, []byte(soap.NamespaceEnvelope)) && !strings.Contains(path, "schema") {
			envelopes++
			if _, err := soap.ReadEnvelope(soap.NewReader(bytes.NewReader(doc), soap.Limits{}), nil, nil); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
		return nil
	})
	if err != nil || read < 50 || envelopes < 30 {
		t.Errorf("%d documents read, %d of them envelopes: %v", read, envelopes, err)
	}
}
