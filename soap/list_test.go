package soap_test

import (
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/go-ews/exchange/soap"
)

// A request and responses like those of package ews.

type request struct{ name string }

func (r *request) appendHeader(dst []byte) ([]byte, error) {
	return append(dst, `<t:RequestServerVersion Version="Exchange2013"/>`+"\n"...), nil
}

func (r *request) AppendBody(dst []byte) ([]byte, error) {
	dst = append(dst, "<m:AddImGroup>\n<m:DisplayName>"...)
	dst, err := soap.AppendText(dst, r.name)
	if err != nil {
		return nil, err
	}
	return append(dst, "</m:DisplayName>\n</m:AddImGroup>\n"...), nil
}

type group struct{ class, code, name, kind, id, changeKey string }

func (g *group) read(r *soap.Reader) error {
	g.class, _ = r.Attr("", "ResponseClass")
	for name := range r.Children() {
		switch name.Local {
		case "ResponseCode":
			g.code, _ = r.Text()
		case "ImGroup":
			_ = g.readGroup(r)
		}
	}
	return r.Err()
}

func (g *group) readGroup(r *soap.Reader) error {
	for name := range r.Children() {
		switch name.Local {
		case "DisplayName":
			g.name, _ = r.Text()
		case "GroupType":
			g.kind, _ = r.Text()
		case "ExchangeStoreId":
			g.id, _ = r.Attr("", "Id")
			g.changeKey, _ = r.Attr("", "ChangeKey")
		}
	}
	return r.Err()
}

// persona is the part of t:Persona that the operations need.
type persona struct {
	ID           itemID        `xml:"PersonaId"`
	PersonaType  string        `xml:"PersonaType"`
	DisplayName  string        `xml:"DisplayName"`
	GivenName    string        `xml:"GivenName"`
	Surname      string        `xml:"Surname"`
	ImAddress    string        `xml:"ImAddress"`
	Attributions []attribution `xml:"Attributions>Attribution"`
}

type itemID struct {
	ID        string `xml:"Id,attr"`
	ChangeKey string `xml:"ChangeKey,attr"`
}

type attribution struct {
	ID             string `xml:"Id"`
	SourceID       itemID `xml:"SourceId"`
	DisplayName    string `xml:"DisplayName"`
	IsWritable     string `xml:"IsWritable"`
	IsQuickContact string `xml:"IsQuickContact"`
	IsHidden       string `xml:"IsHidden"`
	FolderID       itemID `xml:"FolderId"`
}

// imGroup is a t:ImGroup of a list.
type imGroup struct {
	DisplayName string   `xml:"DisplayName"`
	GroupType   string   `xml:"GroupType"`
	ID          itemID   `xml:"ExchangeStoreId"`
	Members     []itemID `xml:"MemberCorrelationKey>ItemId"`
}

// imList is the result of GetImItemList.
type imList struct {
	Groups   []imGroup
	Personas []persona
}

// imListEnvelope is the response for encoding/xml.
type imListEnvelope struct {
	XMLName  xml.Name  `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
	Groups   []imGroup `xml:"Body>GetImItemListResponse>ImItemList>Groups>ImGroup"`
	Personas []persona `xml:"Body>GetImItemListResponse>ImItemList>Personas>Persona"`
}

func readList(r *soap.Reader) (list imList, err error) {
	read := func(r *soap.Reader) error {
		return path(r, []string{"ImItemList"}, func() error { return list.read(r) })
	}
	_, err = soap.ReadEnvelope(r, nil, read)
	return list, err
}

func (l *imList) read(r *soap.Reader) error {
	for name := range r.Children() {
		switch name.Local {
		case "Groups":
			_ = path(r, []string{"ImGroup"}, func() error {
				l.Groups = append(l.Groups, imGroup{})
				return l.Groups[len(l.Groups)-1].read(r)
			})
		case "Personas":
			_ = path(r, []string{"Persona"}, func() error {
				l.Personas = append(l.Personas, persona{})
				return l.Personas[len(l.Personas)-1].read(r)
			})
		}
	}
	return r.Err()
}

func (g *imGroup) read(r *soap.Reader) error {
	for name := range r.Children() {
		switch name.Local {
		case "DisplayName":
			g.DisplayName, _ = r.Text()
		case "GroupType":
			g.GroupType, _ = r.Text()
		case "ExchangeStoreId":
			_ = g.ID.read(r)
		case "MemberCorrelationKey":
			_ = path(r, []string{"ItemId"}, func() error {
				g.Members = append(g.Members, itemID{})
				return g.Members[len(g.Members)-1].read(r)
			})
		}
	}
	return r.Err()
}

// path calls found on every element at the end of the path.
func path(r *soap.Reader, steps []string, found func() error) error {
	if len(steps) == 0 {
		return found()
	}
	for name := range r.Children() {
		if name.Local == steps[0] {
			_ = path(r, steps[1:], found)
		}
	}
	return r.Err()
}

func (p *persona) read(r *soap.Reader) error {
	for name := range r.Children() {
		switch name.Local {
		case "PersonaId":
			_ = p.ID.read(r)
		case "PersonaType":
			p.PersonaType, _ = r.Text()
		case "DisplayName":
			p.DisplayName, _ = r.Text()
		case "GivenName":
			p.GivenName, _ = r.Text()
		case "Surname":
			p.Surname, _ = r.Text()
		case "ImAddress":
			p.ImAddress, _ = r.Text()
		case "Attributions":
			_ = path(r, []string{"Attribution"}, func() error {
				p.Attributions = append(p.Attributions, attribution{})
				return p.Attributions[len(p.Attributions)-1].read(r)
			})
		}
	}
	return r.Err()
}

func (i *itemID) read(r *soap.Reader) error {
	i.ID, _ = r.Attr("", "Id")
	i.ChangeKey, _ = r.Attr("", "ChangeKey")
	return nil
}

func (a *attribution) read(r *soap.Reader) error {
	for name := range r.Children() {
		switch name.Local {
		case "Id":
			a.ID, _ = r.Text()
		case "SourceId":
			_ = a.SourceID.read(r)
		case "DisplayName":
			a.DisplayName, _ = r.Text()
		case "IsWritable":
			a.IsWritable, _ = r.Text()
		case "IsQuickContact":
			a.IsQuickContact, _ = r.Text()
		case "IsHidden":
			a.IsHidden, _ = r.Text()
		case "FolderId":
			_ = a.FolderID.read(r)
		}
	}
	return r.Err()
}

// listDocument makes up a GetImItemList response in one line, as Exchange sends it, with so many
// groups and personas of about 3 kB, each of them in one group.
func listDocument(groups, personas int) []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?>` +
		`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>` +
		`<h:ServerVersionInfo MajorVersion="15" MinorVersion="2" MajorBuildNumber="1748" MinorBuildNumber="10" ` +
		`Version="V2017_07_11" xmlns:h="` + soap.NamespaceTypes + `"/></s:Header><s:Body>` +
		`<GetImItemListResponse ResponseClass="Success" xmlns="` + soap.NamespaceMessages + `">` +
		`<ResponseCode>NoError</ResponseCode><ImItemList><Groups xmlns="` + soap.NamespaceTypes + `">`)
	for i := range groups {
		fmt.Fprintf(&b, `<ImGroup><DisplayName>Group %d</DisplayName><GroupType>IPM.DistList.MOC.UserGroup</GroupType>`+
			`<ExchangeStoreId Id="%s" ChangeKey="EgAAABYAAABNYWRlVXBG"/><MemberCorrelationKey>`, i, madeUpID("AAMkG", i))
		for j := i; j < personas; j += groups {
			fmt.Fprintf(&b, `<ItemId Id="%s" ChangeKey="EQAAABYAAABNYWRlVXBGb3JUZXN0cwAA%06d"/>`, madeUpID("AAMk", j), j)
		}
		b.WriteString(`</MemberCorrelationKey></ImGroup>`)
	}
	b.WriteString(`</Groups><Personas xmlns="` + soap.NamespaceTypes + `">`)
	for i := range personas {
		writePersona(&b, i)
	}
	b.WriteString(`</Personas></ImItemList></GetImItemListResponse></s:Body></s:Envelope>`)
	return []byte(b.String())
}

// madeUpID returns an id of the length that real ones have.
func madeUpID(kind string, i int) string {
	return fmt.Sprintf("%s%s%08dAAA=", kind, strings.Repeat("MadeUpForTheTestsOfThisProject0+", 4), i)
}

func writePersona(b *strings.Builder, i int) {
	given, surname := fmt.Sprintf("Zoë%d", i), fmt.Sprintf("O&apos;Neill-%d", i)
	mail := fmt.Sprintf("zoe.oneill.%d@exchange.test", i)
	fmt.Fprintf(b, `<Persona><PersonaId Id="%s"/><PersonaType>Person</PersonaType>`+
		`<CreationTime>2024-05-06T07:08:09Z</CreationTime>`, madeUpID("AAQk", i))
	for _, name := range []string{"DisplayName", "DisplayNameFirstLast", "DisplayNameLastFirst", "FileAs"} {
		fmt.Fprintf(b, "<%s>%s %s</%s>", name, given, surname, name)
	}
	fmt.Fprintf(b, "<FileAsId>None</FileAsId><GivenName>%s</GivenName><Surname>%s</Surname>", given, surname)
	address := fmt.Sprintf("<Name>%s %s</Name><EmailAddress>%s</EmailAddress><RoutingType>SMTP</RoutingType>",
		given, surname, mail)
	fmt.Fprintf(b, "<EmailAddress>%s</EmailAddress><EmailAddresses><Address>%s</Address></EmailAddresses>"+
		"<ImAddress>%s</ImAddress><RelevanceScore>2147483647</RelevanceScore><Attributions>", address, address, mail)
	for j := range 2 {
		fmt.Fprintf(b, `<Attribution><Id>%d</Id><SourceId Id="%s" ChangeKey="EQAAABYAAABNYWRlVXBGb3JUZXN0cwAA%06d"/>`+
			`<DisplayName>Outlook</DisplayName><IsWritable>true</IsWritable><IsQuickContact>%t</IsQuickContact>`+
			`<IsHidden>false</IsHidden><FolderId Id="%s" ChangeKey="AQAAAA=="/></Attribution>`,
			j, madeUpID("AAMk", i), i, j == 1, strings.Repeat("FolderOfTheTests", 7)+"AAA=")
	}
	b.WriteString("</Attributions>")
	for _, name := range []string{"DisplayNames", "FileAses", "GivenNames", "Surnames", "ImAddresses"} {
		fmt.Fprintf(b, "<%s><StringAttributedValue><Value>%s %s</Value><Attributions>"+
			"<Attribution>0</Attribution><Attribution>1</Attribution></Attributions></StringAttributedValue></%s>",
			name, given, surname, name)
	}
	b.WriteString("</Persona>")
}
