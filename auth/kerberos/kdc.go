package kerberos

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jcmturner/gokrb5/v8/config"
)

// The limits of one message to a KDC. The client of gokrb5 waits five seconds, trusts the length in
// front of a reply and allocates as much, and shuffles the configuration's list of KDCs in place;
// so this file carries the messages.
const (
	dialTimeout  = 3 * time.Second
	replyTimeout = 20 * time.Second
	maxReply     = 1 << 20 // a ticket's size is bounded by 64 KiB in Active Directory (MaxTokenSize)
)

// A dialer connects to a KDC.
type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// A visitor carries the messages of one login to the KDCs. gokrb5 makes the messages and the
// cryptography; its client takes no contexts, hides the codes of errors in their texts, and cannot
// follow a referral to a third realm.
type visitor struct {
	conf   *config.Config
	dial   dialer
	failed map[string]bool // KDCs that did not reply; others come first
}

// An unreachable is a realm none of whose KDCs replied.
type unreachable struct {
	realm    string
	failures []string
	err      error // the last one
}

func (e *unreachable) add(what string, err error) {
	if err != nil {
		e.failures, e.err = append(e.failures, what+": "+err.Error()), err
	}
}

func (e *unreachable) Error() string {
	return fmt.Sprintf("no KDC of %s replied (%s); %s", e.realm, strings.Join(e.failures, "; "), e.Hint())
}

// Hint says what to check.
func (*unreachable) Hint() string {
	return "check krb5.conf (realms, dns_lookup_kdc), the DNS (nltest /dsgetdc:DOMAIN, SRV records of _kerberos._tcp), " +
		"and whether a firewall lets TCP port 88 pass"
}

func (e *unreachable) Unwrap() error { return e.err }

// kdcsOf returns the addresses of a realm's KDCs in the order of preference: those of krb5.conf, else
// those of the DNS if it may be asked. protocol is tcp or udp.
func kdcsOf(ctx context.Context, conf *config.Config, protocol, realm string) ([]string, error) {
	for _, r := range conf.Realms {
		if r.Realm == realm && len(r.KDC) > 0 {
			return slices.Clone(r.KDC), nil
		}
	}
	if !conf.LibDefaults.DNSLookupKDC {
		return nil, errors.New("krb5.conf names none, and dns_lookup_kdc is off")
	}
	_, records, err := net.DefaultResolver.LookupSRV(ctx, "kerberos", protocol, realm)
	if err != nil {
		return nil, err
	}
	var addresses []string
	for _, r := range records {
		addresses = append(addresses, net.JoinHostPort(strings.TrimSuffix(r.Target, "."), strconv.Itoa(int(r.Port))))
	}
	return addresses, nil
}

// ask sends a message to the KDCs of a realm, one after the other, and returns the first reply.
//
// It uses TCP, which every KDC accepts (RFC 4120 section 7.2.2): the reply with an Active Directory
// ticket seldom fits a datagram, and silence over UDP would have a wrong password sent twice. UDP is
// for realms none of whose KDCs takes a connection.
func (v *visitor) ask(ctx context.Context, realm string, message []byte) ([]byte, error) {
	failure := &unreachable{realm: realm}
	for _, protocol := range []string{"tcp", "udp"} {
		addresses, err := kdcsOf(ctx, v.conf, protocol, realm)
		failure.add(protocol, err)
		slices.SortStableFunc(addresses, v.byFailure)
		connected := false
		for _, address := range addresses {
			reply, sent, err := v.askOne(ctx, protocol, address, message)
			if err == nil {
				return reply, nil
			}
			failure.add(protocol+" "+address, err)
			v.failed[address] = true
			connected = connected || sent
		}
		if connected || ctx.Err() != nil {
			break
		}
	}
	return nil, failure
}

// byFailure puts KDCs that failed behind the others.
func (v *visitor) byFailure(a, b string) int {
	switch {
	case v.failed[a] == v.failed[b]:
		return 0
	case v.failed[a]:
		return 1
	}
	return -1
}

// askOne sends a message to one KDC. sent reports whether it connected.
func (v *visitor) askOne(ctx context.Context, protocol, address string, message []byte) (reply []byte, sent bool, err error) {
	dialing, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, err := v.dial(dialing, protocol, address)
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(replyTimeout)); err != nil {
		return nil, true, err
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if protocol == "udp" {
		reply, err = askDatagram(conn, message)
	} else {
		reply, err = askStream(conn, message)
	}
	return reply, true, err
}

// askStream puts a length before each message (RFC 4120 section 7.2.2).
func askStream(conn io.ReadWriter, message []byte) ([]byte, error) {
	size := binary.BigEndian.AppendUint32(nil, uint32(len(message)))
	if _, err := conn.Write(append(size, message...)); err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(conn, size); err != nil {
		return nil, fmt.Errorf("no reply: %w", err)
	}
	length := binary.BigEndian.Uint32(size)
	if length == 0 || length > maxReply {
		return nil, fmt.Errorf("a reply of %d bytes, which is none of a KDC", length)
	}
	reply := make([]byte, length)
	if _, err := io.ReadFull(conn, reply); err != nil {
		return nil, fmt.Errorf("the reply was cut off: %w", err)
	}
	return reply, nil
}

func askDatagram(conn io.ReadWriter, message []byte) ([]byte, error) {
	if _, err := conn.Write(message); err != nil {
		return nil, err
	}
	reply := make([]byte, 1<<16)
	n, err := conn.Read(reply)
	return reply[:n], err
}
