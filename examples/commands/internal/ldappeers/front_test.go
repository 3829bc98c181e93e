package ldappeers_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
)

// The limits of Active Directory that neither slapd nor Samba has.
const (
	maxValRange = 1500 // values of an attribute in a response
	maxPageSize = 1000 // entries of a search without paging
)

// Tags of LDAP, by RFC 4511.
const (
	tagSearch      = 3
	tagEntry       = 4
	tagDone        = 5
	sizeLimit      = 4 // a result code
	pagingControl  = "1.2.840.113556.1.4.319"
	searchChildren = 8
)

// front is a server by TLS that passes LDAP on to another one, and cuts results as Active Directory
// does. It counts what it cuts, so that a test can show that this was needed.
type front struct {
	url      string
	upstream string // host:port
	config   *tls.Config

	ranges, pages, entries atomic.Int64

	limit atomic.Int64 // entries of a search with paging; 0: none

	mu        sync.Mutex
	failAfter int64 // entries; 0: never
	fail      func(client net.Conn)
}

// startFront listens until the test ends. roots is the PEM file of the upstream's authority, and name
// its host in that certificate.
func startFront(t *testing.T, pair tls.Certificate, upstream, name, roots string) *front {
	t.Helper()
	authorities := x509.NewCertPool()
	if !authorities.AppendCertsFromPEM(read(t, roots)) {
		t.Fatalf("%s has no certificate", roots)
	}
	config := &tls.Config{RootCAs: authorities, ServerName: name, MinVersion: tls.VersionTLS12}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12,
	})
	if err != nil {
		t.Fatal(err)
	}
	f := &front{upstream: upstream, config: config, url: "ldaps://" + listener.Addr().String()}
	var wg sync.WaitGroup
	t.Cleanup(func() {
		listener.Close()
		wg.Wait()
	})
	wg.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { f.serve(t.Context(), client) })
		}
	})
	return f
}

// failAt has do called once, when that many further entries have been passed on; do gets the
// connection of the client.
func (f *front) failAt(entries int64, do func(client net.Conn)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failAfter, f.fail = f.entries.Load()+entries, do
}

func (f *front) passed(client net.Conn) {
	n := f.entries.Add(1)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil && n >= f.failAfter {
		f.fail(client)
		f.fail = nil
	}
}

// serve passes on one connection.
func (f *front) serve(ctx context.Context, client net.Conn) {
	defer client.Close()
	server, err := (&tls.Dialer{Config: f.config}).DialContext(ctx, "tcp", f.upstream)
	if err != nil {
		return
	}
	defer server.Close()
	c := &relay{front: f, client: client, searches: map[string]*search{}}
	go func() {
		defer client.Close()
		defer server.Close()
		c.copy(client, server, c.request)
	}()
	c.copy(server, client, c.response)
}

// relay is one connection.
type relay struct {
	front  *front
	client net.Conn

	mu       sync.Mutex
	searches map[string]*search // by message
}

// search is a search in progress.
type search struct {
	from, to int // the range of members that was asked for; to -1: all that remain
	ranged   bool
	limit    int // entries; 0: none
	entries  int
}

// exceeds reports whether the entry that was counted last is one too many.
func (s *search) exceeds() bool { return s.limit > 0 && s.entries > s.limit }

// copy passes on packets, as change returns them, until one of the connections ends.
func (c *relay) copy(from, to net.Conn, change func(*ber.Packet) *ber.Packet) {
	in := bufio.NewReader(from)
	out := bufio.NewWriter(to)
	for {
		p, err := ber.ReadPacket(in)
		if err != nil {
			return
		}
		if p = change(p); p == nil {
			continue
		}
		if _, err := out.Write(p.Bytes()); err != nil {
			return
		}
		if in.Buffered() == 0 && out.Flush() != nil {
			return
		}
	}
}

func messageID(p *ber.Packet) string { return fmt.Sprint(p.Children[0].Value) }

// with returns a copy of p with another child.
func with(p *ber.Packet, index int, child *ber.Packet) *ber.Packet {
	return withChildren(p, slices.Replace(slices.Clone(p.Children), index, index+1, child))
}

func withChildren(p *ber.Packet, children []*ber.Packet) *ber.Packet {
	out := ber.Encode(p.ClassType, p.TagType, p.Tag, nil, "")
	for _, c := range children {
		out.AppendChild(c)
	}
	return out
}

func text(s string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
}

// request notes what a search wants, and asks the server for all members.
func (c *relay) request(p *ber.Packet) *ber.Packet {
	if len(p.Children) < 2 || p.Children[1].Tag != tagSearch || len(p.Children[1].Children) < searchChildren {
		return p
	}
	s := &search{to: -1, limit: maxPageSize}
	if len(p.Children) > 2 && slices.ContainsFunc(p.Children[2].Children, func(control *ber.Packet) bool {
		return control.Children[0].Data.String() == pagingControl
	}) {
		c.front.pages.Add(1)
		s.limit = int(c.front.limit.Load())
	}
	attributes := p.Children[1].Children[searchChildren-1]
	for i, a := range attributes.Children {
		bounds, ok := strings.CutPrefix(strings.ToLower(a.Data.String()), "member;range=")
		if !ok {
			continue
		}
		low, high, _ := strings.Cut(bounds, "-")
		s.ranged = true
		s.from, _ = strconv.Atoi(low)
		if high != "*" {
			s.to, _ = strconv.Atoi(high)
		}
		p = with(p, 1, with(p.Children[1], searchChildren-1, with(attributes, i, text("member"))))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.searches[messageID(p)] = s
	return p
}

// response cuts entries, and members of an entry. Nil: it is not passed on.
func (c *relay) response(p *ber.Packet) *ber.Packet {
	c.mu.Lock()
	s := c.searches[messageID(p)]
	c.mu.Unlock()
	if s == nil || len(p.Children) < 2 {
		return p
	}
	switch p.Children[1].Tag {
	case tagEntry:
		if s.entries++; s.exceeds() {
			return nil
		}
		c.front.passed(c.client)
		return with(p, 1, with(p.Children[1], 1, c.cut(s, p.Children[1].Children[1])))
	case tagDone:
		if s.exceeds() {
			code := ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, sizeLimit, "")
			return with(p, 1, with(p.Children[1], 0, code))
		}
	}
	return p
}

// cut returns the attributes of an entry with the range of members that a search may have.
func (c *relay) cut(s *search, attributes *ber.Packet) *ber.Packet {
	var out []*ber.Packet
	for _, a := range attributes.Children {
		values := a.Children[1].Children
		if !strings.EqualFold(a.Children[0].Data.String(), "member") || !s.ranged && len(values) <= maxValRange {
			out = append(out, a)
			continue
		}
		from := min(s.from, len(values))
		to := min(from+maxValRange, len(values))
		if s.to >= 0 {
			to = max(from, min(to, s.to+1))
		}
		last := strconv.Itoa(to - 1)
		if to == len(values) {
			last = "*"
		}
		c.front.ranges.Add(1)
		if !s.ranged { // Active Directory adds the attribute that was asked for, without values
			out = append(out, with(a, 1, withChildren(a.Children[1], nil)))
		}
		name := text(fmt.Sprintf("member;range=%d-%s", from, last))
		out = append(out, with(with(a, 0, name), 1, withChildren(a.Children[1], values[from:to])))
	}
	return withChildren(attributes, out)
}

// certificate makes a certificate for loopback that is its own authority, in cert.pem and key.pem.
func certificate(t *testing.T, dir string) (pair tls.Certificate, certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(20), Subject: pkix.Name{CommonName: "localhost"}, IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	blocks := map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: secret},
	}
	for _, name := range slices.Sorted(maps.Keys(blocks)) {
		write(t, filepath.Join(dir, name), string(pem.EncodeToMemory(blocks[name])))
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	if pair, err = tls.LoadX509KeyPair(certFile, keyFile); err != nil {
		t.Fatal(err)
	}
	return pair, certFile, keyFile
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
