package main

import (
	"fmt"
	"strings"
	"sync"
)

const (
	nsEnvelope = "http://schemas.xmlsoap.org/soap/envelope/"
	nsTypes    = "http://schemas.microsoft.com/exchange/services/2006/types"
	nsMessages = "http://schemas.microsoft.com/exchange/services/2006/messages"
)

// An id of the length that real ones have.
const storeID = "AAMkADg0ZTkzMmI1LTFlYzItNDJhNy1hYjhmLWU3ZmU1YzA5N2Y0ZgBGAAAAAADcYsFzKbGXS5gqbRVd9uqCBwDkK2v0n" +
	"9pQRrXCJkXkY4H8AAAAAAEOAADkK2v0n9pQRrXCJkXkY4H8AAAJm0xyAAA="

const responseStart = `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="` + nsEnvelope + `"><s:Header>` +
	`<h:ServerVersionInfo MajorVersion="15" MinorVersion="2" MajorBuildNumber="2562" MinorBuildNumber="17" ` +
	`Version="V2017_07_11" xmlns:h="` + nsTypes + `" xmlns="` + nsTypes + `" ` +
	`xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/></s:Header>` +
	`<s:Body xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">`

const responseEnd = `</s:Body></s:Envelope>`

// addImGroupDocument returns the response for the n-th group.
func addImGroupDocument(n int) string {
	return addImGroupDocumentStart + numbered(n) + addImGroupDocumentEnd
}

const addImGroupDocumentStart = responseStart + `<AddImGroupResponse ResponseClass="Success" xmlns="` + nsMessages + `">` +
	`<ResponseCode>NoError</ResponseCode><ImGroup><DisplayName xmlns="` + nsTypes + `">MyCustomGroup</DisplayName>` +
	`<GroupType xmlns="` + nsTypes + `">IPM.DistList.MOC.UserGroup</GroupType><ExchangeStoreId Id="`

const addImGroupDocumentEnd = `" ChangeKey="EgAAABYAAADkK2v0n9pQRrXCJkXkY4H8AAAJ" xmlns="` + nsTypes + `"/></ImGroup></AddImGroupResponse>` + responseEnd

// addImGroupRequest is the request of the floor, with the header of the clients.
const addImGroupRequest = `<?xml version="1.0" encoding="utf-8"?>
<soap:Envelope xmlns:soap="` + nsEnvelope + `" xmlns:t="` + nsTypes + `" xmlns:m="` + nsMessages + `">
<soap:Header>
<t:RequestServerVersion Version="Exchange2013"/>
</soap:Header>
<soap:Body>
<m:AddImGroup>
<m:DisplayName>MyCustomGroup</m:DisplayName>
</m:AddImGroup>
</soap:Body>
</soap:Envelope>`

// wsdl is the service description that gosoap reads before it calls.
const wsdl = `<?xml version="1.0"?><wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" ` +
	`xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" targetNamespace="` + nsMessages + `">` +
	`<wsdl:types><xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="` + nsMessages + `"/></wsdl:types>` +
	`<wsdl:portType name="ExchangeServicePortType"><wsdl:operation name="AddImGroup"/></wsdl:portType>` +
	`<wsdl:binding name="b"><wsdl:operation name="AddImGroup"><soap:operation soapAction="` + nsMessages + `/AddImGroup"/>` +
	`</wsdl:operation></wsdl:binding>` +
	`<wsdl:service name="s"><wsdl:port name="p"><soap:address location="LOCATION"/></wsdl:port></wsdl:service></wsdl:definitions>`

// lists caches the documents by their size.
type lists struct {
	mu   sync.Mutex
	docs map[[2]int][]byte
}

// get returns a GetImItemList response with so many groups and personas of about 3 kB each.
func (l *lists) get(groups, personas int) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := [2]int{groups, personas}
	if l.docs == nil {
		l.docs = make(map[[2]int][]byte)
	}
	if l.docs[key] == nil {
		l.docs[key] = []byte(listDocument(groups, personas))
	}
	return l.docs[key]
}

func listDocument(groups, personas int) string {
	var b strings.Builder
	b.WriteString(responseStart + `<GetImItemListResponse ResponseClass="Success" xmlns="` + nsMessages +
		`"><ResponseCode>NoError</ResponseCode><ImItemList><Groups xmlns="` + nsTypes + `">`)
	for g := range groups {
		fmt.Fprintf(&b, `<ImGroup><DisplayName>Group %d</DisplayName><GroupType>IPM.DistList.MOC.UserGroup</GroupType>`+
			`<ExchangeStoreId Id="%s" ChangeKey="EgAAAA=="/><MemberCorrelationKey>`, g, numbered(g))
		for p := g; p < personas; p += groups {
			fmt.Fprintf(&b, `<ItemId Id="%s" ChangeKey="EQAAABYAAADkK2v0"/>`, numbered(p))
		}
		if g >= personas {
			fmt.Fprintf(&b, `<ItemId Id="%s"/>`, numbered(g))
		}
		b.WriteString(`</MemberCorrelationKey></ImGroup>`)
	}
	b.WriteString(`</Groups><Personas xmlns="` + nsTypes + `">`)
	for p := range personas {
		writePersona(&b, p)
	}
	b.WriteString(`</Personas></ImItemList></GetImItemListResponse>` + responseEnd)
	return b.String()
}

// numbered returns an id of real length with the number n.
func numbered(n int) string { return fmt.Sprintf("%s%08d%s", storeID[:120], n, storeID[128:]) }

// isNumbered reports whether id is one of those.
func isNumbered(id string) bool {
	return len(id) == len(storeID) && id[:120] == storeID[:120] && id[128:] == storeID[128:]
}

func writePersona(b *strings.Builder, n int) {
	name, address := fmt.Sprintf("Person Number %d", n), fmt.Sprintf("person%d@contoso.com", n)
	email := `<Name>` + name + `</Name><EmailAddress>` + address + `</EmailAddress><RoutingType>SMTP</RoutingType>`
	attributed := func(list, element, value string) string {
		return `<` + list + `><` + element + `><Value>` + value + `</Value><Attributions><Attribution>0</Attribution>` +
			`</Attributions></` + element + `></` + list + `>`
	}
	b.WriteString(`<Persona><PersonaId Id="` + numbered(n) + `"/><PersonaType>Person</PersonaType>` +
		`<CreationTime>2026-03-01T09:26:53Z</CreationTime><DisplayName>` + name + `</DisplayName><DisplayNameFirstLast>` +
		name + `</DisplayNameFirstLast><DisplayNameLastFirst>` + name + `</DisplayNameLastFirst><FileAs>` + name +
		`</FileAs><FileAsId>None</FileAsId><GivenName>Person</GivenName><Surname>Number</Surname><EmailAddress>` + email +
		`</EmailAddress><EmailAddresses><Address>` + email + `</Address></EmailAddresses><ImAddress>` + address +
		`</ImAddress><RelevanceScore>2147483647</RelevanceScore><Attributions><Attribution><Id>0</Id><SourceId Id="` +
		numbered(n) + `" ChangeKey="EQAAABYAAADkK2v0n9pQRrXCJkXkY4H8AAAJ"/><DisplayName>Lync Contacts</DisplayName>` +
		`<IsWritable>false</IsWritable><IsQuickContact>true</IsQuickContact><IsHidden>false</IsHidden><FolderId Id="` +
		storeID + `" ChangeKey="AQAAAA=="/></Attribution></Attributions>`)
	for _, list := range []string{"DisplayNames", "FileAses", "FileAsIds", "GivenNames", "Surnames"} {
		b.WriteString(attributed(list, "StringAttributedValue", name))
	}
	b.WriteString(attributed("HomePhones", "PhoneNumberAttributedValue", `<Number>5625550100</Number><Type>Home</Type>`))
	b.WriteString(attributed("Emails1", "EmailAddressAttributedValue", email))
	b.WriteString(attributed("ImAddresses", "StringAttributedValue", address))
	b.WriteString(`</Persona>`)
}
