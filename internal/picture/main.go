// Command picture draws the packages of the module and which imports which:
//
//	go run ./internal/picture > .github/packages.svg
package main

import (
	"fmt"
	"html"
	"os"
	"strings"
)

func main() {
	if _, err := os.Stdout.WriteString(draw()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Sizes in pixels.
const (
	width, height = 960, 500
	boxHeight     = 56
)

// kind decides about a box's colour. All of them have enough contrast to white letters, and stand
// out from a light and from a dark page.
type kind string

const (
	outside kind = "#57606a"
	calls   kind = "#0a5dc2"
	data    kind = "#1a7f37"
	logins  kind = "#8250df"
	tests   kind = "#a04100"
)

// box is a package, or a party outside the module.
type box struct {
	name, text string
	kind       kind
	x, y, w    int
}

var boxes = []box{
	{"your program", "and examples/, examples/commands", outside, 20, 20, 920},

	{"ews/imsync", "a roster becomes writes", calls, 20, 120, 180},
	{"ews/directory", "who is in a list", calls, 210, 120, 180},
	{"ews/autodiscover", "address to endpoint", calls, 400, 120, 180},
	{"auth", "Basic, NTLM, Negotiate, Bearer", logins, 620, 120, 320},

	{"ews", "Client: operations, errors, retries, throttle", calls, 20, 220, 580},
	{"auth/kerberos", "Kerberos, a module", logins, 620, 220, 155},
	{"auth/sspi", "Windows, a module", logins, 785, 220, 155},

	{"imgroup", "groups, contacts, ids", data, 20, 320, 170},
	{"imgroup/mapi", "extended properties", data, 220, 320, 170},
	{"soap", "envelope and fault codec", data, 400, 320, 180},
	{"ews/ewstest", "an Exchange in process", tests, 620, 320, 155},
	{"ews/transcript", "record, play", tests, 785, 320, 155},

	{"http.RoundTripper", "the network: Exchange, proxies; in tests the fake or a transcript", outside, 20, 424, 920},
}

// arrow leads from a box to one that it imports; a dashed one means that they meet as values of
// net/http alone, in the program.
type arrow struct {
	path   string // of SVG
	dashed bool
}

var arrows = []arrow{
	{"M110 76V118", false},
	{"M300 76V118", false},
	{"M490 76V118", false},
	{"M590 76V218", false},
	{"M780 76V118", false},
	{"M110 176V218", false},
	{"M300 176V218", false},
	{"M490 176V218", false},
	{"M697 220V178", false},
	{"M862 220V178", false},
	{"M110 276V318", false},
	{"M300 276V318", false},
	{"M490 276V318", false},
	{"M190 348H218", false},
	{"M590 276V422", true},
	{"M620 148H608V422", true},
	{"M697 424V378", true},
	{"M862 424V378", true},
}

// draw returns the picture. Nothing of it depends on the colour of the page.
func draw() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%[1]d" height="%[2]d" `+
		`role="img" aria-label="Packages of the module and which imports which" `+
		`font-family="system-ui, sans-serif" text-anchor="middle">`+"\n", width, height)
	b.WriteString(`<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" ` +
		`orient="auto"><path d="M0 0L8 4L0 8z" fill="#8b949e"/></marker></defs>` + "\n")
	for _, a := range arrows {
		dash := ""
		if a.dashed {
			dash = ` stroke-dasharray="5 4"`
		}
		fmt.Fprintf(&b, `<path d="%s" fill="none" stroke="#8b949e" stroke-width="1.5"%s marker-end="url(#head)"/>`+"\n",
			a.path, dash)
	}
	for _, x := range boxes {
		x.draw(&b)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (x *box) draw(b *strings.Builder) {
	middle := x.x + x.w/2
	fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="%d" rx="6" fill="%s" stroke="%s"/>`+"\n",
		x.x, x.y, x.w, boxHeight, x.kind, x.kind)
	fmt.Fprintf(b, `<text x="%d" y="%d" font-size="15" font-weight="600" fill="#fff">%s</text>`+"\n",
		middle, x.y+24, html.EscapeString(x.name))
	fmt.Fprintf(b, `<text x="%d" y="%d" font-size="11" fill="#fff">%s</text>`+"\n",
		middle, x.y+43, html.EscapeString(x.text))
}
