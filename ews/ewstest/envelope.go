package ewstest

import (
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/go-ews/exchange/ews"
)

const prolog = `<?xml version="1.0" encoding="utf-8"?>`

// envelope wraps what body writes in an envelope with the server's version in its header.
func (s *Server) envelope(body func(*writer)) []byte {
	var w writer
	v := s.version
	w.raw(prolog)
	w.open("s:Envelope", "xmlns:s", envelopeSpace)
	w.open("s:Header")
	attrs := []string{
		"MajorVersion", strconv.Itoa(v.Major), "MinorVersion", strconv.Itoa(v.Minor),
		"MajorBuildNumber", strconv.Itoa(v.MajorBuild), "MinorBuildNumber", strconv.Itoa(v.MinorBuild),
	}
	if v.Version != "" {
		attrs = append(attrs, "Version", v.Version)
	}
	w.empty("h:ServerVersionInfo", append(attrs, "xmlns:h", typesSpace)...)
	w.close("s:Header")
	w.open("s:Body",
		"xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance",
		"xmlns:xsd", "http://www.w3.org/2001/XMLSchema",
		"xmlns:m", messagesSpace, "xmlns:t", typesSpace)
	body(&w)
	w.close("s:Body")
	w.close("s:Envelope")
	return w.buf
}

// success answers with the response element of op: NoError, then the payload.
func (s *Server) success(op string, payload []byte) *answer {
	return xmlAnswer(http.StatusOK, s.envelope(func(w *writer) {
		name := "m:" + op + "Response"
		w.open(name, "ResponseClass", "Success")
		w.text("m:ResponseCode", string(ews.NoError))
		w.buf = append(w.buf, payload...)
		w.close(name)
	}))
}

// refusal answers with the response element of op that says what is wrong, and with HTTP 200, as
// for a success.
func (s *Server) refusal(op string, e *ews.Error) *answer {
	return xmlAnswer(http.StatusOK, s.envelope(func(w *writer) {
		name := "m:" + op + "Response"
		w.open(name, "ResponseClass", "Error")
		w.optional("m:MessageText", messageOf(e))
		w.text("m:ResponseCode", string(e.Code))
		w.text("m:DescriptiveLinkKey", "0")
		if len(e.Details) > 0 {
			w.open("m:MessageXml")
			w.values(e.Details)
			w.close("m:MessageXml")
		}
		w.close(name)
	}))
}

// values writes the entries of a MessageXml, ordered by name.
func (w *writer) values(details map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(details)) {
		w.text("t:Value", details[name], "Name", name)
	}
}
