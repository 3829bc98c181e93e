package ewstest

import (
	_ "embed" // for the table
	"strings"
)

// Rule is a rule by which this package acts as Exchange.
type Rule struct {
	ID        string // short and stable
	Grade     string // "documented" by Microsoft, "recorded" of a real server, or "guessed"
	Source    string // a page, a thread or a section; "-": none
	Test      string // the test of this package that holds it
	Text      string
	Otherwise string // of a guess: what a server does whose [Profile] says false
}

//go:embed rules.tsv
var rulesFile string

// Rules returns all rules.
func Rules() []Rule {
	var rules []Rule
	for line := range strings.Lines(rulesFile) {
		if f := strings.Split(strings.TrimSpace(line), "\t"); len(f) >= 5 {
			rules = append(rules, Rule{f[0], f[1], f[2], f[3], f[4], strings.Join(f[5:], "")})
		}
	}
	return rules
}

// Profile says, by the ID of a guessed [Rule], whether a server keeps the rule. A guess that is not
// in it holds. A Profile can be marshalled to JSON.
type Profile map[string]bool

func (p Profile) holds(id string) bool {
	held, ok := p[id]
	return held || !ok
}

// check panics for an ID that is not that of a guess.
func (p Profile) check() {
	guesses := map[string]bool{}
	for _, r := range Rules() {
		guesses[r.ID] = r.Grade == "guessed"
	}
	for id := range p {
		if !guesses[id] {
			misuse("Options.Profile: no guess is called %q", id)
		}
	}
}
