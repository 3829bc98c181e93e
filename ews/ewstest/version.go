package ewstest

import (
	"slices"
	"strings"

	"github.com/go-ews/exchange/ews"
)

// versions has the schema versions in order. Nothing writes to it.
var versions = strings.Fields("Exchange2007 Exchange2007_SP1 Exchange2009 Exchange2010 Exchange2010_SP1 Exchange2010_SP2 " +
	"Exchange2012 Exchange2013 Exchange2013_SP1 Exchange2015 Exchange2016 V2015_10_05 V2016_01_06 V2016_04_13 " +
	"V2016_07_13 V2016_10_10 V2017_01_07 V2017_04_14 V2017_07_11 V2017_10_09 V2018_01_08")

// order returns the place of a schema version; -1: there is no such version.
func order(version string) int { return slices.Index(versions, version) }

// checkVersion returns the code that refuses the request's RequestServerVersion, "" if it passes.
// Servers refuse what they do not know, and what is newer than they are: those of build 15.2 call the
// request invalid, others the version.
func (s *Server) checkVersion(c *call) ews.ResponseCode {
	if at := order(c.version); at >= 0 && at <= order(schemaOf(s.version)) {
		return ""
	}
	if s.version.Major == 15 && s.version.Minor == 2 {
		return ews.ErrorInvalidRequest
	}
	return ews.ErrorInvalidServerVersion
}

// schemaOf returns the newest schema version of a server: the one that it names, else that of its
// build. Exchange 2016 and all later ones on premises end with V2017_07_11.
func schemaOf(v ews.ServerVersion) string {
	switch {
	case order(v.Version) >= 0:
		return v.Version
	case v.Major < 15:
		return "Exchange2010_SP2"
	case v.Major == 15 && v.Minor == 0:
		return "Exchange2013_SP1"
	case v.Major == 15 && v.Minor <= 2:
		return "V2017_07_11"
	}
	return "V2018_01_08"
}
