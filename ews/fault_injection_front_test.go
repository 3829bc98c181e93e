package ews_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
)

// instead executes the request and responds with something else.
func instead(status int, body string) front {
	return func(w http.ResponseWriter, execute func() *httptest.ResponseRecorder) {
		execute()
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body) // the client may have gone
	}
}

func redirect(status int, location string) front {
	return func(w http.ResponseWriter, execute func() *httptest.ResponseRecorder) {
		execute()
		w.Header().Set("Location", location)
		w.WriteHeader(status)
	}
}

func busyFor(after string) front {
	return func(w http.ResponseWriter, _ func() *httptest.ResponseRecorder) {
		w.Header().Set("Retry-After", after)
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

// wrongLength announces more or less than the response has, and sends what HTTP lets through.
func wrongLength(by int) front {
	return func(w http.ResponseWriter, execute func() *httptest.ResponseRecorder) {
		body := execute().Body.Bytes()
		length := len(body) + by
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(length))
		_, _ = w.Write(body[:min(length, len(body))])
	}
}

// endlessly begins like this and goes on with blanks until the client closes the connection.
func endlessly(start string) front {
	return func(w http.ResponseWriter, execute func() *httptest.ResponseRecorder) {
		execute()
		_, err := io.WriteString(w, start)
		for blanks := []byte(strings.Repeat(" ", 32<<10)); err == nil; {
			_, err = w.Write(blanks)
		}
	}
}

// endlessHeader is a header beyond what net/http reads.
func endlessHeader(w http.ResponseWriter, execute func() *httptest.ResponseRecorder) {
	execute()
	w.Header().Set("X-Endless", strings.Repeat("x", 1<<20))
	w.WriteHeader(http.StatusOK)
}

// endlessEntry is the beginning of a header entry, which clients skip to its end.
const endlessEntry = `<a:Envelope xmlns:a="http://schemas.xmlsoap.org/soap/envelope/"><a:Header><entry>`

// packed is a text of 24 MiB in as many kilobytes.
func packed(start string) front {
	var small bytes.Buffer
	z := gzip.NewWriter(&small)
	_, _ = io.WriteString(z, start) // to memory
	blanks := bytes.Repeat([]byte(" "), 1<<20)
	for range 24 {
		_, _ = z.Write(blanks)
	}
	_ = z.Close()
	return func(w http.ResponseWriter, execute func() *httptest.ResponseRecorder) {
		execute()
		w.Header().Set("Content-Type", "text/xml")
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(small.Bytes())
	}
}
