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
	return nil
}

// namedTypes holds the types that an attribute xsi:type may name, but for the operations'.
var namedTypes = [...]*schemaType{
	baseRequest, xsString, xsBoolean, xsInt, xsDateTime, xsDuration, xsLanguage,
	nonEmptyString, derivedItemID, guid, propertyTag, propertySet, propertyType, exchangeVersion,
	baseItemID, itemID, occurrenceItemID, recurringMasterItemID, recurringMasterItemIDRanges,
	occurrenceRanges, occurrencesRange, baseItemIDs, basePath, extendedField, extendedFieldURIs,
	mailboxCulture, exchangeImpersonation, connectingSID, principalName, sid, primarySMTPAddress, smtpAddress,
	dateTimePrecision, managementRole, roles,
	timeZoneContext, timeZoneDefinition, periods, period, transitionsGroups, transitions, transition,
	transitionTarget, transitionTargetKind, absoluteDateTransition, recurringTimeTransition,
	recurringDateTransition, recurringDayTransition, dayOfWeek,
}
