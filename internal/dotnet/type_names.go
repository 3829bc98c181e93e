package dotnet

import "strings"

// typeNamed returns the type that xsi:type names, or nil if the schemas have none of that name.
func typeNamed(space, local string) *schemaType {
	if space == messagesSpace {
		op := strings.TrimSuffix(local, "Type")
		if t := operation(op); t != nil && t.name == local {
			return t
		}
		if Declared(op) || Declared(strings.TrimSuffix(op, "Message")) {
			return unseen
		}
	}
	for _, t := range namedTypes {
		if t.space == space && t.name == local {
			return t
		}
	}
	if space == schemaSpace && strings.Contains(builtIn, " "+local+" ") {
		return unseen
	}
	return nil
}

// builtIn holds the names of XML Schema's own types, each between blanks.
const builtIn = " " +
	"anyType anySimpleType decimal float double time date gYearMonth gYear gMonthDay gDay gMonth " +
	"hexBinary base64Binary anyURI QName NOTATION normalizedString token NMTOKEN NMTOKENS Name " +
	"NCName IDREF IDREFS ENTITY ENTITIES integer nonPositiveInteger negativeInteger long short byte " +
	"nonNegativeInteger unsignedLong unsignedInt unsignedShort unsignedByte positiveInteger "

// namedTypes holds the types that an attribute xsi:type may name, but for the operations'.
var namedTypes = [...]*schemaType{
	baseRequest, xsString, xsBoolean, xsInt, xsDateTime, xsDuration, xsID, xsLanguage,
	nonEmptyString, derivedItemID, guid, propertyTag, propertySet, propertyType, exchangeVersion,
	baseItemID, itemID, occurrenceItemID, recurringMasterItemID, recurringMasterItemIDRanges,
	occurrenceRanges, occurrencesRange, baseItemIDs, basePath, extendedField, extendedFieldURIs,
	mailboxCulture, exchangeImpersonation, connectingSID, principalName, sid, primarySMTPAddress, smtpAddress,
	dateTimePrecision, managementRole, roles,
	timeZoneContext, timeZoneDefinition, periods, period, transitionsGroups, transitions, transition,
	transitionTarget, transitionTargetKind, absoluteDateTransition, recurringTimeTransition,
	recurringDateTransition, recurringDayTransition, dayOfWeek,
}
