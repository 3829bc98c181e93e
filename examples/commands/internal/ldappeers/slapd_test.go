package ldappeers_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// slapd is a directory by OpenLDAP, by TLS on loopback only.
type slapd struct {
	address string // host:port
	dir     string
	process *exec.Cmd
	ended   chan struct{}
}

const (
	serviceDN       = "CN=svc-im,DC=corp,DC=test"
	servicePassword = "Svc-1m-secret"
)

// newSlapd fills a directory and starts slapd on it.
func newSlapd(t *testing.T, c *company, dir, cert, key string) *slapd {
	t.Helper()
	s := &slapd{dir: dir, address: freeAddress(t)}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "db"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "slapd.conf"), fmt.Sprintf(`include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include %[2]s/testdata/ad.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile %[1]s/slapd.pid
TLSCertificateFile %[3]s
TLSCertificateKeyFile %[4]s
threads 4
database mdb
maxsize 1073741824
suffix "DC=corp,DC=test"
directory %[1]s/db
index objectClass,mail,sAMAccountName,cn,member,memberOf eq
# As in Active Directory: a search without paging returns 1,000 entries, and a page has no more.
limits dn.exact="%[5]s" size.soft=1000 size.hard=1000 size.pr=1000 size.prtotal=unlimited
access to attrs=userPassword by anonymous auth
access to * by dn.exact="%[5]s" read
`, dir, here, cert, key, serviceDN))
	ldif, err := os.Create(filepath.Join(dir, "company.ldif"))
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(ldif)
	fmt.Fprintf(w, "dn: DC=corp,DC=test\nobjectClass: domain\ndc: corp\n\n"+
		"dn: %s\nobjectClass: inetOrgPerson\ncn: svc-im\nsn: Service\nuserPassword: %s\n\n", serviceDN, servicePassword)
	writeEntries(w, c.entries)
	if err := errors.Join(w.Flush(), ldif.Close()); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	run(t, "slapadd", "-q", "-f", filepath.Join(dir, "slapd.conf"), "-l", ldif.Name())
	t.Logf("slapadd: %d entries in %s", len(c.entries), time.Since(begin).Round(time.Millisecond))
	s.start(t)
	t.Cleanup(s.kill)
	return s
}

// start starts the server on the directory as it is, and waits until it listens.
func (s *slapd) start(t *testing.T) {
	t.Helper()
	said := &boundedText{}
	s.process = exec.Command("slapd", "-f", filepath.Join(s.dir, "slapd.conf"), "-h", "ldaps://"+s.address, "-d", "0") //nolint:noctx // it is ended by kill, in the middle of a test too
	s.process.Stderr = said
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
	s.ended = make(chan struct{})
	go func(process *exec.Cmd, ended chan struct{}) {
		_ = process.Wait() // it is killed
		close(ended)
	}(s.process, s.ended)
	every := time.NewTicker(20 * time.Millisecond)
	defer every.Stop()
	for {
		select {
		case <-s.ended:
			t.Fatalf("slapd has ended: %v\n%s", s.process.ProcessState, said)
		case <-t.Context().Done():
			t.Fatal("slapd does not listen")
		case <-every.C:
			conn, err := net.DialTimeout("tcp", s.address, time.Second) //nolint:noctx // likewise
			if err == nil {
				conn.Close()
				return
			}
		}
	}
}

// reconfigure restarts the server with another text in its configuration. Undo restores the old one.
func (s *slapd) reconfigure(t *testing.T, old, changed string) (undo func()) {
	t.Helper()
	conf := filepath.Join(s.dir, "slapd.conf")
	text := string(read(t, conf))
	if !strings.Contains(text, old) {
		t.Fatalf("slapd.conf does not have %s", old)
	}
	restart := func(text string) {
		s.kill()
		write(t, conf, text)
		s.start(t)
	}
	restart(strings.Replace(text, old, changed, 1))
	return func() { restart(text) }
}

// kill ends it without giving it a chance to end a response.
func (s *slapd) kill() {
	_ = s.process.Process.Kill()
	<-s.ended
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it listens for no time
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// run runs a command to its end and returns its standard output.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	stderr := &boundedText{}
	cmd.Stderr = stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, stderr)
	}
	return string(out)
}

// boundedText keeps the beginning of its input.
type boundedText struct{ text []byte }

func (b *boundedText) Write(p []byte) (int, error) {
	if len(b.text) < 20_000 {
		b.text = append(b.text, p...)
	}
	return len(p), nil
}

func (b *boundedText) String() string { return string(b.text) }
