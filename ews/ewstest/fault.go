package ewstest

import (
	"cmp"
	"net/http"
	"strconv"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/internal/dotnet"
)

// fault answers with a SOAP fault. Exchange sends it with HTTP 500 and without ServerVersionInfo.
// What e.Fault says goes as it stands, the rest is made of e's code, message and details.
func fault(e *ews.Error) *answer {
	code, space, text := string(e.Code), typesSpace, messageOf(e)
	lang, actor := "en-US", ""
	var detail []byte
	if f := e.Fault; f != nil {
		if f.Code.Local != "" {
			code, space = f.Code.Local, f.Code.Space
		}
		text, lang = cmp.Or(f.String, text), cmp.Or(f.Lang, lang)
		actor, detail = f.Actor, f.Detail
	}
	if code == "" {
		code, space = "Server", envelopeSpace
	}
	if detail == nil {
		detail = faultDetail(e)
	}
	return faultAnswer(e, func(w *writer) {
		w.faultCode(space, code)
		w.text("faultstring", text, "xml:lang", lang)
		w.optional("faultactor", actor)
		w.open("detail")
		w.buf = append(w.buf, detail...)
		w.close("detail")
	})
}

// notUnderstood answers as SOAP 1.1 asks for (section 4.4.1), in the words of the .NET service that
// Exchange is.
func notUnderstood(header string) *answer {
	return faultAnswer(&ews.Error{}, func(w *writer) {
		w.text("faultcode", "s:MustUnderstand")
		w.text("faultstring", "The header "+header+" was not understood by the recipient of this message, "+
			"causing the message to not be processed.  This error typically indicates that the sender of this "+
			"message has enabled a communication protocol that the receiver cannot process.  Please ensure that "+
			"the configuration of the client's binding is consistent with the service's binding. ", "xml:lang", "en-US")
	})
}

// schemaFault answers with what .NET's parser has against the request. The violation stands in it
// twice, as in the documented sample.
func schemaFault(v dotnet.Violation) *answer {
	return schemaError(&ews.SchemaValidationError{Line: v.Line, Position: v.Position, Violation: v.Text})
}

func schemaError(e *ews.SchemaValidationError) *answer {
	from := e.Err
	if from == nil {
		from = &ews.Error{}
	}
	if from.Fault != nil {
		return fault(from)
	}
	return faultAnswer(from, func(w *writer) {
		const message = "The request failed schema validation"
		w.faultCode(typesSpace, string(ews.ErrorSchemaValidation))
		w.text("faultstring", message+": "+e.Violation, "xml:lang", "en-US")
		w.open("detail")
		w.text("e:ResponseCode", string(ews.ErrorSchemaValidation), "xmlns:e", errorsSpace)
		w.text("e:Message", message+".", "xmlns:e", errorsSpace)
		w.open("t:MessageXml", "xmlns:t", typesSpace)
		w.text("t:LineNumber", strconv.Itoa(e.Line))
		w.text("t:LinePosition", strconv.Itoa(e.Position))
		w.text("t:Violation", e.Violation)
		w.close("t:MessageXml")
		w.close("detail")
	})
}

// faultAnswer wraps the children of a fault.
func faultAnswer(e *ews.Error, children func(*writer)) *answer {
	var w writer
	w.raw(prolog)
	w.open("s:Envelope", "xmlns:s", envelopeSpace)
	w.open("s:Body")
	w.open("s:Fault")
	children(&w)
	w.close("s:Fault")
	w.close("s:Body")
	w.close("s:Envelope")
	a := xmlAnswer(cmp.Or(e.Info.StatusCode, http.StatusInternalServerError), w.buf)
	if e.Info.RequestID != "" {
		a.header.Set(headerRequestID, e.Info.RequestID)
	}
	return a
}

// faultCode writes a qualified name, whose prefix is declared beside it.
func (w *writer) faultCode(space, local string) {
	if space == "" {
		w.text("faultcode", local)
		return
	}
	w.text("faultcode", "a:"+local, "xmlns:a", space)
}

// faultDetail is the content of the detail of a fault that brings none of its own.
func faultDetail(e *ews.Error) []byte {
	var w writer
	if e.Code != "" {
		w.text("e:ResponseCode", string(e.Code), "xmlns:e", errorsSpace)
	}
	w.text("e:Message", messageOf(e), "xmlns:e", errorsSpace)
	if len(e.Details) > 0 {
		w.open("t:MessageXml", "xmlns:t", typesSpace)
		w.values(e.Details)
		w.close("t:MessageXml")
	}
	return w.buf
}
