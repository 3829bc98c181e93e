package ews

import "fmt"

// Version is a schema version that a request asks for. The operations of this package exist from
// Exchange2013 on. Microsoft advises to ask for the earliest version that has what you need; a
// server of build 15.2 (Exchange 2019 and Subscription Edition) accepts all of them.
type Version string

// The versions of Microsoft's schema that a client has a reason to send.
const (
	Exchange2007     Version = "Exchange2007"
	Exchange2007_SP1 Version = "Exchange2007_SP1"
	Exchange2010     Version = "Exchange2010"
	Exchange2010_SP1 Version = "Exchange2010_SP1"
	Exchange2010_SP2 Version = "Exchange2010_SP2"
	Exchange2013     Version = "Exchange2013"
	Exchange2013_SP1 Version = "Exchange2013_SP1"
	Exchange2015     Version = "Exchange2015"
	Exchange2016     Version = "Exchange2016"
	V2015_10_05      Version = "V2015_10_05"
	V2016_01_06      Version = "V2016_01_06"
	V2016_04_13      Version = "V2016_04_13"
	V2016_07_13      Version = "V2016_07_13"
	V2016_10_10      Version = "V2016_10_10"
	V2017_01_07      Version = "V2017_01_07"
	V2017_04_14      Version = "V2017_04_14"
	V2017_07_11      Version = "V2017_07_11"
	V2017_10_09      Version = "V2017_10_09"
	V2018_01_08      Version = "V2018_01_08"

	// OmitVersion leaves the header RequestServerVersion out. Servers since Exchange 2010 require
	// it, and treat a request without it as one for the oldest version: the operations of this
	// package fail with ErrorIncorrectSchemaVersion.
	OmitVersion Version = "-"
)

// inSchema reports whether the schema's ExchangeVersionType has the version.
func (v Version) inSchema() bool {
	switch v {
	case Exchange2007, Exchange2007_SP1, Exchange2010, Exchange2010_SP1, Exchange2010_SP2,
		Exchange2013, Exchange2013_SP1, Exchange2015, Exchange2016, V2015_10_05, V2016_01_06,
		V2016_04_13, V2016_07_13, V2016_10_10, V2017_01_07, V2017_04_14, V2017_07_11,
		V2017_10_09, V2018_01_08, "Exchange2009", "Exchange2012":
		return true
	case OmitVersion:
	}
	return false
}

// ServerVersion is the ServerVersionInfo of a response, the zero value for a fault, which has none.
// The build identifies the product: 15.0 is Exchange 2013, 15.1 is 2016, 15.2 is 2019 and, from
// 15.2.2562 on, Subscription Edition.
type ServerVersion struct {
	Major, Minor, MajorBuild, MinorBuild int
	Version                              string // the schema version, such as "V2017_07_11"
}

// String returns the build and the schema version, such as "15.2.2562.17 (V2017_07_11)"; "" for
// the zero value.
func (v ServerVersion) String() string {
	if v == (ServerVersion{}) {
		return ""
	}
	build := fmt.Sprintf("%d.%d.%d.%d", v.Major, v.Minor, v.MajorBuild, v.MinorBuild)
	if v.Version == "" {
		return build
	}
	return build + " (" + v.Version + ")"
}
