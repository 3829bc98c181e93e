package inprocess

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"strconv"
)

// Serve is RoundTrip for a request that came over a connection. A response that is an error, or cut,
// ends the connection by [http.ErrAbortHandler], which a server does not log.
func Serve(
	w http.ResponseWriter, r *http.Request, maxBody int64, serve func(r *http.Request, body []byte) *Response,
) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil {
		return // the client went away in the middle of its request
	}
	resp := serve(r, body)
	if resp.Err != nil {
		abort()
	}
	h := w.Header()
	maps.Copy(h, resp.Header)
	h.Set("Content-Length", strconv.Itoa(resp.Size))
	w.WriteHeader(resp.Status)
	if _, err = w.Write(resp.Body); err != nil || len(resp.Body) == resp.Size {
		return
	}
	if err := http.NewResponseController(w).Flush(); err == nil { // else there is no connection to end
		abort()
	}
}

// abort ends the connection without a word, as the documentation of http.Handler says.
func abort() {
	panic(http.ErrAbortHandler) //nolint:forbidigo // net/http's way to drop a connection, HTTP/2 included
}
