package soap_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/soap"
)

// deliveries are ways for a document to arrive.
var deliveries = []struct {
	name string
	read func(string) io.Reader
}{
	{"whole", func(s string) io.Reader { return strings.NewReader(s) }},
	{"byte by byte", func(s string) io.Reader { return iotest.OneByteReader(strings.NewReader(s)) }},
	{"end with the last bytes", func(s string) io.Reader { return iotest.DataErrReader(strings.NewReader(s)) }},
}

func TestReader_AwkwardDocuments(t *testing.T) {
	t.Parallel()
	for _, tt := range awkward {
		for _, way := range deliveries {
			if len(tt.doc) > 4<<20 && way.name == "byte by byte" {
				continue // too slow
			}
			t.Run(tt.name+"/"+way.name, func(t *testing.T) {
				t.Parallel()
				got, r, err := dump(way.read(tt.doc), soap.Limits{})
				if problem := tt.judge(got, r.Replaced(), err); problem != "" {
					t.Error(problem)
				}
				if err == nil {
					return
				}
				if _, again := r.Next(); again != err { //nolint:errorlint // the very same error is kept
					t.Errorf("the next call returned %v, want the first error, %v", again, err)
				}
			})
		}
	}
}

// judge returns how a result differs from the expected one, or "".
func (d document) judge(got string, replaced int, err error) string {
	var syntax *soap.SyntaxError
	var limit *soap.LimitError
	isCut := errors.Is(err, io.ErrUnexpectedEOF)
	switch {
	case d.cut && (!isCut || !errors.As(err, &syntax)):
		return fmt.Sprintf("got %v, want a SyntaxError that is io.ErrUnexpectedEOF", err)
	case d.cut:
		return ""
	case d.limit != "" && (!errors.As(err, &limit) || limit.What != d.limit):
		return fmt.Sprintf("got %v, want a LimitError for %q", err, d.limit)
	case d.limit != "":
		return ""
	case d.syntax != "" && (isCut || !errors.As(err, &syntax)):
		return fmt.Sprintf("got %v, want a SyntaxError that is not cut", err)
	case d.syntax != "":
		return diff("soap: at "+d.syntax, err.Error())
	case err != nil:
		return err.Error()
	case replaced != d.replaced:
		return fmt.Sprintf("Replaced() = %d, want %d", replaced, d.replaced)
	default:
		return diff(d.want, got)
	}
}

func diff(want, got any) string {
	if d := cmp.Diff(want, got); d != "" {
		return "(-want +got):\n" + d
	}
	return ""
}
