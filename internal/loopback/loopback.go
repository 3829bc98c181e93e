// Package loopback recognizes the names and addresses of this machine.
package loopback

import (
	"net"
	"strings"
)

// IsHost reports whether a host, as url.URL.Hostname returns it, is localhost or a loopback
// address.
func IsHost(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
