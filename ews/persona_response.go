package ews

import (
	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/soap"
)

// personaResponse is the answer of AddNewImContactToGroup and AddNewTelUriContactToGroup.
type personaResponse struct {
	ResponseMessage
	op      string
	persona *imgroup.Persona
}

func (p *personaResponse) message() *ResponseMessage     { return &p.ResponseMessage }
func (p *personaResponse) ReadBody(r *soap.Reader) error { return readResponse(r, p.op, p) }
func (p *personaResponse) reset()                        { *p = personaResponse{op: p.op} }

func (p *personaResponse) readPayload(r *soap.Reader) error {
	if r.Name().Local != "Persona" {
		return r.Skip()
	}
	if p.persona != nil {
		return errTwice("m:Persona")
	}
	p.persona = new(imgroup.Persona)
	return readPersona(r, p.persona)
}

// Err reports what the server said, and a success without the persona or its id.
func (p *personaResponse) Err() error {
	if err := p.ResponseMessage.Err(); err != nil {
		return err
	}
	if p.persona == nil {
		return errMissing("m:Persona")
	}
	if p.persona.PersonaID.ID == "" {
		return errMissing("t:PersonaId")
	}
	return nil
}
