package terminal

import "testing"

func TestLine(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                       "",
		"a\r\n\tb\u0085c":        "a b c",
		"a\x1b[2J\u009bb\u202ec": "a\ufffd[2J\ufffdb\ufffdc",
		"Größe \xff":             "Größe \ufffd",
	} {
		if got := Line(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
