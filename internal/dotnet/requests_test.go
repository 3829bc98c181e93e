package dotnet

import "strings"

// envelopeOf puts a header and a body into an envelope, one element a line.
func envelopeOf(header, body string) string {
	return `<?xml version="1.0" encoding="utf-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"
  xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"
  xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages">
` + header + `
<soap:Body>
` + body + `
</soap:Body>
</soap:Envelope>
`
}

// headers are the headers of the base requests.
var headers = []string{
	``,
	`<soap:Header><t:RequestServerVersion Version="Exchange2013"/></soap:Header>`,
	`<soap:Header>
 <t:RequestServerVersion Version="Exchange2016" ></t:RequestServerVersion>
 <t:MailboxCulture>de-CH</t:MailboxCulture>
 <t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>ann@corp.test</t:PrimarySmtpAddress>
 </t:ConnectingSID></t:ExchangeImpersonation>
</soap:Header>`,
	`<soap:Header>
 <t:RequestServerVersion Version='Exchange2013_SP1' />
 <t:ExchangeImpersonation>
  <t:ConnectingSID>
   <t:SID>S-1-5-21-7-8-9-1001</t:SID>
  </t:ConnectingSID>
 </t:ExchangeImpersonation>
 <t:TimeZoneContext><t:TimeZoneDefinition Id="W. Europe Standard Time"/></t:TimeZoneContext>
</soap:Header>`,
	`<soap:Header><t:DateTimePrecision>Seconds</t:DateTimePrecision>
<a:Trace xmlns:a="urn:corp:trace" a:id="7">on<a:Step/></a:Trace></soap:Header>`,
}

// bodies are the bodies of the base requests, one at least for each operation.
var bodies = []string{
	`<m:AddImGroup>
 <m:DisplayName>Küche &amp; Büro</m:DisplayName>
</m:AddImGroup>`,
	`<m:AddImGroup><m:DisplayName><![CDATA[R&D]]> &#x2603; 😀 team</m:DisplayName></m:AddImGroup>`,
	`<m:SetImGroup>
 <m:GroupId Id="AAMkGroup1=" ChangeKey="EgAAAA=="/>
 <m:NewDisplayName> Sales </m:NewDisplayName>
</m:SetImGroup>`,
	`<m:RemoveImGroup>
 <m:GroupId Id="AAMkGroup1="/>
</m:RemoveImGroup>`,
	`<m:AddImContactToGroup>
 <m:ContactId Id='AAMkContact1=' ChangeKey='EQAAAB'></m:ContactId>
 <m:GroupId Id="AAMkGroup1="/>
</m:AddImContactToGroup>`,
	`<m:AddNewImContactToGroup>
 <m:ImAddress>bob@corp.test</m:ImAddress>
 <m:DisplayName>Bob</m:DisplayName>
 <!-- where to put it -->
 <m:GroupId Id="AAMkGroup1=" ChangeKey="EgAAAA=="/>
</m:AddNewImContactToGroup>`,
	`<m:AddNewTelUriContactToGroup>
 <m:TelUriAddress>tel:+41445550101</m:TelUriAddress>
 <m:ImContactSipUriAddress>sip:bob@corp.test</m:ImContactSipUriAddress>
 <m:ImTelephoneNumber>+41 44 555 01 01</m:ImTelephoneNumber>
</m:AddNewTelUriContactToGroup>`,
	`<AddDistributionGroupToImList xmlns="http://schemas.microsoft.com/exchange/services/2006/messages">
 <SmtpAddress>all@corp.test</SmtpAddress>
 <DisplayName>Everyone</DisplayName>
</AddDistributionGroupToImList>`,
	`<m:RemoveDistributionGroupFromImList><m:GroupId Id="AAMkGroup2="/></m:RemoveDistributionGroupFromImList>`,
	`<m:RemoveContactFromImList><m:ContactId Id="AAMkContact1=" /></m:RemoveContactFromImList>`,
	`<m:RemoveImContactFromGroup>
	<m:ContactId Id="AAMkContact1="/>
	<m:GroupId Id="AAMkGroup1="/>
</m:RemoveImContactFromGroup>`,
	`<m:GetImItemList/>`,
	`<m:GetImItemList>
 <m:ExtendedProperties>
  <t:ExtendedProperty PropertyTag="0x3001" PropertyType="String"/>
  <t:ExtendedProperty PropertySetId="c11ff724-aa03-4555-9952-8fa248a11c3e" PropertyName="Team"
    PropertyType="StringArray"/>
 </m:ExtendedProperties>
</m:GetImItemList>`,
	`<m:GetImItems>
 <m:ContactIds>
  <t:ItemId Id="AAMkContact1=" ChangeKey="EQAAAB"/>
  <t:OccurrenceItemId RecurringMasterId="AAMkMaster=" InstanceIndex="2"/>
 </m:ContactIds>
 <m:GroupIds><t:ItemId Id="AAMkGroup1="/></m:GroupIds>
 <m:ExtendedProperties>
  <t:ExtendedProperty DistinguishedPropertySetId="Address" PropertyId="32898" PropertyType="String"/>
 </m:ExtendedProperties>
</m:GetImItems>`,
	`<m:GetImItems><m:GroupIds><t:RecurringMasterItemId OccurrenceId="AAMkO="/>
<t:RecurringMasterItemIdRanges Id="AAMkR="><t:Ranges><t:Range Start="2026-01-31T08:00:00Z" Count="3"
 CompareOriginalStartTime="false"/></t:Ranges></t:RecurringMasterItemIdRanges></m:GroupIds></m:GetImItems>`,
	`<m:SetImListMigrationCompleted>
 <m:ImListMigrationCompleted>true</m:ImListMigrationCompleted>
</m:SetImListMigrationCompleted>`,
}

// baseRequests are valid requests: every body under one of the headers, in several layouts.
func baseRequests() []string {
	var all []string
	for i, body := range bodies {
		r := envelopeOf(headers[i%len(headers)], body)
		all = append(all, r, strings.ReplaceAll(r, "\n", ""), strings.ReplaceAll(r, "\n", "\r\n"))
	}
	return append(all, foreignLayout)
}

// foreignLayout is a request as another program might write it: namespaces declared where they are
// used, single quotes, comments and instructions in between.
const foreignLayout = `<?xml version='1.0' standalone="yes" ?><!-- one --><?made by="hand"?>
<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
	<Header><!-- two -->
		<RequestServerVersion xmlns="http://schemas.microsoft.com/exchange/services/2006/types" Version='Exchange2010'/>
		<x:ExchangeImpersonation xmlns:x="http://schemas.microsoft.com/exchange/services/2006/types"><x:ConnectingSID
			><x:PrincipalName>ann&#64;corp.test</x:PrincipalName></x:ConnectingSID></x:ExchangeImpersonation>
	</Header>
	<Body
	><n:GetImItems xmlns:n="http://schemas.microsoft.com/exchange/services/2006/messages" xsi:type="n:GetImItemsType">
		<n:GroupIds><ItemId xmlns="http://schemas.microsoft.com/exchange/services/2006/types"
			Id='A' xml:lang="de" ChangeKey='B'><?three?></ItemId></n:GroupIds
		><n:ExtendedProperties ><?four?><t:ExtendedProperty xmlns:t='http://schemas.microsoft.com/exchange/services/2006/types'
			PropertyType='Integer' PropertyTag="12289" /></n:ExtendedProperties></n:GetImItems >
	</Body>
</Envelope><!-- five -->
`
