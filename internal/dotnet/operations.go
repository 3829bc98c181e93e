package dotnet

// operation returns the type of one of the thirteen operations, or nil.
func operation(name string) *schemaType {
	switch name {
	case "AddImGroup":
		return addImGroup
	case "SetImGroup":
		return setImGroup
	case "RemoveImGroup":
		return removeImGroup
	case "AddImContactToGroup":
		return addImContactToGroup
	case "AddNewImContactToGroup":
		return addNewImContactToGroup
	case "AddNewTelUriContactToGroup":
		return addNewTelURIContactToGroup
	case "AddDistributionGroupToImList":
		return addDistributionGroupToImList
	case "RemoveDistributionGroupFromImList":
		return removeDistributionGroupFromImList
	case "RemoveContactFromImList":
		return removeContactFromImList
	case "RemoveImContactFromGroup":
		return removeImContactFromGroup
	case "GetImItemList":
		return getImItemList
	case "GetImItems":
		return getImItems
	case "SetImListMigrationCompleted":
		return setImListMigrationCompleted
	}
	return nil
}

// request is the type of an operation.
func request(name string, children ...particle) *schemaType {
	return &schemaType{space: messagesSpace, name: name, base: baseRequest, content: contentElements, children: children}
}

var baseRequest = &schemaType{space: messagesSpace, name: "BaseRequestType", abstract: true}

// The requests, as the messages schema has them.
var (
	addImGroup = request("AddImGroupType",
		one("DisplayName", nonEmptyString))
	setImGroup = request("SetImGroupType",
		one("GroupId", itemID),
		one("NewDisplayName", nonEmptyString))
	removeImGroup = request("RemoveImGroupType",
		one("GroupId", itemID))
	addImContactToGroup = request("AddImContactToGroupType",
		one("ContactId", itemID),
		maybe("GroupId", itemID))
	addNewImContactToGroup = request("AddNewImContactToGroupType",
		one("ImAddress", nonEmptyString),
		maybe("DisplayName", nonEmptyString),
		maybe("GroupId", itemID))
	addNewTelURIContactToGroup = request("AddNewTelUriContactToGroupType",
		one("TelUriAddress", nonEmptyString),
		one("ImContactSipUriAddress", nonEmptyString),
		one("ImTelephoneNumber", nonEmptyString),
		maybe("GroupId", itemID))
	addDistributionGroupToImList = request("AddDistributionGroupToImListType",
		one("SmtpAddress", nonEmptyString),
		one("DisplayName", nonEmptyString))
	removeDistributionGroupFromImList = request("RemoveDistributionGroupFromImListType",
		one("GroupId", itemID))
	removeContactFromImList = request("RemoveContactFromImListType",
		one("ContactId", itemID))
	removeImContactFromGroup = request("RemoveImContactFromGroupType",
		one("ContactId", itemID),
		one("GroupId", itemID))
	getImItemList = request("GetImItemListType",
		maybe("ExtendedProperties", extendedFieldURIs))
	getImItems = request("GetImItemsType",
		maybe("ContactIds", baseItemIDs),
		maybe("GroupIds", baseItemIDs),
		maybe("ExtendedProperties", extendedFieldURIs))
	setImListMigrationCompleted = request("SetImListMigrationCompletedType",
		one("ImListMigrationCompleted", xsBoolean))
)

// Item ids and what leads to an item.
var (
	baseItemID = &schemaType{space: typesSpace, name: "BaseItemIdType", abstract: true}
	itemID     = &schemaType{
		space: typesSpace, name: "ItemIdType", base: baseItemID,
		attrs: []attributeDecl{{"Id", xsString, true}, {"ChangeKey", xsString, false}},
	}
	occurrenceItemID = &schemaType{
		space: typesSpace, name: "OccurrenceItemIdType", base: baseItemID,
		attrs: []attributeDecl{
			{"RecurringMasterId", derivedItemID, true},
			{"ChangeKey", xsString, false},
			{"InstanceIndex", xsInt, true},
		},
	}
	recurringMasterItemID = &schemaType{
		space: typesSpace, name: "RecurringMasterItemIdType", base: baseItemID,
		attrs: []attributeDecl{{"OccurrenceId", derivedItemID, true}, {"ChangeKey", xsString, false}},
	}
	recurringMasterItemIDRanges = &schemaType{
		space: typesSpace, name: "RecurringMasterItemIdRangesType", base: itemID,
		content: contentElements, children: []particle{maybe("Ranges", occurrenceRanges)},
		attrs: itemID.attrs,
	}
	occurrenceRanges = &schemaType{
		space: typesSpace, name: "ArrayOfOccurrenceRangesType",
		content: contentElements, children: []particle{many(elementDecl{"Range", occurrencesRange})},
	}
	occurrencesRange = &schemaType{
		space: typesSpace, name: "OccurrencesRangeType",
		attrs: []attributeDecl{
			{"Start", xsDateTime, false},
			{"End", xsDateTime, false},
			{"Count", xsInt, false},
			{"CompareOriginalStartTime", xsBoolean, false},
		},
	}
	baseItemIDs = &schemaType{
		space: typesSpace, name: "NonEmptyArrayOfBaseItemIdsType",
		content: contentElements, children: []particle{many(
			elementDecl{"ItemId", itemID},
			elementDecl{"OccurrenceItemId", occurrenceItemID},
			elementDecl{"RecurringMasterItemId", recurringMasterItemID},
			elementDecl{"RecurringMasterItemIdRanges", recurringMasterItemIDRanges},
		)},
	}
)

// Extended properties.
var (
	basePath      = &schemaType{space: typesSpace, name: "BasePathToElementType", abstract: true}
	extendedField = &schemaType{
		space: typesSpace, name: "PathToExtendedFieldType", base: basePath,
		attrs: []attributeDecl{
			{"DistinguishedPropertySetId", propertySet, false},
			{"PropertySetId", guid, false},
			{"PropertyTag", propertyTag, false},
			{"PropertyName", xsString, false},
			{"PropertyId", xsInt, false},
			{"PropertyType", propertyType, true},
		},
	}
	extendedFieldURIs = &schemaType{
		space: typesSpace, name: "NonEmptyArrayOfExtendedFieldURIs",
		content: contentElements, children: []particle{many(elementDecl{"ExtendedProperty", extendedField})},
	}
)
