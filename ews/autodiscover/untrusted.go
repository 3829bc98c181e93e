package autodiscover

// UntrustedError is the error of a step that leads to a host which is not trusted: nothing was sent
// to it.
type UntrustedError struct {
	Host string
	From string // what named the host: a URL without its query, or a DNS record
}

// Error says what to do about it.
func (e *UntrustedError) Error() string {
	return clip(e.From, 200) + " leads to " + clip(e.Host, 100) + ", which is not trusted; " +
		"if that is where the mailbox is, add it to Options.Hosts"
}
