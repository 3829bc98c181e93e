// Package mapi holds the names and values of extended properties, by which MAPI programs store
// values with an item for which the schema of Exchange Web Services has no elements. It is plain
// data.
//
// A property is named by a tag, by a name within a property set, or by a number within one:
//
//	mapi.Tag(0x3001, mapi.String)
//	mapi.Named(mapi.PublicStringsSet, "CostCentre", mapi.String)
//	mapi.Numbered(mapi.AddressSet, 0x8062, mapi.String)
//
// The types and sets are those of [MS-OXWSXPROP], section 2.1.
//
// [MS-OXWSXPROP]: https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxwsxprop
package mapi
