package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// frame shows the report in a frame of a certain width, which browsers do not let windows have, folds
// everything out if asked to, and writes down what cannot be read.
const frame = `<!DOCTYPE html><meta charset="utf-8"><body style="margin: 0">
<iframe id="f" src="report.html" style="border: 0; width: %[1]dpx; height: %[2]dpx"></iframe><pre id="verdict" hidden></pre>
<script>
const open = %[3]t;
document.getElementById("f").addEventListener("load", async event => {
  const doc = event.target.contentDocument, win = event.target.contentWindow, bad = [], rects = [];
  const say = (what, element) => bad.push(what + ": " + element.textContent.trim().slice(0, 80));
  if (open) for (const d of doc.querySelectorAll("details")) d.open = true;
  if (doc.documentElement.scrollWidth > win.innerWidth) bad.push("the page is wider than its window");
  for (const element of doc.querySelectorAll("body *")) {
    const style = win.getComputedStyle(element);
    if (style.overflowX !== "visible" && element.scrollWidth > element.clientWidth + 1) say("cut", element);
    if (parseFloat(style.fontSize) < 11 && element.textContent) say("small", element);
  }
  const walker = doc.createTreeWalker(doc.body, NodeFilter.SHOW_TEXT);
  for (let node; node = walker.nextNode();) {
    if (!node.data.trim() || !node.parentElement.checkVisibility() || /SCRIPT|STYLE|TITLE|title/.test(node.parentElement.tagName)) continue;
    const range = doc.createRange();
    range.selectNodeContents(node);
    for (const r of range.getClientRects()) {
      if (r.width < 1) continue;
      if (r.left < 0 || r.right > win.innerWidth + 1) say("outside", node);
      rects.push({r, node});
    }
  }
  rects.sort((a, b) => a.r.top - b.r.top);
  for (let i = 0; i < rects.length; i++)
    for (let j = i + 1; j < rects.length && rects[j].r.top < rects[i].r.bottom; j++) {
      const a = rects[i].r, b = rects[j].r;
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left), high = Math.min(a.bottom, b.bottom) - b.top;
      if (wide > 1 && high > 4 && rects[i].node !== rects[j].node) say("overlaps", rects[j].node);
    }
  let found = -1;
  if (open) {
    const find = doc.getElementById("find");
    find.value = "Person00008 SALES";
    find.dispatchEvent(new win.Event("input"));
    await new Promise(done => setTimeout(done, 400));
    found = [...doc.querySelectorAll("#changes > details")].filter(d => d.checkVisibility()).length;
  }
  document.getElementById("verdict").textContent = JSON.stringify({Texts: rects.length, Found: found, Bad: bad});
});
</script>`

// TestReport_Browser looks at the page in a browser, as wide as a telephone and as a desk: no text is cut,
// outside the window, or over other text, and the search finds. The screenshots stay in a folder.
func TestReport_Browser(t *testing.T) {
	t.Parallel()
	browser := os.Getenv("CONTACTSYNC_TEST_BROWSER")
	if browser == "" {
		t.Skip("CONTACTSYNC_TEST_BROWSER names no browser, such as chromium")
	}
	shots := os.Getenv("CONTACTSYNC_TEST_SCREENSHOTS")
	if shots == "" {
		shots = t.TempDir()
	}
	page := filepath.Join(t.TempDir(), "report.html")
	if err := writeReport(page, madeUpSummary()); err != nil {
		t.Fatal(err)
	}
	//nolint:paralleltest // one browser at a time
	for _, tc := range []struct {
		name          string
		width, height int
		open          bool
		texts         int
	}{
		{"narrow", 390, 2600, false, 80},
		{"wide", 1200, 2400, false, 80},
		{"narrow-open", 390, 12000, true, 300},
		{"wide-open", 1200, 8000, true, 300},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/report.html" {
					http.ServeFile(w, r, page)
					return
				}
				fmt.Fprintf(w, frame, tc.width, tc.height, tc.open)
			}))
			t.Cleanup(server.Close)
			shot := filepath.Join(shots, "report-"+tc.name+".png")
			look(t, browser, server.URL, tc.width, tc.height, "--screenshot="+shot)
			if info, err := os.Stat(shot); err != nil || info.Size() < 10_000 {
				t.Errorf("no screenshot: %v", err)
			}
			v := verdictOf(t, look(t, browser, server.URL, tc.width, tc.height, "--dump-dom"))
			if v.Texts < tc.texts || len(v.Bad) > 0 {
				t.Errorf("%d lines of text, want %d; what is bad: %q", v.Texts, tc.texts, v.Bad)
			}
			if tc.open && v.Found != 1 {
				t.Errorf("the search finds %d mailboxes, want 1", v.Found)
			}
			t.Logf("%d lines of text at %d pixels, %s", v.Texts, tc.width, shot)
		})
	}
}

// look runs a browser without a window and returns what it prints.
func look(t *testing.T, browser, url string, width, height int, does string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
		"--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", "--user-data-dir="+t.TempDir(),
		fmt.Sprintf("--window-size=%d,%d", width, height), "--virtual-time-budget=10000", does, url)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", browser, err, stderr.String())
	}
	return stdout.String()
}

type browserVerdict struct {
	Texts, Found int
	Bad          []string
}

var verdictElement = regexp.MustCompile(`(?s)<pre id="verdict" hidden="">(.*?)</pre>`)

func verdictOf(t *testing.T, dom string) (v browserVerdict) {
	t.Helper()
	found := verdictElement.FindStringSubmatch(dom)
	if found == nil {
		t.Fatalf("the browser has no verdict:\n%s", dom)
	}
	if err := json.Unmarshal([]byte(html.UnescapeString(found[1])), &v); err != nil {
		t.Fatalf("%v: %s", err, found[1])
	}
	return v
}
