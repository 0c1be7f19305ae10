package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"os"
	"strings"
	"testing"
	"unicode/utf16"
)

// check reads every format, and lists what it warns of besides.
func TestCheckReadsEveryFormat(t *testing.T) {
	for _, c := range []struct {
		name, text string
		code       int
		says       []string
	}{
		{"water.inp", waterFile, exitOK, []string{"ok: 4 junctions, 2 pipes, 0 valves, 1 pump"}},
		{"bare.inp", "[JUNCTIONS]\nA\n[RESERVOIRS]\nR 9\n[PIPES]\nP R A 10 100 100\n[OPTIONS]\nUNITS LPS\n", exitOK, []string{"warning: line 2: junction A: [JUNCTIONS]: elevation 0", "1 warning"}},
		{"bad.inp", "[PIPES]\nP A B\nQ B C\n", exitUsage, []string{"line 2: pipe P", "line 3: pipe Q", "holds no nodes", "refused"}},
		{"letter.inp", "Dear colleague,\n[JUNCTIONS]\nA 1\n", exitUsage, []string{"line 1: stands before any section"}},
		{"case.json", consumers, exitOK, []string{"ok: 6 junctions, 4 pipes"}},
		{"bad case.json", strings.Replace(consumers, `"length_m": 300, `, "", 1), exitUsage, []string{"p0: length_m: is missing"}},
		{"cut case.json", consumers[:400], exitUsage, []string{"cut off"}},
		{"empty.json", "", exitUsage, []string{"the file is empty"}},
		{"picture.png", "\x89PNG\r\n\x1a\n\x00\x00", exitUsage, []string{"this is not JSON"}},
	} {
		code, out, errs := command(t, "check", saveText(t, c.name, c.text))
		for _, want := range c.says {
			if code != c.code || errs != "" || !strings.Contains(out, want) {
				t.Errorf("%s: exit code %d, want %d and %q:\n%s%s", c.name, code, c.code, want, out, errs)
			}
		}
	}
	if code, _, errs := command(t, "check", t.TempDir()); code != exitUsage || !strings.Contains(errs, "directory") {
		t.Errorf("a directory: exit code %d: %s", code, errs)
	}
}

// The same network is read from UTF-8 with a mark, from UTF-16 of both orders
// and packed; a file from an editor is no reason to refuse.
func TestEncodings(t *testing.T) {
	town, err := os.ReadFile(formats + "/town.json")
	if err != nil {
		t.Fatal(err)
	}
	wide := func(text string, order binary.ByteOrder) string {
		var b bytes.Buffer
		binary.Write(&b, order, utf16.Encode([]rune("\ufeff"+text)))
		return b.String()
	}
	packed := func(text string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write([]byte(text))
		z.Close()
		return b.String()
	}
	for name, text := range map[string]string{"town.json": string(town), "water.inp": waterFile, "case.json": consumers} {
		_, want, _ := command(t, "solve", "--json", saveText(t, name, text))
		for how, encoded := range map[string]string{"UTF-8 with a mark": "\ufeff" + text, "UTF-16 LE": wide(text, binary.LittleEndian), "UTF-16 BE": wide(text, binary.BigEndian),
			"gzip": packed(text), "gzip of UTF-16": packed(wide(text, binary.LittleEndian)), "Windows line ends": strings.ReplaceAll(text, "\n", "\r\n")} {
			if code, out, errs := command(t, "solve", "--json", saveText(t, name, encoded)); code != exitOK || out != want {
				t.Errorf("%s as %s: exit code %d, the same result %v: %s", name, how, code, out == want, errs)
			}
		}
	}
}
