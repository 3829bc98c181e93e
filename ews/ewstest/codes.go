package ewstest

import (
	"cmp"
	_ "embed" // for the tables
	"strings"

	"github.com/go-ews/exchange/ews"
)

// refuse returns the error that an operation responds with, in Exchange's words.
func refuse(code ews.ResponseCode) error { return &ews.Error{Code: code} }

// messageOf returns the message of an error, or Exchange's text for its code: in the server's
// language if that text is known, else in English.
func (s *Server) messageOf(e *ews.Error) string {
	code := string(e.Code)
	return cmp.Or(e.Message, codes.value(code+" "+s.opts.Language, 2), codes.value(code, 2))
}

// comesAsFault reports whether Exchange sends a code as a SOAP fault. A fault without a code cannot
// be anything else.
func comesAsFault(code ews.ResponseCode) bool {
	return code == "" || codes.value(string(code), 1) == "fault"
}

const errorInvalidExtendedProperty ews.ResponseCode = "ErrorInvalidExtendedProperty"

// messagePath returns the elements from the child of soap:Body to the one that carries
// ResponseClass and ResponseCode in a response to op.
func messagePath(op string) []string {
	op = strings.TrimSuffix(op, "Request") // the requests of some are called so
	path := forms.value(op, 1)
	switch {
	case operations[op] != nil:
		return []string{op + "Response"}
	case path == "":
		path = op + "Response/ResponseMessages/" + op + "ResponseMessage"
	}
	return strings.Split(path, "/")
}

//go:embed codes.tsv
var codesFile string

//go:embed forms.tsv
var formsFile string

//go:embed headers.tsv
var headersFile string

// Nothing writes to the tables.
var codes, forms, headers = readTable(codesFile), readTable(formsFile), readTable(headersFile)

// table has the rows of a file of tab-separated values by their first column.
type table map[string][]string

// value returns the value of a column, from 0, in the row of that name, "" if there is none.
func (t table) value(row string, column int) string {
	if fields := t[row]; column < len(fields) {
		return fields[column]
	}
	return ""
}

// readTable reads a table. Lines that begin with # are comments.
func readTable(file string) table {
	t := table{}
	for line := range strings.Lines(file) {
		if fields := strings.Split(strings.TrimRight(line, "\r\n"), "\t"); !strings.HasPrefix(line, "#") {
			t[fields[0]] = fields
		}
	}
	return t
}
