package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const townFile = formats + "/town.json"

// TestRefusalsAreDocuments: who asks for JSON gets one document, on refusal
// too, with the code that the program ends with.
func TestRefusalsAreDocuments(t *testing.T) {
	dir := t.TempDir()
	cut := filepath.Join(dir, "cut.json")
	data, err := os.ReadFile(townFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cut, data[:len(data)/2], 0o666); err != nil {
		t.Fatal(err)
	}
	none := filepath.Join(dir, "none")
	for _, args := range [][]string{
		{"check", none}, {"check", dir}, {"solve", cut}, {"solve", none}, {"solve"}, {"solve", townFile, "--bogus"}, {"solve", townFile, "--outdoor", "99"},
		{"solve", townFile, "--supply", "NaN"}, {"solve", townFile, "--csv", townFile}, {"explain", townFile, "nobody"}, {"balance", cut}, {"balance", townFile, "--out", dir},
		{"convert", cut, filepath.Join(dir, "x.json")}, {"convert", townFile, townFile}, {"convert", townFile, filepath.Join(none, "x.json")},
		{"points", "check"}, {"points", "check", none, "--network", cut}, {"plc", "read", "--points", none}, {"journal", "check", "--data", none}, {"journal", "tail", "--data", none},
		{"user", "list", "--data", none}, {"verify", none}, {"verify", dir}, {"rehearse", "--stations", "-1"}, {"plant", "--stations", "-1"}, {"bench", none}, {"converge", "--towns", "0"},
	} {
		code, out, errOut := command(t, append(args, "--json")...)
		var r refusalView
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Errorf("%q prints no document (%v): %q", args, err, out)
			continue
		}
		if code == exitOK || r.ExitCode != code || r.Error == "" || !strings.Contains(errOut, r.Error) {
			t.Errorf("%q: code %d, %+v, %q", args, code, r, errOut)
		}
		if slices.Contains(args, cut) && (len(r.Problems) != 1 || r.Problems[0].Line == 0 || r.Problems[0].Remedy == "") {
			t.Errorf("%q: %+v", args, r)
		}
	}
	if after, err := os.ReadFile(townFile); err != nil || !bytes.Equal(after, data) {
		t.Error("a refusal touched the network file")
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
		t.Errorf("refusals left %v", list)
	}
}

// full takes nothing.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// TestFullDisk: a table that nobody could read is no success.
func TestFullDisk(t *testing.T) {
	for _, args := range [][]string{{"version"}, {"solve", townFile}, {"solve", townFile, "--json"}, {"check", townFile}, {"help"}} {
		var errOut bytes.Buffer
		if code := run(t.Context(), args, strings.NewReader(""), full{}, &errOut); code != exitFailed || !strings.Contains(errOut.String(), "no space left") {
			t.Errorf("%q: code %d, %q", args, code, errOut.String())
		}
	}
}

// TestOutputs: a link stays a link, what is no file is written into, and what
// was read is not written over.
func TestOutputs(t *testing.T) {
	dir := t.TempDir()
	real, link := filepath.Join(dir, "real.json"), filepath.Join(dir, "link.json")
	if err := os.WriteFile(real, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	if code, _, errOut := command(t, "convert", townFile, link); code != exitOK {
		t.Fatal(errOut)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is one no more: %v %v", info, err)
	}
	if code, _, errOut := command(t, "check", real); code != exitOK {
		t.Errorf("the file behind the link: %s", errOut)
	}
	if code, _, errOut := command(t, "convert", real, link); code != exitUsage || !strings.Contains(errOut, "another name") {
		t.Errorf("written over itself: %d %s", code, errOut)
	}
	if code, _, errOut := command(t, "balance", real, "--out", link); code != exitUsage || !strings.Contains(errOut, "another name") {
		t.Errorf("written over itself: %d %s", code, errOut)
	}
	if code, _, errOut := command(t, "convert", townFile, os.DevNull); code != exitOK {
		t.Error(errOut)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Fatalf("the null device is a file now: %v %v", info, err)
	}
}
