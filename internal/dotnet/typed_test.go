package dotnet

import (
	"fmt"
	"strings"
)

// noOperation is a body that is valid with any header.
const noOperation = `<m:GetImItemList/>`

// typedPlaces are headers and bodies with a place for a value of each datatype.
var typedPlaces = []struct{ name, header, body string }{
	{"version", soapHeader(`<t:RequestServerVersion Version="%s"/>`), noOperation},
	{"culture", soapHeader(`<t:MailboxCulture>%s</t:MailboxCulture>`), noOperation},
	{"upn", soapHeader(`<t:ExchangeImpersonation><t:ConnectingSID><t:PrincipalName>%s</t:PrincipalName>` +
		`</t:ConnectingSID></t:ExchangeImpersonation>`), noOperation},
	{"precision", soapHeader(`<t:DateTimePrecision>%s</t:DateTimePrecision>`), noOperation},
	{"bias", timeZone(`<t:Period Bias="%s"/>`, ``), noOperation},
	{"kind", timeZone(`<t:Period/>`, `<t:Transition><t:To Kind="%s">1</t:To></t:Transition>`), noOperation},
	{"date", timeZone(`<t:Period/>`, `<t:AbsoluteDateTransition><t:To Kind="Group">1</t:To>`+
		`<t:DateTime>%s</t:DateTime></t:AbsoluteDateTransition>`), noOperation},
	{"offset", timeZone(`<t:Period/>`, `<t:RecurringDayTransition><t:To Kind="Group">1</t:To>`+
		`<t:TimeOffset>%s</t:TimeOffset><t:Month>3</t:Month><t:DayOfWeek>Sunday</t:DayOfWeek>`+
		`<t:Occurrence>-1</t:Occurrence></t:RecurringDayTransition>`), noOperation},
	{"month", timeZone(`<t:Period/>`, `<t:RecurringDateTransition><t:To Kind="Group">1</t:To>`+
		`<t:TimeOffset>PT1H</t:TimeOffset><t:Month>%s</t:Month><t:Day>1</t:Day></t:RecurringDateTransition>`), noOperation},
	{"weekday", timeZone(`<t:Period/>`, `<t:RecurringDayTransition><t:To Kind="Group">1</t:To>`+
		`<t:TimeOffset>PT1H</t:TimeOffset><t:Month>3</t:Month><t:DayOfWeek>%s</t:DayOfWeek>`+
		`<t:Occurrence>-1</t:Occurrence></t:RecurringDayTransition>`), noOperation},
	{"name", ``, `<m:AddImGroup><m:DisplayName>%s</m:DisplayName></m:AddImGroup>`},
	{"id", ``, `<m:RemoveImGroup><m:GroupId Id="%s"/></m:RemoveImGroup>`},
	{"flag", ``, `<m:SetImListMigrationCompleted><m:ImListMigrationCompleted>%s</m:ImListMigrationCompleted>` +
		`</m:SetImListMigrationCompleted>`},
	{"index", ``, contactID(`<t:OccurrenceItemId RecurringMasterId="x" InstanceIndex="%s"/>`)},
	{"start", ``, contactID(ranges(`<t:Range Start="%s"/>`))},
	{"original", ``, contactID(ranges(`<t:Range CompareOriginalStartTime="%s"/>`))},
	{"tag", ``, property(`PropertyTag="%s" PropertyType="String"`)},
	{"number", ``, property(`DistinguishedPropertySetId="Common" PropertyId="%s" PropertyType="String"`)},
	{"guid", ``, property(`PropertySetId="%s" PropertyName="x" PropertyType="String"`)},
	{"set", ``, property(`DistinguishedPropertySetId="%s" PropertyName="x" PropertyType="String"`)},
	{"type", ``, property(`PropertyTag="1" PropertyType="%s"`)},
	{"lang", ``, `<m:GetImItemList xml:lang="%s"/>`},
	{"space", ``, `<m:GetImItemList xml:space="%s"/>`},
	{"xmlid", ``, `<m:GetImItemList xml:id="%s"/>`},
	{"xsitype", ``, `<m:GetImItemList xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="%s"/>`},
	{"nil", ``, `<m:GetImItemList xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="%s"/>`},
	{"namespace", ``, `<m:GetImItemList xmlns:q="%s"/>`},
	{"encoding", ``, noOperation},
}

func soapHeader(blocks string) string {
	return `<soap:Header>` + blocks + `</soap:Header>`
}

func timeZone(periods, transitions string) string {
	return soapHeader(`<t:TimeZoneContext><t:TimeZoneDefinition><t:Periods>` + periods + `</t:Periods>` +
		`<t:Transitions>` + transitions + `</t:Transitions></t:TimeZoneDefinition></t:TimeZoneContext>`)
}

func ranges(all string) string {
	return `<t:RecurringMasterItemIdRanges Id="x"><t:Ranges>` + all + `</t:Ranges></t:RecurringMasterItemIdRanges>`
}

func contactID(id string) string {
	return `<m:GetImItems><m:ContactIds>` + id + `</m:ContactIds></m:GetImItems>`
}

func property(attributes string) string {
	return `<m:GetImItemList><m:ExtendedProperties><t:ExtendedProperty ` + attributes +
		`/></m:ExtendedProperties></m:GetImItemList>`
}

// typedValues are put there.
var typedValues = strings.Split(
	"|x| x |a b|a  b|é|\U0001F600|-|.|:|a:b|:a|a:|a:b:c|1|-1|+1|01| 1 |1 2|\t1|1.0|1.5|1e3|1_0|"+
		"0x1|0xFFFF|0x10000|0X1A|0xg|0x|65535|65536|+5|-0|٣|2147483647|2147483648|-2147483648|"+
		"-2147483649|99999999999999999999|++1|--1|+|true|false|True|TRUE| true|true false|yes|0|2|en|"+
		"EN|en-US|en_US|en-us-x|en-|-en|en--us|abcdefgh|abcdefghi|en-abcdefghi|en-1|1-en|e n|"+
		"x-klingon|i|2026-01-31T08:00:00|2026-01-31T08:00:00Z|2026-01-31T08:00:00z|"+
		"2026-01-31T08:00:00.1|2026-01-31T08:00:00.123456789Z|2026-01-31T08:00:00.|"+
		"2026-01-31T08:00:00+01:00|2026-01-31T08:00:00+14:00|2026-01-31T08:00:00+14:01|"+
		"2026-01-31T08:00:00-15:00|2026-01-31T08:00:00+1:00|2026-01-31T08:00:00+99:00|"+
		"2026-01-31T08:00:00+01:60|2026-01-31T08:00|2026-01-31|2026-1-31T08:00:00|"+
		"2026-02-29T08:00:00|2024-02-29T08:00:00|2026-04-31T08:00:00|2026-13-01T08:00:00|"+
		"2026-00-01T08:00:00|2026-01-00T08:00:00|2026-01-31T24:00:00|2026-01-31T24:00:01|"+
		"2026-01-31T23:59:60|2026-01-31T23:60:00|0000-01-01T00:00:00|0001-01-01T00:00:00|"+
		"0001-01-01T00:00:00+14:00|9999-12-31T24:00:00|9999-12-31T23:59:59-14:00|"+
		"12026-01-31T08:00:00|-2026-01-31T08:00:00|2026-01-31t08:00:00|2026-01-31 08:00:00|"+
		" 2026-01-31T08:00:00 |08:00:00|2026|2026-01-31T08:00:00 Z|P1Y|P1M|P1D|PT1H|PT1M|PT1S|PT1.5S|"+
		"PT1.5M|PT.5S|PT1.S|P1Y2M3DT4H5M6.7S|-P1D|+P1D|P-1D|P|PT|P1DT|P1|P1H|PT1D|P1M1Y|P1Y1Y|P1S|"+
		"p1d|P1W|-PT5H0M0S|PT-1H|P99999999999D|PT99999999999S|P0Y|P1.5D|PT1H |P 1D|P2147483648D|"+
		"PT2147483647S|P9999999Y|c11ff724-aa03-4555-9952-8fa248a11c3e|"+
		"C11FF724-AA03-4555-9952-8FA248A11C3E|{c11ff724-aa03-4555-9952-8fa248a11c3e}|"+
		"c11ff724aa0345559952c8fa248a11c3|c11ff724-aa03-4555-9952-8fa248a11c3|"+
		" c11ff724-aa03-4555-9952-8fa248a11c3e|c11ff724-aa03-4555-9952-8fa248a11c3g|String|string|"+
		"StringArray|Integer|Common|common|Meeting|Group|Period|Sunday|Weekday|Seconds|seconds|"+
		"Exchange2007|Exchange2007_SP1|Exchange2010|Exchange2013|Exchange2013_SP1|Exchange2016|"+
		"Exchange2019|exchange2013|V2018_01_08|V2019_01_01|Exchange2013 |preserve|default| preserve |"+
		"Preserve|m:GetImItemListType|GetImItemListType| m:GetImItemListType |m:GetImItemsType|"+
		"m:GetFolderType|m:FooType|t:ItemIdType|t:FooType|m:BaseRequestType|q:Foo|m:1|m: x|m:a b|"+
		"xml:x|xmlns:x|http://www.w3.org/XML/1998/namespace|http://www.w3.org/2000/xmlns/|&lt;|&amp;|"+
		"&#10;|&#13;|&#9;|&#32;|&#xA0;|&quot;|a&#10;b|a]]b|\xA0|a\nb|a\r\nb|a\rb| a \n b ", "|")

// typedMutants puts every value into every place.
func typedMutants() []mutant {
	var all []mutant
	for _, p := range typedPlaces {
		for i, v := range typedValues {
			doc := strings.Replace(envelopeOf(p.header, p.body), "%s", v, 1)
			if p.name == "encoding" {
				doc = strings.Replace(doc, "utf-8", v, 1)
			}
			all = append(all, mutant{p.name, i, doc})
		}
	}
	return all
}

// cutMutants cuts some requests after every byte.
func cutMutants() []mutant {
	var all []mutant
	for i, doc := range []string{
		baseRequests()[6], baseRequests()[4], baseRequests()[5], "\uFEFF" + baseRequests()[3],
		"<!-- a --><?b c?>\r\n<a:b\r\n xmlns:a='urn:a'\r\n\r\n c='d&amp;&#x41;' >e&lt;f]]g<![CDATA[h]]>\r\n" +
			"<!-- i --><?j k?><l/></a:b\n>\n<!-- m --> <?n?>\n",
	} {
		for at := range len(doc) {
			all = append(all, mutant{fmt.Sprintf("cut%d", i), at, doc[:at]})
		}
	}
	return all
}

// fragmentMutants puts every fragment into every sort of place.
func fragmentMutants() []mutant {
	const doc = `@0<?xml version="1.0"?>@1
<!-- @2 --><?p @3?><soap:Envelope@4 xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages">
@5<soap:Body>@6<m:SetImGroup>
 <m:GroupId Id="a@7" @8>@9</m:GroupId>
 <m:NewDis@AplayName>a@B<![CDATA[@C]]></m:NewDisplayName@D></m:SetImGroup></soap:Body>@E</soap:Envelope>@F
`
	var all []mutant
	for i := range 16 {
		mark := fmt.Sprintf("@%X", i)
		for j, f := range fragments {
			filled := strings.Replace(doc, mark, f, 1)
			for k := range 16 {
				filled = strings.Replace(filled, fmt.Sprintf("@%X", k), "", 1)
			}
			all = append(all, mutant{fmt.Sprintf("fragment%X", i), j, filled})
		}
	}
	return all
}
