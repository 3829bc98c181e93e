package autodiscover

import (
	"strconv"
	"strings"

	"github.com/go-ews/exchange/ews"
)

// parseServerVersion reads the ServerVersion element: 32 bits in hexadecimal digits, of which the
// first 4 tell the layout, 6 the major version, 6 the minor one, 1 is a flag and the last 15 are the
// build. "73C18880" is 15.1.2176. Whatever else it may be is no version.
//
// See https://learn.microsoft.com/exchange/client-developer/web-service-reference/serverversion-pox.
func parseServerVersion(s string) ews.ServerVersion {
	bits, err := strconv.ParseUint(strings.TrimSpace(s), 16, 32)
	if err != nil || bits>>28 == 0 {
		return ews.ServerVersion{}
	}
	return ews.ServerVersion{
		Major:      int(bits >> 22 & 0x3f),
		Minor:      int(bits >> 16 & 0x3f),
		MajorBuild: int(bits & 0x7fff),
	}
}
