package sniff_test

import (
	"testing"

	"github.com/go-ews/exchange/internal/sniff"
)

func TestOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		head  string
		ended bool
		want  sniff.Kind
	}{
		{`<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"`, false, sniff.SOAP},
		{`<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns`, false, sniff.Undecided},
		{`<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns`, true, sniff.SOAP},
		{`<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="b"`, false, sniff.Undecided},
		{`<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="b"`, true, sniff.SOAP12},
		{`<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'>`, false, sniff.SOAP12},
		{`<Envelope>`, false, sniff.SOAP},
		{"\xEF\xBB\xBF<!-- a --><Envelope/>", true, sniff.SOAP},
		{"\xFF\xFE<\x00", false, sniff.SOAP},
		{`<?xml version="1.0"?><!DOCTYPE a [`, false, sniff.SOAP},
		{`<?xml version="1.0"?>`, false, sniff.Undecided},
		{`<?xml version="1.0"?>`, true, sniff.SOAP},
		{"<s:Enve", false, sniff.Undecided},
		{"<s:Enve", true, sniff.Other},
		{"<!doctype HTML>", false, sniff.Other},
		{"<!DOC", false, sniff.Undecided},
		{"<html>", false, sniff.Other},
		{"no", false, sniff.Other},
		{"  ", false, sniff.Undecided},
		{"", true, sniff.Other},
	} {
		if got := sniff.Of([]byte(tt.head), tt.ended); got != tt.want {
			t.Errorf("%q, ended %t: %d, want %d", tt.head, tt.ended, got, tt.want)
		}
	}
}
