package dotnet

import "encoding/xml"

// The SOAP 1.1 envelope: a header whose blocks are validated when they are declared, a body that holds one
// declared element.
var (
	envelope = &schemaType{space: soapSpace, content: contentElements, children: []particle{
		maybe("Header", envelopeHeader),
		one("Body", envelopeBody),
	}}
	envelopeHeader = &schemaType{
		space: soapSpace, content: contentElements, children: []particle{{wildcard: otherLax, max: unbounded}},
	}
	envelopeBody = &schemaType{
		space: soapSpace, content: contentElements, children: []particle{{wildcard: anyStrict, min: 1, max: 1}},
	}
)

// unseen is the type of what the schemas declare and this package does not look into.
var unseen = &schemaType{content: contentOpen}

// global returns the type of an element that may stand where the schemas name none, or nil.
func global(name xml.Name) *schemaType {
	switch name.Space {
	case messagesSpace:
		if t := operation(name.Local); t != nil {
			return t
		}
		if Declared(name.Local) {
			return unseen
		}
	case typesSpace:
		return header(name.Local)
	case soapSpace:
		switch name.Local {
		case "Envelope":
			return envelope
		case "Fault":
			return unseen
		}
	}
	return nil
}

// header returns the type of an element that the types schema declares, or nil.
func header(name string) *schemaType {
	switch name {
	case "RequestServerVersion":
		return requestServerVersion
	case "MailboxCulture":
		return mailboxCulture
	case "ExchangeImpersonation":
		return exchangeImpersonation
	case "TimeZoneContext":
		return timeZoneContext
	case "DateTimePrecision":
		return dateTimePrecision
	case "ManagementRole":
		return managementRole
	case "ServerVersionInfo":
		return serverVersionInfo
	case "Transition":
		return transition
	case "AbsoluteDateTransition":
		return absoluteDateTransition
	case "RecurringDayTransition":
		return recurringDayTransition
	case "RecurringDateTransition":
		return recurringDateTransition
	case "BaseItemId":
		return baseItemID
	case "Path":
		return basePath
	case "ExtendedFieldURI":
		return extendedField
	case "SerializedSecurityContext", "OpenAsAdminOrSystemService", "SharingSecurity", "ProxySecurityContext",
		"ProxySuggesterSid", "ProxyPartnerToken", "FieldURI", "IndexedFieldURI", "ExceptionFieldURI",
		"SearchExpression", "Exists", "Excludes", "IsEqualTo", "IsNotEqualTo", "IsGreaterThan",
		"IsGreaterThanOrEqualTo", "IsLessThan", "IsLessThanOrEqualTo", "Contains", "Not", "And", "Or", "Near",
		"Mailbox", "FreeBusyViewOptions", "TimeZone", "SuggestionsViewOptions", "OofSettings", "UserOofSettings",
		"Value", "MeetingSpace", "MeetingInstance":
		return unseen
	}
	return nil
}

// The headers of a request.
var (
	requestServerVersion = &schemaType{
		attrs: []attributeDecl{{"Version", exchangeVersion, true}}, soapAny: true,
	}
	mailboxCulture = &schemaType{
		space: typesSpace, name: "MailboxCultureType", base: xsLanguage,
		content: contentText, soapAny: true, value: checkLanguage,
	}
	exchangeImpersonation = &schemaType{
		space: typesSpace, name: "ExchangeImpersonationType", content: contentElements, soapAny: true,
		children: []particle{one("ConnectingSID", connectingSID)},
	}
	connectingSID = &schemaType{
		space: typesSpace, name: "ConnectingSIDType", content: contentElements,
		children: []particle{{min: 1, max: 1, elements: []elementDecl{
			{"PrincipalName", principalName},
			{"SID", sid},
			{"PrimarySmtpAddress", primarySMTPAddress},
			{"SmtpAddress", smtpAddress},
		}}},
	}
	dateTimePrecision = &schemaType{
		space: typesSpace, name: "DateTimePrecisionType", base: xsString,
		content: contentText, value: oneOf("Seconds", "Milliseconds"),
	}
	managementRole = &schemaType{
		space: typesSpace, name: "ManagementRoleType", content: contentElements,
		children: []particle{maybe("UserRoles", roles), maybe("ApplicationRoles", roles)},
	}
	roles = &schemaType{
		space: typesSpace, name: "NonEmptyArrayOfRoleType", content: contentElements,
		children: []particle{many(elementDecl{"Role", xsString})},
	}
	serverVersionInfo = &schemaType{attrs: []attributeDecl{
		{"MajorVersion", xsInt, false},
		{"MinorVersion", xsInt, false},
		{"MajorBuildNumber", xsInt, false},
		{"MinorBuildNumber", xsInt, false},
		{"Version", xsString, false},
	}}
)

// The ways to name an account to impersonate.
var (
	principalName      = nonEmptyExtension("PrincipalNameType")
	sid                = nonEmptyExtension("SIDType")
	primarySMTPAddress = nonEmptyExtension("PrimarySmtpAddressType")
	smtpAddress        = nonEmptyExtension("SmtpAddressType")
)

func nonEmptyExtension(name string) *schemaType {
	return &schemaType{
		space: typesSpace, name: name, base: nonEmptyString, content: contentText, value: nonEmptyString.value,
	}
}
