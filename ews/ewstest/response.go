package ewstest

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/internal/inprocess"
)

const headerRequestID = "Request-Id"

// response is what a request is served with: an HTTP response, or the error in place of one.
type response = inprocess.Response

// xmlResponse returns a document. Exchange names the charset on each.
func xmlResponse(status int, root node) *response {
	return inprocess.NewResponse(status, "text/xml; charset=utf-8", root.document())
}

// refusal responds with an error in the response message of op.
func (s *Server) refusal(op string, e *ews.Error) *response {
	details := node{}
	if len(e.Details) > 0 {
		details = el("m:MessageXml", values(e.Details)...)
	}
	return s.message(op, "Error",
		optional("m:MessageText", s.messageOf(e)),
		leaf("m:ResponseCode", string(e.Code)),
		leaf("m:DescriptiveLinkKey", "0"),
		details)
}

// message responds with the response message of op, always with HTTP 200.
func (s *Server) message(op, class string, content ...node) *response {
	path := messagePath(op)
	n := el("m:"+path[len(path)-1], content...).with("ResponseClass", class)
	for _, name := range slices.Backward(path[:len(path)-1]) {
		n = el("m:"+name, n)
	}
	return s.respond(n)
}

// respond wraps the content of soap:Body in an envelope with the server's version in its header.
func (s *Server) respond(content node) *response {
	v := s.opts.ServerVersion
	attrs := []string{
		"MajorVersion", strconv.Itoa(v.Major), "MinorVersion", strconv.Itoa(v.Minor),
		"MajorBuildNumber", strconv.Itoa(v.MajorBuild), "MinorBuildNumber", strconv.Itoa(v.MinorBuild),
	}
	if v.Version != "" {
		attrs = append(attrs, "Version", v.Version)
	}
	return xmlResponse(http.StatusOK, el("s:Envelope",
		el("s:Header", leaf("h:ServerVersionInfo", "", append(attrs, "xmlns:h", typesSpace)...)),
		el("s:Body", content).with(
			"xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance",
			"xmlns:xsd", "http://www.w3.org/2001/XMLSchema",
			"xmlns:m", messagesSpace, "xmlns:t", typesSpace),
	).with("xmlns:s", envelopeSpace))
}

// fault responds with a SOAP fault. The parts of e.Fault stay as they are, the rest is made of e's
// code, message and details.
func (s *Server) fault(e *ews.Error) *response {
	code := xml.Name{Space: typesSpace, Local: string(e.Code)}
	if e.Code == "" {
		code = xml.Name{Space: envelopeSpace, Local: "Server"}
	}
	text, lang, actor := s.messageOf(e), s.opts.Language, ""
	detail := faultDetail(e.Code, text, values(e.Details)...)
	if f := e.Fault; f != nil {
		if f.Code.Local != "" {
			code = f.Code
		}
		text, lang, actor = cmp.Or(f.String, text), cmp.Or(f.Lang, lang), f.Actor
		if f.Detail != nil {
			detail = []node{{text: string(f.Detail)}}
		}
	}
	return faultResponse(e.Info, code,
		leaf("faultstring", text, "xml:lang", lang),
		optional("faultactor", actor),
		el("detail", detail...))
}

// schemaFault responds with a violation. It stands in the fault twice, as in the documented sample.
func (s *Server) schemaFault(e *ews.SchemaValidationError) *response {
	from := e.Err
	if from == nil {
		from = &ews.Error{}
	}
	if from.Fault != nil {
		return s.fault(from)
	}
	const message = "The request failed schema validation"
	return faultResponse(from.Info, xml.Name{Space: typesSpace, Local: string(ews.ErrorSchemaValidation)},
		leaf("faultstring", message+": "+e.Violation, "xml:lang", s.opts.Language),
		el("detail", faultDetail(ews.ErrorSchemaValidation, message+".",
			leaf("t:LineNumber", strconv.Itoa(e.Line)),
			leaf("t:LinePosition", strconv.Itoa(e.Position)),
			leaf("t:Violation", e.Violation))...))
}

// notUnderstood responds as SOAP 1.1 demands (section 4.4.1), in the words of .NET's services.
func (s *Server) notUnderstood(header xml.Name) *response {
	const code = "MustUnderstand"
	return faultResponse(ews.ResponseInfo{}, xml.Name{Space: envelopeSpace, Local: code},
		leaf("faultstring", fmt.Sprintf(codes.value(code, 2), header.Local, header.Space), "xml:lang", s.opts.Language))
}

// faultResponse responds with a fault of that code and those other children. Exchange sends it with
// HTTP 500, unless info has another status, and without ServerVersionInfo.
func faultResponse(info ews.ResponseInfo, code xml.Name, children ...node) *response {
	faultCode := leaf("faultcode", code.Local)
	if code.Space != "" {
		faultCode = leaf("faultcode", "a:"+code.Local, "xmlns:a", code.Space)
	}
	children = append([]node{faultCode}, children...)
	r := xmlResponse(cmp.Or(info.StatusCode, http.StatusInternalServerError),
		el("s:Envelope", el("s:Body", el("s:Fault", children...))).with("xmlns:s", envelopeSpace))
	if info.RequestID != "" {
		r.Header.Set(headerRequestID, info.RequestID)
	}
	return r
}

// faultDetail returns the content of a fault's detail.
func faultDetail(code ews.ResponseCode, message string, messageXML ...node) []node {
	var detail []node
	if code != "" {
		detail = append(detail, leaf("e:ResponseCode", string(code), "xmlns:e", errorsSpace))
	}
	detail = append(detail, leaf("e:Message", message, "xmlns:e", errorsSpace))
	if len(messageXML) > 0 {
		detail = append(detail, el("t:MessageXml", messageXML...).with("xmlns:t", typesSpace))
	}
	return detail
}

// values returns the entries of a MessageXml, ordered by name.
func values(details map[string]string) []node {
	return each(slices.Sorted(maps.Keys(details)), func(name string) node {
		return leaf("t:Value", details[name], "Name", name)
	})
}

// page responds without SOAP.
func page(e *ews.HTTPError) *response {
	r := &response{
		Status: e.StatusCode, Header: maps.Clone(e.Header), Body: e.Body, Size: len(e.Body), Verbatim: true,
	}
	if r.Status < 200 || r.Status > 999 {
		r.Status = http.StatusInternalServerError
	}
	if r.Header == nil {
		r.Header = http.Header{}
	}
	if n, err := strconv.Atoi(r.Header.Get("Content-Length")); err == nil && n >= 0 {
		r.Size = n
		r.Body = r.Body[:min(n, len(r.Body))]
	}
	return r
}
