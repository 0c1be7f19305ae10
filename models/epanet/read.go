package epanet

import (
	"fmt"
	"io"
	"os"
	"strings"

	"evenflow/models"
	"evenflow/models/netfile"
)

// Looks reports whether the data looks like an INP file: a section's heading
// comes before anything that is JSON. What else comes before it, Decode refuses.
func Looks(data []byte) bool {
	if len(data) > 1<<16 {
		data = data[:1<<16]
	}
	for line := range strings.Lines(text(data)) {
		words, _ := tokens(strings.TrimRight(line, "\n"), make([]string, 0, maxTokens+1))
		if len(words) == 0 {
			continue
		}
		if at, known := heading(words[0]); known {
			return at != sectionEnd
		}
		if strings.ContainsAny(words[0][:min(1, len(words[0]))], "{[") {
			return false
		}
	}
	return false
}

// ReadFile reads an INP file, packed with gzip or not.
func ReadFile(path string) (*File, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	f, err := Read(in)
	if err != nil {
		return nil, fmt.Errorf("%s:\n%w", path, err)
	}
	return f, nil
}

// Read reads an INP file. The error is of type [models.Problems] unless the
// reader itself failed.
func Read(in io.Reader) (*File, error) {
	data, err := netfile.Unpack(in)
	if err != nil {
		return nil, err
	}
	f, ps := Decode(data)
	if err := ps.Refused(); err != nil {
		return nil, err
	}
	return f, nil
}

// Decode reads an INP file from its text and returns every problem, warnings
// included; the file is nil if one of them is a refusal.
func Decode(data []byte) (*File, models.Problems) {
	r := &reader{f: newFile()}
	r.split(text(data))
	for _, s := range []struct {
		at   section
		line func()
	}{
		{sectionOptions, r.option}, {sectionTimes, r.time}, {sectionPatterns, r.pattern}, {sectionCurves, r.curve},
	} {
		r.each(s.at, s.line)
	}
	r.finishOptions()
	r.nodes = make(map[string]node, len(r.lines[sectionJunctions])+len(r.lines[sectionTanks])+len(r.lines[sectionReservoirs]))
	r.links = make(map[string]link, len(r.lines[sectionPipes])+len(r.lines[sectionPumps])+len(r.lines[sectionValves]))
	r.arenas()
	for _, s := range []struct {
		at   section
		line func()
	}{
		{sectionJunctions, r.junction}, {sectionReservoirs, r.tank}, {sectionTanks, r.tank},
		{sectionDemands, r.demand}, {sectionEmitters, r.emitter},
		{sectionPipes, r.pipe}, {sectionPumps, r.pump}, {sectionValves, r.valve},
		{sectionLeakage, r.leakage}, {sectionStatus, r.status}, {sectionControls, r.control}, {sectionEnergy, r.energy},
		{sectionCoordinates, r.coordinates}, {sectionVertices, r.vertices},
	} {
		r.each(s.at, s.line)
	}
	r.whole()
	if r.found.Refused() != nil {
		return nil, r.found
	}
	return r.f, r.found
}

func newFile() *File {
	return &File{Options: Options{Flow: GPM, SpecificGravity: 1, Viscosity: 1, DemandMultiplier: 1, DefaultPattern: "1",
		EmitterExponent: 0.5, EmitterBackflow: true, RequiredPressure: -1, PressureExponent: 0.5, Trials: 200, Accuracy: 1e-3},
		Times: Times{HydraulicStep: 3600, PatternStep: 3600}}
}

// section is one of the file's sections.
type section uint8

const (
	sectionTitle section = iota
	sectionJunctions
	sectionReservoirs
	sectionTanks
	sectionPipes
	sectionPumps
	sectionValves
	sectionControls
	sectionRules
	sectionDemands
	sectionSources
	sectionEmitters
	sectionLeakage
	sectionPatterns
	sectionCurves
	sectionQuality
	sectionStatus
	sectionRoughness
	sectionEnergy
	sectionReactions
	sectionMixing
	sectionReport
	sectionTimes
	sectionOptions
	sectionCoordinates
	sectionVertices
	sectionLabels
	sectionBackdrop
	sectionTags
	sectionEnd
	sections
)

var sectionNames = [...]string{"TITLE", "JUNCTIONS", "RESERVOIRS", "TANKS", "PIPES", "PUMPS", "VALVES", "CONTROLS", "RULES", "DEMANDS",
	"SOURCES", "EMITTERS", "LEAKAGE", "PATTERNS", "CURVES", "QUALITY", "STATUS", "ROUGHNESS", "ENERGY", "REACTIONS", "MIXING", "REPORT",
	"TIMES", "OPTIONS", "COORDINATES", "VERTICES", "LABELS", "BACKDROP", "TAGS", "END"}

// kept are the sections that stay as they stand.
var kept = [sections]bool{sectionRules: true, sectionSources: true, sectionQuality: true, sectionReactions: true, sectionMixing: true,
	sectionReport: true, sectionLabels: true, sectionBackdrop: true, sectionTags: true}

// heading returns the section that a word in brackets begins. Four letters
// are enough, as in EPANET.
func heading(word string) (section, bool) {
	for i, name := range sectionNames {
		if begins(word, "["+name[:min(4, len(name))]) {
			return section(i), true
		}
	}
	return 0, false
}

// line is one line that holds something.
type line struct {
	text   string
	number int
}

// node and link say where an id stands.
type node struct {
	kind nodeKind
	at   int
}

type nodeKind uint8

const (
	junctionNode nodeKind = iota
	reservoirNode
	tankNode
)

type link struct {
	kind models.Kind // pipe, pump or valve
	at   int
}

// reader gathers a file and what is wrong with it.
type reader struct {
	f        *File
	found    models.Problems
	more     int // problems beyond maxProblems
	lines    [sections][]line
	nodes    map[string]node
	links    map[string]link
	patterns map[string]int
	curves   map[string]int
	size     size
	demands  []Demand // behind the junctions' own
	points   []Point  // behind the nodes' places
	own      []bool   // by junction: its demand is still that of [JUNCTIONS]

	unitGiven, pressureGiven bool
	unitLine, formulaLine    int // where the unit of flows and the head-loss formula are given

	section section
	line    line
	words   []string
	comment string
	buffer  [maxTokens + 1]string
}

// maxProblems is how many problems are told of one file.
const maxProblems = 500

// refuse notes a problem of the present line.
func (r *reader) refuse(kind models.Kind, id, reason, remedy string) {
	r.note(models.Problem{Kind: kind, Element: models.ID(id), Field: "[" + sectionNames[r.section] + "]", Line: r.line.number, Reason: reason, Remedy: remedy})
}

// assume warns of a value that the present line leaves to EPANET's default.
func (r *reader) assume(kind models.Kind, id, what string) {
	r.note(models.Problem{Kind: kind, Element: models.ID(id), Field: "[" + sectionNames[r.section] + "]", Line: r.line.number, Warning: true,
		Reason: what + ", as EPANET takes it where nothing is given", Remedy: "give the value if that is not meant"})
}

func (r *reader) note(p models.Problem) {
	if len(r.found) >= maxProblems {
		r.more++
		return
	}
	r.found = append(r.found, p)
}

// split sorts the lines by section.
func (r *reader) split(s string) {
	current, known := sectionTitle, false
	var keep *Section
	for n := 1; len(s) > 0; n++ {
		end := strings.IndexByte(s, '\n')
		t := s
		if end >= 0 {
			t, s = s[:end], s[end+1:]
		} else {
			s = ""
		}
		t = strings.Trim(t, " \t\r")
		if strings.HasPrefix(t, "[") {
			var ok bool
			if current, ok = heading(t); !ok {
				r.note(models.Problem{Field: t, Line: n, Reason: "is no section of an EPANET file", Remedy: "correct its name, or take the section out"})
				known, keep = false, nil
				continue
			}
			keep.trim()
			if current == sectionEnd {
				return
			}
			known, keep = true, nil
			if kept[current] {
				r.f.Kept = append(r.f.Kept, Section{Name: sectionNames[current], Line: n})
				keep = &r.f.Kept[len(r.f.Kept)-1]
			}
			continue
		}
		switch {
		case keep != nil:
			if t != "" || len(keep.Lines) > 0 {
				keep.Lines = append(keep.Lines, t)
			}
		case t == "" || t[0] == ';':
		case known && current == sectionTitle:
			r.f.Title = append(r.f.Title, t)
		case known:
			r.lines[current] = append(r.lines[current], line{t, n})
		default:
			if len(r.found) == 0 {
				r.note(models.Problem{Line: n, Reason: "stands before any section", Remedy: "an EPANET file begins with a heading like [JUNCTIONS]: check that this is the right file"})
			}
		}
	}
	keep.trim()
}

// trim takes blank lines off the section's end.
func (s *Section) trim() {
	if s == nil {
		return
	}
	for n := len(s.Lines); n > 0 && s.Lines[n-1] == ""; n-- {
		s.Lines = s.Lines[:n-1]
	}
}

// each reads every line of a section.
func (r *reader) each(at section, read func()) {
	r.section = at
	for _, l := range r.lines[at] {
		r.line = l
		r.words, r.comment = tokens(l.text, r.buffer[:])
		switch {
		case len(r.words) > maxTokens:
			r.refuse(models.KindNetwork, "", fmt.Sprintf("the line has more than %d words", maxTokens), "go on in a second line")
		case len(r.words) > 0:
			read()
		}
	}
}

// word returns a word of the line, or "".
func (r *reader) word(i int) string {
	if i < len(r.words) {
		return r.words[i]
	}
	return ""
}

// number reads a word as a number; what is wrong is noted.
func (r *reader) number(i int, kind models.Kind, id, what string) (float64, bool) {
	v, ok := number(r.word(i))
	if !ok {
		r.refuse(kind, id, fmt.Sprintf("the %s %q is no number", what, r.word(i)), "write a decimal number")
	}
	return v, ok
}

// optional is number for a word that may be missing; then it is def.
func (r *reader) optional(i int, def float64, kind models.Kind, id, what string) (float64, bool) {
	if i >= len(r.words) {
		return def, true
	}
	return r.number(i, kind, id, what)
}

// positive is optional for a number above 0, or not below it.
func (r *reader) positive(i int, def float64, zero bool, kind models.Kind, id, what string) (float64, bool) {
	v, ok := r.optional(i, def, kind, id, what)
	if !ok || v > 0 || v == 0 && (zero || i >= len(r.words)) {
		return v, ok
	}
	bound := "above 0"
	if zero {
		bound = "not below 0"
	}
	r.refuse(kind, id, fmt.Sprintf("the %s is %s, must be %s", what, r.word(i), bound), "check the columns of the line")
	return v, false
}
