package soap_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"strings"

	"github.com/go-ews/exchange/soap"
)

// getRooms and rooms are an operation that package ews does not have, GetRooms, written by hand: a
// request that is a BodyAppender and a response that is a BodyReader.
type getRooms struct{ list string }

func (g getRooms) AppendBody(dst []byte) ([]byte, error) {
	dst = append(dst, "<m:GetRooms>\n<m:RoomList>\n<t:EmailAddress>"...)
	dst, err := soap.AppendText(dst, g.list)
	if err != nil {
		return nil, fmt.Errorf("the room list's address: %w", err)
	}
	return append(dst, "</t:EmailAddress>\n</m:RoomList>\n</m:GetRooms>\n"...), nil
}

type rooms struct{ names []string }

func (g *rooms) ReadBody(r *soap.Reader) error {
	for name := range r.Children() {
		switch name {
		case xml.Name{Space: soap.NamespaceTypes, Local: "Name"}:
			text, _ := r.Text()
			g.names = append(g.names, text)
		case xml.Name{Space: soap.NamespaceMessages, Local: "Rooms"},
			xml.Name{Space: soap.NamespaceTypes, Local: "Room"},
			xml.Name{Space: soap.NamespaceTypes, Local: "Id"}:
			_ = g.ReadBody(r) // its children
		}
	}
	return r.Err()
}

func Example() {
	request, err := soap.AppendEnvelope(nil, nil, getRooms{"b&b@exchange.test"}.AppendBody)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, body, _ := strings.Cut(string(request), "<soap:Body>\n")
	fmt.Println(body)

	const response = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>
<GetRoomsResponse ResponseClass="Success" xmlns="http://schemas.microsoft.com/exchange/services/2006/messages">
<ResponseCode>NoError</ResponseCode><Rooms>
<t:Room xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><t:Id><t:Name>Blue</t:Name></t:Id></t:Room>
<t:Room xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><t:Id><t:Name>Red</t:Name></t:Id></t:Room>
</Rooms></GetRoomsResponse></s:Body></s:Envelope>`
	var found rooms
	fault, err := soap.ReadEnvelope(soap.NewReader(strings.NewReader(response), soap.Limits{}), nil, found.ReadBody)
	fmt.Println(found.names, fault, err)
	// Output:
	// <m:GetRooms>
	// <m:RoomList>
	// <t:EmailAddress>b&amp;b@exchange.test</t:EmailAddress>
	// </m:RoomList>
	// </m:GetRooms>
	// </soap:Body>
	// </soap:Envelope>
	// [Blue Red] <nil> <nil>
}

func ExampleAppendText() {
	dst, err := soap.AppendText(nil, "Research & Development")
	fmt.Printf("%s %v\n", dst, err)

	_, err = soap.AppendText(nil, "bell\a")
	fmt.Println(err)
	if char := new(soap.CharError); errors.As(err, &char) {
		fmt.Printf("%U at byte %d\n", char.Char, char.Index)
	}
	// Output:
	// Research &amp; Development <nil>
	// soap: XML 1.0 cannot carry the character U+0007 at byte 4
	// U+0007 at byte 4
}

func ExampleReader_Children() {
	const doc = `<list xmlns="urn:example:list"><item id="1">one</item><other/><item id="2">two</item></list>`
	r := soap.NewReader(strings.NewReader(doc), soap.Limits{})
	for range r.Children() { // the root
		for name := range r.Children() {
			if name == (xml.Name{Space: "urn:example:list", Local: "item"}) {
				id, _ := r.Attr("", "id") // before the text: it is gone afterwards
				text, _ := r.Text()
				fmt.Println(id, text)
			}
		}
	}
	fmt.Println("end:", r.Err())
	// Output:
	// 1 one
	// 2 two
	// end: <nil>
}

func ExampleReader_Tokens() {
	const doc = `<p:room xmlns:p="urn:example:room"><p:name>Blue</p:name><p:seats>8</p:seats></p:room>`
	r := soap.NewReader(strings.NewReader(doc), soap.Limits{})
	if _, err := r.Next(); err != nil {
		fmt.Println(err)
		return
	}
	var room struct {
		Name  string `xml:"urn:example:room name"`
		Seats int    `xml:"urn:example:room seats"`
	}
	err := xml.NewTokenDecoder(r.Tokens()).Decode(&room)
	fmt.Println(room.Name, room.Seats, err)
	// Output: Blue 8 <nil>
}

func ExampleReadEnvelope_fault() {
	const doc = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>
<faultcode>s:Client</faultcode><faultstring xml:lang="en-US">Denied.</faultstring>
<detail><reason xmlns="urn:example:reason">no rights</reason></detail></s:Fault></s:Body></s:Envelope>`
	fault, err := soap.ReadEnvelope(soap.NewReader(strings.NewReader(doc), soap.Limits{}), nil, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(fault)
	fmt.Println(fault.Code.Space == soap.NamespaceEnvelope, fault.Lang)
	var detail struct {
		Reason string `xml:"urn:example:reason reason"`
	}
	err = xml.Unmarshal([]byte("<detail>"+string(fault.Detail)+"</detail>"), &detail)
	fmt.Println(detail.Reason, err)
	// Output:
	// soap: fault Client: Denied.
	// true en-US
	// no rights <nil>
}

func ExampleSyntaxError() {
	r := soap.NewReader(strings.NewReader("<!DOCTYPE html>\n<html>"), soap.Limits{})
	_, err := r.Next()
	fmt.Println(err)
	// Output:
	// soap: at line 1, column 1: a document type declaration is not allowed in SOAP (SOAP 1.1, section 3)
}
