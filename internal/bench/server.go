package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
)

// The canned server responds to every POST with the same bytes. It runs as a separate process and
// ends with its standard input.

// addresses is the first line of the server process.
type addresses struct {
	HTTP, HTTPS string
	Certificate []byte // DER
}

// serve is the server process.
func serve(stdin io.Reader, stdout io.Writer) error {
	var c cannedServer
	mux := c.mux()
	plain, secure := httptest.NewUnstartedServer(mux), httptest.NewUnstartedServer(mux)
	plain.Config.ConnState, secure.Config.ConnState = c.count, c.count
	plain.Start()
	secure.StartTLS()
	a := addresses{plain.URL, secure.URL, secure.Certificate().Raw}
	if err := json.NewEncoder(stdout).Encode(a); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, stdin)
	return err
}

// cannedServer holds the counts and the documents of the server process.
type cannedServer struct {
	requests, connections atomic.Int64
	cached                lists
}

func (c *cannedServer) mux() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /counts", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(counts{c.requests.Load(), c.connections.Load()})
	})
	mux.HandleFunc("GET /service.wsdl", sendWSDL)
	mux.HandleFunc("POST /list/{groups}/{personas}", func(w http.ResponseWriter, r *http.Request) {
		groups, _ := strconv.Atoi(r.PathValue("groups"))
		personas, _ := strconv.Atoi(r.PathValue("personas"))
		send(w, r, c.cached.get(groups, personas))
	})
	mux.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) {
		// A new group has a new id: a client that caches responses must not gain from it.
		send(w, r, []byte(addImGroupDocument(int(c.requests.Add(1)))))
	})
	return mux
}

// count counts new connections.
func (c *cannedServer) count(_ net.Conn, s http.ConnState) {
	if s == http.StateNew {
		c.connections.Add(1)
	}
}

// sendWSDL sends the service description with the address of the request.
func sendWSDL(w http.ResponseWriter, r *http.Request) {
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	_, _ = io.WriteString(w, strings.Replace(wsdl, "LOCATION", scheme+r.Host+"/", 1))
}

func send(w http.ResponseWriter, r *http.Request, body []byte) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Header().Set("Request-Id", "8d9f1b0e-5a3c-4f0c-8f1c-2f8f0c9f6a11")
	_, _ = w.Write(body)
}

// server is the running server process as the clients see it.
type server struct {
	child
	addresses

	roots   *x509.CertPool
	askings atomic.Int64
}

// startServer runs this program as the server.
func startServer(ctx context.Context) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	process, err := startChild(ctx, self, "serve")
	if err != nil {
		return nil, err
	}
	s := &server{child: process, roots: x509.NewCertPool()}
	if err := s.readAddresses(); err != nil {
		s.stop()
		return nil, fmt.Errorf("starting the canned server: %w", err)
	}
	return s, nil
}

func (s *server) readAddresses() error {
	line, err := bufio.NewReader(s.stdout).ReadBytes('\n')
	if err != nil {
		return err
	}
	if err := json.Unmarshal(line, &s.addresses); err != nil {
		return err
	}
	cert, err := x509.ParseCertificate(s.Certificate)
	if err == nil {
		s.roots.AddCert(cert)
	}
	return err
}

func (s *server) url(secure bool) string {
	if secure {
		return s.HTTPS
	}
	return s.HTTP
}

// counts returns the counts of the server, without the connections for this.
func (s *server) counts(ctx context.Context) (c counts, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.HTTP+"/counts", http.NoBody)
	if err != nil {
		return c, err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		return c, err
	}
	err = json.NewDecoder(res.Body).Decode(&c)
	c.Connections -= s.askings.Add(1)
	return c, errors.Join(err, res.Body.Close())
}

// tuned is the transport of all clients that are not measured with another: as many idle
// connections as workers.
func (s *server) tuned() *http.Transport { return tuned(s.roots) }

func tuned(roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		MaxIdleConnsPerHost: 256,
		TLSClientConfig: &tls.Config{
			RootCAs: roots, MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(0),
		},
	}
}

// untuned is http.DefaultTransport's settings: 2 idle connections a host.
func (s *server) untuned() *http.Transport {
	t := s.tuned()
	t.MaxIdleConnsPerHost = 0
	t.TLSClientConfig.ClientSessionCache = nil
	return t
}
