package ews

import "context"

// ResponseInfo describes a response apart from its payload. The names in FrontEnd and Diagnostics
// are those of internal hosts.
type ResponseInfo struct {
	URL             string  // that was called, without query and user information
	Mailbox         string  // identifier of the impersonated account; "": the caller's own mailbox
	RequestVersion  Version // the schema version asked for; OmitVersion: none
	StatusCode      int     // 0: no response
	RequestID       string  // the server's: quote it to an administrator, it is in the EWS logs
	ClientRequestID string  // what this module sent, a new one per attempt
	FrontEnd        string  // X-FEServer
	Diagnostics     string  // x-ms-diagnostics, else X-DiagInfo
	ServerVersion   ServerVersion
	Attempts        int // attempts that were begun; 0: the call was refused before the first
	ReplacedChars   int // characters that XML forbids and that became U+FFFD in the result
}

type infoKey struct{}

// WithResponseInfo returns a context with which a call fills info, whether it succeeds or fails;
// the last of several attempts counts. One info serves one call at a time; read it after the call
// has returned.
func WithResponseInfo(ctx context.Context, info *ResponseInfo) context.Context {
	return context.WithValue(ctx, infoKey{}, info)
}

// storeInfo fills the info of WithResponseInfo, if there is one.
func storeInfo(ctx context.Context, info *ResponseInfo) {
	if p, ok := ctx.Value(infoKey{}).(*ResponseInfo); ok && p != nil {
		*p = *info
	}
}
