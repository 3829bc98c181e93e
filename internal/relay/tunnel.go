package relay

import (
	"io"
	"net"
	"net/http"
)

// Tunnel is an HTTP proxy whose tunnels (CONNECT, RFC 9110 section 9.3.6) all lead to the TCP
// address target, whatever server they are for.
func Tunnel(target string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			http.Error(w, "tunnels only", http.StatusMethodNotAllowed)
			return
		}
		far, err := new(net.Dialer).DialContext(r.Context(), "tcp", target)
		if err != nil {
			http.Error(w, "no connection", http.StatusBadGateway)
			return
		}
		defer far.Close()
		near, in, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer near.Close()
		if _, err := io.WriteString(near, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
			return
		}
		go func() {
			defer far.Close()
			_, _ = io.Copy(far, in)
		}()
		_, _ = io.Copy(near, far)
	})
}
