module github.com/go-ews/exchange

go 1.26.0

require (
	github.com/Azure/go-ntlmssp v0.1.1
	github.com/google/go-cmp v0.7.0
	golang.org/x/oauth2 v0.37.0
)
