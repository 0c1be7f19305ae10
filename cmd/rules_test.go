// Package cmd_test keeps the rules of the house (docs/architecture.md) by
// parsing the source files themselves.
package cmd_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"
)

const module = "evenflow/"

// source is one Go file of the house.
type source struct {
	path    string // from the repository's root, with slashes
	room    string // its directory
	test    bool
	imports []string
	doc     string
	text    string
}

// house reads every Go file of the repository.
func house(t *testing.T) []source {
	t.Helper()
	root := ".."
	var files []source
	fset := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); n == "node_modules" || n == "testdata" || (strings.HasPrefix(n, ".") && n != "..") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(fset, path, text, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		rel = filepath.ToSlash(rel)
		s := source{path: rel, room: filepath.ToSlash(filepath.Dir(rel)), test: strings.HasSuffix(rel, "_test.go"), text: string(text)}
		if f.Doc != nil {
			s.doc = f.Doc.Text()
		}
		for _, im := range f.Imports {
			s.imports = append(s.imports, strings.Trim(im.Path.Value, `"`))
		}
		files = append(files, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("no source files found: is the test run from its own directory?")
	}
	return files
}

// storey returns 1 for models, 2 for solver, 3 for scada, 4 for cmd.
func storey(path string) int {
	switch strings.SplitN(path, "/", 2)[0] {
	case "models":
		return 1
	case "solver":
		return 2
	case "scada":
		return 3
	}
	return 4
}

// TestStoreys: imports point down only.
func TestStoreys(t *testing.T) {
	for _, s := range house(t) {
		for _, im := range s.imports {
			inside, ok := strings.CutPrefix(im, module)
			if ok && storey(inside) > storey(s.path) {
				t.Errorf("%s imports %s: imports point down only", s.path, im)
			}
		}
	}
}

// bridges are the rooms of scada that may reach down to the solver.
var bridges = map[string]bool{"scada/plant": true, "scada/advisor": true, "scada/study": true}

// TestBridges: in scada only the marked bridges import the solver; the
// virtual plant never meets the desk, and nobody in scada but the plant's own
// tests meets the virtual plant.
func TestBridges(t *testing.T) {
	for _, s := range house(t) {
		if storey(s.path) != 3 {
			continue
		}
		for _, im := range s.imports {
			inside, ok := strings.CutPrefix(im, module)
			if !ok {
				continue
			}
			if storey(inside) == 2 && !bridges[s.room] && !s.test {
				t.Errorf("%s imports %s: only %v may", s.path, im, keys(bridges))
			}
			if s.room == "scada/plant" && inside == "scada/dispatch" {
				t.Errorf("%s imports the desk: the plant never does", s.path)
			}
			if inside == "scada/plant" && s.room != "scada/plant" && !s.test {
				t.Errorf("%s imports the virtual plant: only cmd may", s.path)
			}
		}
	}
}

// doors says which room may use an outside dependency, and why it is there.
var doors = []struct {
	prefix string
	rooms  []string
	why    string
}{
	{"gonum.org/v1/gonum", []string{"solver"}, "least squares, interpolation, graphs, root finding in the core"},
	{"github.com/goburrow/modbus", []string{"scada/plc"}, "the Modbus codec, above our own transport"},
	{"github.com/gorilla/websocket", []string{"scada/live"}, "the websocket hub"},
	{"modernc.org/sqlite", []string{"scada/store"}, "SQLite inside the binary, without cgo"},
	{"database/sql", []string{"scada/store"}, "one database behind all rooms"},
	{"github.com/danielgtaylor/huma", []string{"scada/api"}, "OpenAPI 3.1 from the Go types"},
	{"github.com/alexedwards/scs", []string{"scada/auth", "scada/api"}, "server-side sessions"},
	{"golang.org/x/crypto", []string{"scada/auth"}, "argon2id password hashes"},
	{"golang.org/x/time", []string{"scada/auth", "scada/api"}, "rate limits"},
	{"golang.org/x/text", []string{"scada/pointlist", "models/epanet"}, "GB18030: point lists from Excel, INP files of a Chinese Windows"},
	{"golang.org/x/sync", []string{"scada", "cmd", "solver"}, "groups of goroutines that are waited for"},
	{"github.com/google/uuid", []string{"scada", "cmd"}, "UUIDv7 order ids; idempotency keys of the tests"},
	{"github.com/go-json-experiment/json", []string{"models", "scada/api"}, "JSON tokens with their place in the file; documents whose empty lists are [], not null"},
	{"github.com/goccy/go-yaml", []string{"cmd"}, "the configuration file, decoded strictly"},
	{"github.com/spf13/cobra", []string{"cmd"}, "verbs, flags, help, completion"},
	{"github.com/spf13/pflag", []string{"cmd"}, "flags of cobra"},
	{"github.com/chromedp", []string{"cmd"}, "the browser tests"},
	{"golang.org/x/term", []string{"cmd"}, "passwords typed without being shown"},
	{"github.com/dustin/go-humanize", []string{"cmd"}, "numbers for people"},
}

// TestDoors: each outside dependency stays in its rooms.
func TestDoors(t *testing.T) {
	for _, s := range house(t) {
	next:
		for _, im := range s.imports {
			if strings.HasPrefix(im, module) || (!strings.Contains(strings.SplitN(im, "/", 2)[0], ".") && im != "database/sql") {
				continue
			}
			for _, d := range doors {
				if im != d.prefix && !strings.HasPrefix(im, d.prefix+"/") {
					continue
				}
				for _, room := range d.rooms {
					if s.room == room || strings.HasPrefix(s.room, room+"/") {
						continue next
					}
				}
				t.Errorf("%s imports %s, which belongs in %v (%s)", s.path, im, d.rooms, d.why)
				continue next
			}
			t.Errorf("%s imports %s, which has no door: add it to the table with its reason, or do without", s.path, im)
		}
	}
}

// TestCalculators: models and solver know no network, no log, no processes
// and no wall clock.
func TestCalculators(t *testing.T) {
	forbidden := regexp.MustCompile(`^(net(/.*)?|log(/slog)?|os/exec)$`)
	clock := regexp.MustCompile(`time\.(Now|Sleep|After|Tick|NewTimer|NewTicker|Since)\(`)
	for _, s := range house(t) {
		if storey(s.path) > 2 || s.test {
			continue
		}
		for _, im := range s.imports {
			if forbidden.MatchString(im) {
				t.Errorf("%s imports %s: calculators do not", s.path, im)
			}
		}
		if m := clock.FindString(s.text); m != "" {
			t.Errorf("%s calls %s…): calculators have no clock", s.path, m)
		}
	}
}

// TestNoPeersInSolver: a reference's behaviour is an option with a physical
// name; no peer's name stands under solver outside verify.
func TestNoPeersInSolver(t *testing.T) {
	peers := regexp.MustCompile(`(?i)pandapipes|stanet|openmodelica|pydhn|sim-vicus`)
	for _, s := range house(t) {
		if storey(s.path) != 2 || strings.HasPrefix(s.room, "solver/verify") || s.test {
			continue
		}
		if m := peers.FindString(s.text); m != "" {
			t.Errorf("%s speaks of %s: name the physics, not the program", s.path, m)
		}
	}
}

// TestPackagesSayWhatTheyAre: every package has a doc comment whose first
// sentence begins with its name.
func TestPackagesSayWhatTheyAre(t *testing.T) {
	said := map[string]bool{}
	for _, s := range house(t) {
		if s.test {
			if _, ok := said[s.room]; !ok && s.room != "cmd" {
				said[s.room] = false
			}
			continue
		}
		ok := strings.HasPrefix(s.doc, "Package ") || strings.HasPrefix(s.doc, "Command ")
		said[s.room] = said[s.room] || ok
	}
	for _, room := range sortedKeys(said) {
		if !said[room] {
			t.Errorf("%s: no file says what the package is (doc comment \"Package …\")", room)
		}
	}
}

// TestOneRoad: only the desk is handed a writer. The writer is built in plc
// and passed on by the command; no other room of scada may name its type.
func TestOneRoad(t *testing.T) {
	name := regexp.MustCompile(`\bplc\.(NewWriter|Writer)\b`)
	for _, s := range house(t) {
		if s.test || storey(s.path) != 3 || s.room == "scada/plc" || s.room == "scada/dispatch" {
			continue
		}
		if m := name.FindString(s.text); m != "" {
			t.Errorf("%s names %s: one road to the plant, through the desk", s.path, m)
		}
	}
}

// TestFileSizes: a file is read in one sitting.
func TestFileSizes(t *testing.T) {
	for _, s := range house(t) {
		if n := strings.Count(s.text, "\n"); n > 500 && !s.test {
			t.Errorf("%s has %d lines: more than 500 means two rooms in one", s.path, n)
		}
	}
}

func keys(m map[string]bool) []string { return sortedKeys(m) }

func sortedKeys(m map[string]bool) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// TestNothingToInstall: the program is one binary. Nothing outside the standard
// library is written in C, so it is built without a compiler for it, and needs no
// library that some package would have to bring.
func TestNothingToInstall(t *testing.T) {
	list := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}} {{len .CgoFiles}} {{len .CFiles}}{{end}}", "./evenflow")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(out))
	if len(lines) < 3*50 {
		t.Fatalf("%d words", len(lines))
	}
	for i := 0; i+2 < len(lines); i += 3 {
		if lines[i+1] != "0" || lines[i+2] != "0" {
			t.Errorf("%s holds C", lines[i])
		}
	}
}
