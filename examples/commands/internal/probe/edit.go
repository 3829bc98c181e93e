package probe

import (
	"bytes"
	"context"
	"io"
	"net/http"
)

type editKey struct{}

// edit is a replacement in the envelope of a request, for what the client does not send.
type edit struct{ old, replacement string }

// editing returns a context whose requests are edited by an [editor].
func editing(ctx context.Context, old, replacement string) context.Context {
	return context.WithValue(ctx, editKey{}, edit{old, replacement})
}

// editor is a RoundTripper that makes the edits of the context.
type editor struct{ base http.RoundTripper }

func (t editor) RoundTrip(r *http.Request) (*http.Response, error) {
	e, ok := r.Context().Value(editKey{}).(edit)
	if !ok || r.Body == nil {
		return t.base.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err := firstError(err, r.Body.Close()); err != nil {
		return nil, err
	}
	body = bytes.Replace(body, []byte(e.old), []byte(e.replacement), 1)
	r = r.Clone(r.Context())
	r.ContentLength = int64(len(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.Body = io.NopCloser(bytes.NewReader(body))
	return t.base.RoundTrip(r)
}

func (t editor) CloseIdleConnections() { (&http.Client{Transport: t.base}).CloseIdleConnections() }

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
