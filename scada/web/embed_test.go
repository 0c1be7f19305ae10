package web

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
)

func get(t *testing.T, target string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func TestPageIsServed(t *testing.T) {
	res := get(t, "/")
	body, _ := io.ReadAll(res.Body)
	if res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		t.Fatalf("%d %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
	for _, ref := range regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(string(body), -1) {
		if got := get(t, "/"+ref[1]); got.StatusCode != 200 {
			t.Errorf("index.html refers to %s: %d", ref[1], got.StatusCode)
		}
	}
	if got := get(t, "/no/such"); got.StatusCode != 404 {
		t.Errorf("unknown path: %d", got.StatusCode)
	}
}

func TestPackedAndUnchanged(t *testing.T) {
	plain := get(t, "/app.js")
	want, _ := io.ReadAll(plain.Body)
	packed := get(t, "/app.js", "Accept-Encoding", "gzip")
	if packed.Header.Get("Content-Encoding") != "gzip" {
		t.Fatal("app.js is not packed")
	}
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(z)
	if err != nil || string(got) != string(want) {
		t.Fatalf("packed differs from plain (%v)", err)
	}
	if res := get(t, "/app.js", "If-None-Match", plain.Header.Get("ETag")); res.StatusCode != http.StatusNotModified {
		t.Errorf("unchanged: %d", res.StatusCode)
	}
}

// The content security policy of the service is default-src 'self'.
func TestPageNeedsNothingFromOutside(t *testing.T) {
	body, err := fs.ReadFile(FS(), "index.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<style", "style=", "onclick=", "onload=", "http://", "https://", "//"} {
		if strings.Contains(string(body), bad) {
			t.Errorf("index.html contains %q", bad)
		}
	}
	if regexp.MustCompile(`<script(>| [^>]*[^"]>)`).Match(body) && !strings.Contains(string(body), `src=`) {
		t.Error("index.html has an inline script")
	}
	css, err := fs.ReadFile(FS(), "app.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"@import", "url(http", "url(//", "@font-face"} {
		if strings.Contains(string(css), bad) {
			t.Errorf("app.css contains %q", bad)
		}
	}
}

func TestBundleSize(t *testing.T) {
	total := 0
	fs.WalkDir(FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.HasSuffix(name, ".txt") {
			info, _ := d.Info()
			total += int(info.Size())
		}
		return err
	})
	if total > 1<<20 {
		t.Errorf("the bundle has %d bytes, more than 1 MiB", total)
	}
}

func TestLockFileNamesNoAddress(t *testing.T) {
	lock, err := os.ReadFile("package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(lock), `"resolved"`) {
		t.Error("package-lock.json carries download addresses: omit-lockfile-registry-resolved is off")
	}
}
