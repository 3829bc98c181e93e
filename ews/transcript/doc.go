// Package transcript records the requests to an Exchange server and its responses with every name
// replaced, and plays them back in tests:
//
//	file, err := os.Create("transcript.txt")
//	…
//	recorder := transcript.Record(authenticated, file, nil) // authenticated is an http.RoundTripper
//	client, err := ews.NewClient(endpoint, &ews.Options{HTTPClient: &http.Client{Transport: recorder}})
//	… // calls
//	if err := recorder.Err(); err != nil {
//		// a call is missing from the transcript
//	}
//
// Put it outside of the RoundTripper that logs in, so that it sees no logins.
//
// # Replacements
//
// Everything that is not known to be harmless: names, addresses, ids, change keys, host names,
// request ids, SIDs, tokens, cookies, and whatever stands in a place that this package does not know,
// names of elements and headers included. A letter becomes another letter and a digit another digit;
// punctuation, white space and line ends stay. So lengths stay, a fault's line and position still
// point to the same place of the request, and an address still looks like one. Within a transcript
// the same word has the same replacement, in any case of letters; no two words share one. Two transcripts
// have nothing in common, unless [Options.Key] says so.
//
// # What stays
//
//   - names of elements, attributes and headers of EWS, SOAP, HTML and HTTP
//   - response codes, versions, group types and other values of the schema's lists, numbers of counts
//     and places, dates, booleans
//   - in the texts of messages and faults, and in x-ms-diagnostics: the common words of Exchange's
//     own messages in English, and numbers of up to four digits. A person whose name is such a word
//     keeps it there, and only there.
//   - words of [Options.Keep]
//
// Read a transcript before you send it on. What cannot be scrubbed is not recorded at all:
// a body that is not UTF-8 (by its bytes or its charset), or is packed, or too large; see [Recorder.Err].
package transcript
