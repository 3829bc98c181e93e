package mapi_test

import (
	"encoding/json"
	"fmt"

	"github.com/go-ews/exchange/imgroup/mapi"
)

func ExampleProperty_Ints() {
	floors := mapi.Property{
		URI:    mapi.Named(mapi.PublicStringsSet, "Floors", mapi.IntegerArray),
		Values: []string{"3", "5"},
	}
	numbers, err := floors.Ints()
	fmt.Println(floors.URI, numbers, err)
	// Output: PublicStrings/Floors IntegerArray [3 5] <nil>
}

func ExampleFieldURI_MarshalText() {
	wanted := []mapi.FieldURI{
		mapi.Tag(0x3001, mapi.String),
		mapi.Named(mapi.PublicStringsSet, "Cost centre", mapi.String),
		mapi.Numbered(mapi.AddressSet, 0x8062, mapi.String),
	}
	config, err := json.Marshal(wanted)
	fmt.Println(string(config), err)

	var read []mapi.FieldURI
	fmt.Println(json.Unmarshal(config, &read), read[1] == wanted[1])
	// Output:
	// ["0x3001 String","PublicStrings/\"Cost centre\" String","Address/32866 String"] <nil>
	// <nil> true
}
