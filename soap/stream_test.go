package soap_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/go-ews/exchange/soap"
)

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSpace(b)
}

// A document that ends early is distinguished from a malformed one, at every place.
func TestReader_CutAtEveryByte(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"AddImGroup/success.xml", "faults/schema_validation.xml", "faults/server_busy.xml", "unusual_but_valid.xml",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole := fixture(t, name)
			for size := range whole {
				fault, err := soap.ReadEnvelope(soap.NewReader(bytes.NewReader(whole[:size]), soap.Limits{}), nil, nil)
				if fault != nil || !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Fatalf("cut at byte %d (…%q): %v, %v", size, whole[max(0, size-20):size], fault, err)
				}
				if _, ok := errors.AsType[*soap.SyntaxError](err); !ok {
					t.Fatalf("cut at byte %d: %v is no SyntaxError", size, err)
				}
			}
		})
	}
}

func TestReader_SourceErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset by peer")
	tests := []struct {
		name string
		src  io.Reader
		want error
	}{
		{"at once", iotest.ErrReader(broken), broken},
		{"in the middle", io.MultiReader(strings.NewReader("<a><b>\r"), iotest.ErrReader(broken)), broken},
		{"behind the root", io.MultiReader(strings.NewReader("<a/>"), iotest.ErrReader(broken)), broken},
		{"with the last bytes", &lastWords{"<a><b", broken}, broken},
		{"a time-out", iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("<a/>"))), iotest.ErrTimeout},
		{"a body shorter than promised", &lastWords{"<a/>", io.ErrUnexpectedEOF}, io.ErrUnexpectedEOF},
		{"neither bytes nor an error", stalled{}, io.ErrNoProgress},
		{"no source", nil, io.ErrUnexpectedEOF},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, _, err := dump(tt.src, soap.Limits{}); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

// lastWords returns its text and its error in one call.
type lastWords struct {
	text string
	err  error
}

func (l *lastWords) Read(p []byte) (int, error) {
	n := copy(p, l.text)
	l.text = l.text[n:]
	return n, l.err
}

type stalled struct{}

func (stalled) Read([]byte) (int, error) { return 0, nil }

func TestReader_ImpossibleCount(t *testing.T) {
	t.Parallel()
	for _, count := range []int{-1, 1 << 30} {
		_, _, err := dump(readerFunc(func([]byte) (int, error) { return count, nil }), soap.Limits{})
		if err == nil || !strings.Contains(err.Error(), "impossible count") {
			t.Errorf("a source that returns %d: %v", count, err)
		}
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// Every limit holds at its exact value.
func TestReader_Limits(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		doc  string // within the limits; one more of anything is beyond
		more string
		l    soap.Limits
		want soap.LimitError
	}{
		{"bytes", "<a>123</a>", "<a>1234</a>", soap.Limits{Bytes: 10}, soap.LimitError{What: "bytes", Limit: 10}},
		{
			"bytes behind the root", "<a/>  ", "<a/>   ",
			soap.Limits{Bytes: 6},
			soap.LimitError{What: "bytes", Limit: 6},
		},
		{
			"depth", "<a><b/><b/></a>", "<a><b><c/></b></a>",
			soap.Limits{Depth: 2},
			soap.LimitError{What: "levels of elements", Limit: 2},
		},
		{
			"attributes", "<a b='' xmlns='u'/>", "<a b='' c='' xmlns='u'/>",
			soap.Limits{Attrs: 2},
			soap.LimitError{What: "attributes in one element", Limit: 2},
		},
		{
			"start tag", "<abcd></abcd>", "<abcde></abcde>",
			soap.Limits{TagBytes: 6},
			soap.LimitError{What: "bytes in one start tag", Limit: 6},
		},
		{
			"start tag with an attribute", "<a b='1'/>", "<a b='12'/>",
			soap.Limits{TagBytes: 10},
			soap.LimitError{What: "bytes in one start tag", Limit: 10},
		},
		{
			"end tag", "<a></a >", "<a></a" + strings.Repeat(" ", 20) + ">",
			soap.Limits{TagBytes: 10},
			soap.LimitError{What: "bytes in one end tag", Limit: 10},
		},
		{
			"XML declaration", "<?xml version='1.0'?><a/>", "<?xml version='1.0'" + strings.Repeat(" ", 100) + "?><a/>",
			soap.Limits{TagBytes: 50},
			soap.LimitError{What: "bytes in one start tag", Limit: 50},
		},
	}
	for _, tt := range tests {
		for _, way := range deliveries {
			t.Run(tt.name+"/"+way.name, func(t *testing.T) {
				t.Parallel()
				if _, _, err := dump(way.read(tt.doc), tt.l); err != nil {
					t.Errorf("within the limit: %v", err)
				}
				_, _, err := dump(way.read(tt.more), tt.l)
				var limit *soap.LimitError
				if !errors.As(err, &limit) || *limit != tt.want {
					t.Errorf("beyond the limit: %v, want %v", err, &tt.want)
				}
			})
		}
	}
}

// Peek shows the beginning, says why there is no more, and reads nothing.
func TestReader_Peek(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset by peer")
	const doc = "<a>b</a>"
	tests := []struct {
		name string
		src  io.Reader
		n    int
		want string
		err  error
	}{
		{"some", strings.NewReader(doc), 3, doc, nil},
		{"byte by byte", iotest.OneByteReader(strings.NewReader(doc)), 3, "<a>", nil},
		{"all", iotest.OneByteReader(strings.NewReader(doc)), len(doc), doc, nil},
		{"more than there is", iotest.OneByteReader(strings.NewReader(doc)), 9, doc, io.EOF},
		{"nothing there", strings.NewReader(""), 1, "", io.EOF},
		{"a source that breaks", &lastWords{"<a>", broken}, 9, "<a>", broken},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := soap.NewReader(tt.src, soap.Limits{})
			for range 2 {
				got, err := r.Peek(tt.n)
				if string(got) != tt.want || !errors.Is(err, tt.err) || r.Offset() != 0 {
					t.Errorf("Peek(%d) = %q, %v, at %d; want %q, %v", tt.n, got, err, r.Offset(), tt.want, tt.err)
				}
			}
			if got, err := dumpBy(r); tt.want == doc && (err != nil || got != `a("b")`) {
				t.Errorf("and then: %s, %v", got, err)
			}
		})
	}
	r := soap.NewReader(strings.NewReader(doc), soap.Limits{Bytes: 4})
	got, err := r.Peek(9)
	if _, ok := errors.AsType[*soap.LimitError](err); !ok || !strings.HasPrefix(doc, string(got)) {
		t.Errorf("beyond the limit: %q, %v", got, err)
	}
}
