package dotnet

import (
	"fmt"
	"strings"
	"testing"
)

func BenchmarkCheck(b *testing.B) {
	var ids strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&ids, "<t:ItemId Id=\"AAMkContact%d=\" ChangeKey=\"EQAAAB\"/>\n", i)
	}
	for name, request := range map[string]string{
		"AddImGroup":       envelopeOf(headers[2], bodies[0]),
		"GetImItems of 1k": envelopeOf(headers[2], contactID(ids.String())),
		"syntax error":     envelopeOf(headers[2], strings.Replace(bodies[0], "&amp;", "&", 1)),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(request)))
			b.ReportAllocs()
			for b.Loop() {
				Check([]byte(request), nil)
			}
		})
	}
}
