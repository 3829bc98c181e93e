package doctor

import "testing"

// ntlmSymptoms are about logins by NTLM, and what stands between the client and Exchange.
func ntlmSymptoms(t *testing.T) []symptom {
	t.Helper()
	asTony := []string{"--auth", "ntlm", "--user", `CORP\tony`}
	iis := func() *ntlm { return &ntlm{server: "Microsoft-IIS/10.0"} }
	throughNginx := func(share bool, args ...string) scene {
		n := &ntlm{server: "nginx"}
		return scene{handler: n.protects(inUse(nil)), front: balancing(share), args: append(asTony, args...)}
	}
	return []symptom{
		{"TLS bridge with another certificate", "microsoft/CSS-Exchange#1151", bridged(t, false, "--unbound"), "Extended Protection", "--channel-binding off"},
		{"the same, the login not repeated", "haproxy/haproxy#1828", bridged(t, false), "login", "only the same certificate on both sides"},
		{"TLS bridge, protection required", "microsoft/CSS-Exchange#1463", bridged(t, true, "--unbound"), "login", "Extended Protection"},
		{"protection required over http", "dirkjanm/PrivExchange#15", scene{handler: (&ntlm{requires: true, server: "Microsoft-IIS/10.0"}).protects(inUse(nil)), args: asTony}, "login", "accepts no login over http"},
		{"protection required, binding off", "microsoft/CSS-Exchange#1151", unboundAt(t), "login", "leave --channel-binding out"},
		{"load balancer that splits connections", "haproxy/haproxy#581", throughNginx(false), "login", "user and password are not the cause"},
		{"load balancer that shares connections", "einfallstoll/express-ntlm#76", throughNginx(true), "connections", "--login-per-request"},
		{"account locked, by NTLM", "ecederstrand/exchangelib#28", scene{handler: iis().protects(inUse(nil)), password: "other", args: asTony}, "login", "Get-ADUser NAME -Properties LockedOut"},
		{"local account of that name", "nmarus/node-ews#26", scene{handler: (&ntlm{domain: "CORP", server: "Microsoft-IIS/10.0"}).protects(inUse(nil)), args: []string{"--auth", "ntlm", "--user", `EXCH01\tony`}}, "login", "the server is in the domain CORP"},
	}
}

// unboundAt is an Exchange that requires Extended Protection, and a client that has it switched off.
func unboundAt(t *testing.T) scene {
	t.Helper()
	root := issue(t, nil, "Contoso Root", nil)
	return protectedBy(t, root, issue(t, root, "EXCH01", onLoopback), true, nil, "--channel-binding", "off")
}
