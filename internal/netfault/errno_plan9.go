package netfault

// kindOfErrno returns "": errors of Plan 9 are texts.
func kindOfErrno(error) string { return "" }
