module github.com/go-ews/exchange/auth/sspi

go 1.26.0

require (
	github.com/alexbrainman/sspi v0.0.0-20250919150558-7d374ff0d59e
	github.com/go-ews/exchange v0.0.0
	github.com/google/go-cmp v0.7.0
)

require (
	github.com/Azure/go-ntlmssp v0.1.1 // indirect
	golang.org/x/oauth2 v0.37.0 // indirect
)

replace github.com/go-ews/exchange => ../..
