// Package ldappeers holds contactsync --directory against directory servers that others wrote: OpenLDAP's
// slapd, and Samba's Active Directory. .ci/ldap-peers starts them; without it these tests skip.
package ldappeers_test

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/examples/commands/internal/source"
)

// programs are the paths of contactsync and of the oracle.
type programs struct{ contactsync, oracle string }

// peer skips a test unless the script says that the server is there.
func peer(t *testing.T, name string) programs {
	t.Helper()
	const variable = "CONTACTSYNC_TEST_LDAP"
	if os.Getenv(variable) != name {
		t.Skipf("%s is not %s: .ci/ldap-peers sets it", variable, name)
	}
	return programs{os.Getenv(variable + "_COMMAND"), os.Getenv(variable + "_ORACLE")}
}

// teamRules bounds the rules for teams: each makes some 150 writes.
const teamRules = 80

// object is one of a configuration.
type object = map[string]any

// access is how a directory is reached.
type access struct {
	server, user, passwordFile, ca string
}

func (a access) configuration() object {
	return object{
		"server": a.server, "baseDN": "DC=corp,DC=test", "ca": a.ca,
		"bind": object{"user": a.user, "passwordFile": a.passwordFile},
	}
}

// rules returns rules for 80 teams at most, by each kind of name in turn, and rules for other groups, by
// which all people have a list.
func (c *company) rules() []object {
	var rules []object
	for i, team := range c.teams[:min(len(c.teams), teamRules)] {
		rules = append(rules, object{"group": []string{team, groupDN(team), team + "@groups.corp.test"}[i%3]})
	}
	return append(rules,
		object{"group": "board", "name": "Board", "to": []string{"big"}},
		object{"group": "assistants@groups.corp.test", "name": "Assistants", "to": []string{groupDN("everyone, twice")}},
		object{"group": "area-00", "name": "Areas", "to": []string{"assistants", "board"}},
		object{"group": "division-00", "name": "areas", "to": []string{"assistants"}},
		object{"group": "division-05", "name": "areas", "to": []string{"assistants"}},
		object{"group": "ring-a", "name": "Ring"},
		object{"group": "itself", "to": "members"},
		object{"group": "nothing", "to": []string{"board"}, "allowEmpty": true},
		object{"group": "nothing", "to": []string{"lost"}}, // fails: there is no member
	)
}

// writeConfig writes a configuration and returns its name.
func writeConfig(t *testing.T, ldap object, rules []object) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "directory.json")
	text, err := json.MarshalIndent(object{"ldap": ldap, "rules": rules, "ignoreWithoutAddress": true}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	write(t, name, string(text))
	return name
}

// wanted returns the lists by the oracle, which asks the directory itself.
func (p programs) wanted(t *testing.T, config string) []string {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(run(t, p.oracle, config), "\n"), "\n")
	slices.Sort(lines)
	return lines
}

// outcome is what became of a run of contactsync.
type outcome struct {
	status         int
	stdout, stderr string
	took, cpu      time.Duration
	peak           int64 // KiB of memory
}

// cost says what the run took.
func (o outcome) cost() string {
	return fmt.Sprintf("%.1f s, %.1f s of CPU, %d MiB", o.took.Seconds(), o.cpu.Seconds(), o.peak>>10)
}

// sync runs contactsync to its end.
func (p programs) sync(t *testing.T, config string, e *exchange, database string, more ...string) outcome {
	t.Helper()
	args := append([]string{
		"--directory", config, "--endpoint", e.endpoint, "--auth", "none", "--database", database, "--workers", "16",
	}, more...)
	cmd := exec.CommandContext(t.Context(), p.contactsync, args...)
	stdout, stderr := &boundedText{}, &boundedText{}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	begin := time.Now()
	err := cmd.Run()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		t.Fatal(err)
	}
	o := outcome{
		status: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String(), took: time.Since(begin),
		cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(),
	}
	usage := reflect.Indirect(reflect.ValueOf(cmd.ProcessState.SysUsage())) // not every system's has it
	if peak := usage.FieldByName("Maxrss"); peak.IsValid() {
		o.peak = peak.Int()
	}
	return o
}

// prove puts lists in step with a directory of people people that is reached through a front, and
// compares them with those of the oracle, which reaches it directly.
func (p programs) prove(t *testing.T, c *company, direct access, f *front, through access) {
	t.Helper()
	want := p.wanted(t, writeConfig(t, direct.configuration(), c.rules()))
	config := writeConfig(t, through.configuration(), c.rules())
	e := newExchange(t)
	database := filepath.Join(t.TempDir(), "db")
	first := p.sync(t, config, e, database)
	reads, writes := e.requests()
	if diff := cmp.Diff(want, e.lists()); diff != "" {
		t.Fatalf("the lists differ from the oracle's (-want +got):\n%.4000s\n%.4000s\n%.4000s", diff, first.stdout, first.stderr)
	}
	// A rule fails on purpose, and two people have one mailbox.
	if first.status != 1 || writes == 0 {
		t.Errorf("status %d after %d writes\n%.4000s\n%.4000s", first.status, writes, first.stdout, first.stderr)
	}
	second := p.sync(t, config, e, database, "--remove", "all")
	secondReads, secondWrites := e.requests()
	if secondWrites != 0 {
		t.Errorf("the second run made %d writes\n%.4000s\n%.4000s", secondWrites, second.stdout, second.stderr)
	}
	if diff := cmp.Diff(want, e.lists()); diff != "" {
		t.Errorf("the lists differ after the second run (-want +got):\n%.4000s", diff)
	}
	if f.ranges.Load() == 0 || f.pages.Load() == 0 {
		t.Errorf("%d ranges and %d pages: none were needed", f.ranges.Load(), f.pages.Load())
	}
	t.Logf("%d people: %d contacts in the lists of %d mailboxes, 0 differences from the oracle",
		len(c.people), len(want), len(e.mailboxes))
	t.Logf("first run: %d reads, %d writes, %s", reads, writes, first.cost())
	t.Logf("second run: %d reads, %d writes, %s", secondReads, secondWrites, second.cost())
	t.Logf("%d ranges of members, %d pages", f.ranges.Load(), f.pages.Load())
	t.Logf("look-ups alone: %.1f s", lookUps(t, config).Seconds())
}

// lookUps returns how long the look-ups of a configuration take.
func lookUps(t *testing.T, name string) time.Duration {
	t.Helper()
	config, err := source.ParseConfig(read(t, name))
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	directory, err := source.OpenLDAP(t.Context(), config.LDAP, func() (string, error) {
		return string(read(t, config.LDAP.Bind.PasswordFile)), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	defer directory.Close()
	if _, err := source.Read(t.Context(), config, directory); err != nil {
		t.Fatal(err)
	}
	return time.Since(begin)
}

// TestPeer_Slapd holds that the lists of 10,000 people are those of the oracle.
func TestPeer_Slapd(t *testing.T) { //nolint:paralleltest // it measures
	p := peer(t, "slapd")
	c := newCompany(10_000)
	s, pair, direct := openSlapd(t, c)
	f := startFront(t, pair, s.address, "localhost", direct.ca)
	through := direct
	through.server = f.url
	p.prove(t, c, direct, f, through)
}

// openSlapd starts a slapd for a company, and returns how to reach it.
func openSlapd(t *testing.T, c *company) (*slapd, tls.Certificate, access) {
	t.Helper()
	dir := t.TempDir()
	pair, cert, key := certificate(t, dir)
	s := newSlapd(t, c, dir, cert, key)
	password := filepath.Join(dir, "password")
	write(t, password, servicePassword)
	return s, pair, access{server: "ldaps://" + s.address, user: serviceDN, passwordFile: password, ca: cert}
}

// TestPeer_Samba holds the same of an Active Directory by Samba, which takes minutes to fill with 10,000.
func TestPeer_Samba(t *testing.T) { //nolint:paralleltest // it measures
	p := peer(t, "samba")
	c := newCompany(1700)
	dir := t.TempDir()
	ldif, err := os.Create(filepath.Join(dir, "company.ldif"))
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(ldif)
	writeChanges(w, c.entries)
	if err := errors.Join(w.Flush(), ldif.Close()); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	run(t, "/usr/bin/python3", "testdata/samba-fill.py", ldif.Name())
	t.Logf("samba-fill.py: %d entries in %s", len(c.entries), time.Since(begin).Round(time.Millisecond))
	pair, cert, _ := certificate(t, dir)
	password := filepath.Join(dir, "password")
	write(t, password, os.Getenv("EWS_AD_PASS_SVC_IM"))
	direct := access{
		server: os.Getenv("EWS_AD_LDAPS"), user: "svc-im@CORP.TEST", passwordFile: password, ca: os.Getenv("EWS_AD_CA"),
	}
	host, err := url.Parse(direct.server)
	if err != nil {
		t.Fatal(err)
	}
	f := startFront(t, pair, net.JoinHostPort(host.Hostname(), "636"), host.Hostname(), direct.ca)
	through := direct
	through.server, through.ca = f.url, cert
	p.prove(t, c, direct, f, through)
	if t.Failed() {
		return
	}
	t.Run("Kerberos", func(t *testing.T) {
		p.proveKerberos(t, c, direct)
	})
}

// proveKerberos compares a sync to which the keytab of the service account is enough.
func (p programs) proveKerberos(t *testing.T, c *company, direct access) {
	t.Helper()
	rules := c.rules()[min(len(c.teams), teamRules):]
	want := p.wanted(t, writeConfig(t, direct.configuration(), rules))
	ldap := direct.configuration()
	ldap["bind"] = object{
		"kerberos": true, "user": os.Getenv("EWS_AD_KEYTAB_PRINCIPAL"), "keytab": os.Getenv("EWS_AD_KEYTAB"),
		"krb5Conf": os.Getenv("EWS_AD_KRB5_CONFIG"),
	}
	for _, server := range []string{direct.server, os.Getenv("EWS_AD_LDAP")} {
		ldap["server"] = server
		e := newExchange(t)
		o := p.sync(t, writeConfig(t, ldap, rules), e, filepath.Join(t.TempDir(), "db"))
		if diff := cmp.Diff(want, e.lists()); diff != "" || o.status != 1 {
			t.Fatalf("%s: status %d, the lists differ (-want +got):\n%.4000s\n%.4000s", server, o.status, diff, o.stderr)
		}
		t.Logf("%s: a login with a keytab, 0 differences in %d lines", server, len(want))
	}
}

// TestPeer_Failures holds that a directory that fails in the middle changes no list but by whole look-ups:
// the lists are in step, and what a look-up lacked would be removed.
func TestPeer_Failures(t *testing.T) { //nolint:paralleltest // it kills the server that it uses
	p := peer(t, "slapd")
	c := newCompany(800)
	s, pair, direct := openSlapd(t, c)
	f := startFront(t, pair, s.address, "localhost", direct.ca)
	through := direct
	through.server = f.url
	rules := c.rules()
	rules = rules[:len(rules)-1] // without the one that always fails
	config := writeConfig(t, through.configuration(), rules)
	e := newExchange(t)
	database := filepath.Join(t.TempDir(), "db")
	o := p.sync(t, config, e, database)
	want := e.lists()
	if diff := cmp.Diff(p.wanted(t, writeConfig(t, direct.configuration(), rules)), want); diff != "" {
		t.Fatalf("status %d, the lists differ from the oracle's (-want +got):\n%.4000s\n%.4000s", o.status, diff, o.stderr)
	}
	before := f.entries.Load()
	p.sync(t, config, e, database)
	all := f.entries.Load() - before // of a whole run
	e.requests()

	tried := 0
	try := func(what string) {
		o := p.sync(t, config, e, database, "--remove", "all", "--allow-removals")
		reads, writes := e.requests()
		if diff := cmp.Diff(want, e.lists()); diff != "" || writes != 0 {
			t.Errorf("%s: %d writes (-want +got):\n%.4000s\n%.4000s\n%.4000s", what, writes, diff, o.stdout, o.stderr)
		}
		if o.status == 0 {
			t.Errorf("%s: status 0", what)
		}
		t.Logf("%s: status %d, %d reads, 0 lists changed", what, o.status, reads)
		tried++
	}
	for _, percent := range []int64{0, 30, 70} {
		f.failAt(all*percent/100, func(client net.Conn) { client.Close() })
		try(fmt.Sprintf("connection lost after %d %% of the entries", percent))
		f.failAt(all*percent/100, func(net.Conn) { s.kill() })
		try(fmt.Sprintf("slapd killed after %d %% of the entries", percent))
		s.start(t)
	}
	f.limit.Store(teamSize - 1)
	try("size limit exceeded in every search for a team")
	f.limit.Store(0)
	undo := s.reconfigure(t, "size.prtotal=unlimited", "size.prtotal=100")
	try("pages of the client's size refused")
	undo()
	s.reconfigure(t, "access to * by", "access to dn.subtree=\"OU=Finance\\\\, Legal,"+baseDN+"\" by * none\naccess to * by")
	try("a fifth of the people cannot be read")
	t.Logf("%d failures, 0 lists changed", tried)
}
