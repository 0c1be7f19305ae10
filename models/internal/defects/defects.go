// Package defects serves the tests of validation and of the readers. It
// enumerates from the source which kinds of problem they can report, so that a
// new kind without an example fails a test, and it says whether what they
// report is complete: reason, remedy and place.
package defects

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"evenflow/models"
)

// Call says how a function or method reports a problem: which of its
// arguments say what, counted from 1; 0: none does.
type Call struct {
	Name                string
	Kind, Field, Reason int
	// Attribute is the argument that names a row of the table of attributes,
	// whose key is the field; Prefix the one that stands before the key.
	Attribute, Prefix int
	Warns             bool
}

// Kind is one place in the code that reports a problem.
type Kind struct {
	Place         string // file:line, for whoever reads the failure
	Text          string // of the call
	Element       string // of this kind only, "" any
	Field, Reason *regexp.Regexp
	Warns         bool // it is no reason to refuse
}

// Matches reports whether the problem is of this kind.
func (k Kind) Matches(p models.Problem) bool {
	return k.Warns == p.Warning && (k.Element == "" || k.Element == p.Kind.String()) && k.Field.MatchString(p.Field) && k.Reason.MatchString(p.Reason)
}

// Missing returns the kinds of which the problems hold no example.
func Missing(kinds []Kind, ps models.Problems) (missing []Kind) {
	for _, k := range kinds {
		found := false
		for _, p := range ps {
			found = found || k.Matches(p)
		}
		if !found {
			missing = append(missing, k)
		}
	}
	return missing
}

// Kinds lists every place in the files that reports a problem by one of the
// calls, or as a literal models.Problem. The functions in without are left
// out, and those named like a call, which are its implementation. What only
// passes an error's own text on is no kind of its own. Kinds fails where
// neither the field nor the reason can be read off the source.
func Kinds(files, without []string, calls ...Call) ([]Kind, error) {
	by, skip := map[string]Call{}, map[string]bool{}
	for _, c := range calls {
		by[c.Name], skip[c.Name] = c, true
	}
	for _, name := range without {
		skip[name] = true
	}
	var kinds []Kind
	for _, path := range files {
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			return nil, err
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || skip[fn.Name.Name] {
				continue
			}
			s := &scan{fset: fset, path: path, by: by}
			s.names(fn)
			ast.Inspect(fn, s.visit)
			if s.err != nil {
				return nil, s.err
			}
			kinds = append(kinds, s.kinds...)
		}
	}
	return kinds, nil
}

// scan walks through one function.
type scan struct {
	fset  *token.FileSet
	path  string
	by    map[string]Call
	texts map[string]ast.Expr // that local names stand for
	kinds []Kind
	err   error
}

func (s *scan) visit(n ast.Node) bool {
	switch x := n.(type) {
	case *ast.CallExpr:
		c, ok := s.by[nameOf(x.Fun)]
		if !ok {
			return true
		}
		if passesOn(x.Args, c.Reason) {
			return true
		}
		element := s.element(x.Args, c.Kind)
		field, reason := s.pattern(x.Args, c.Field), s.pattern(x.Args, c.Reason)
		if c.Name == "Errorf" {
			reason = anything + s.regexpOf(x, true) // another may be wrapped around it
		}
		if c.Attribute > 0 {
			field = keys(x.Args[c.Attribute-1], element)
			if c.Prefix > 0 {
				field = s.pattern(x.Args, c.Prefix) + field
			}
		}
		s.add(x, Kind{Element: element, Warns: c.Warns}, field, reason)
	case *ast.CompositeLit:
		if name := nameOf(x.Type); name != "Problem" && name != "" {
			return true
		}
		kind, field, reason := Kind{}, anything, ""
		for _, e := range x.Elts {
			kv, ok := e.(*ast.KeyValueExpr)
			if !ok {
				continue
			}
			switch nameOf(kv.Key) {
			case "Field":
				field = s.regexpOf(kv.Value, false)
			case "Reason":
				reason = s.regexpOf(kv.Value, false)
			case "Warning":
				kind.Warns = nameOf(kv.Value) == "true"
			}
		}
		if reason != "" {
			s.add(x, kind, field, reason)
		}
	}
	return true
}

// passesOn reports whether an argument is the text of an error.
func passesOn(args []ast.Expr, at int) bool {
	if at == 0 || at > len(args) {
		return false
	}
	call, ok := args[at-1].(*ast.CallExpr)
	return ok && nameOf(call.Fun) == "Error"
}

// element returns the kind of element that an argument names, "" if it can be
// any.
func (s *scan) element(args []ast.Expr, at int) string {
	if at == 0 || at > len(args) {
		return ""
	}
	e := args[at-1]
	if id, ok := e.(*ast.Ident); ok && s.texts[id.Name] != nil {
		e = s.texts[id.Name]
	}
	word, ok := strings.CutPrefix(nameOf(e), "Kind")
	if !ok {
		return ""
	}
	return strings.ToLower(word)
}

const anything = "(.*)"

func (s *scan) add(n ast.Node, k Kind, field, reason string) {
	at := s.fset.Position(n.Pos())
	place := fmt.Sprintf("%s:%d", filepath.Base(s.path), at.Line)
	if (field == "" || field == anything) && strings.ReplaceAll(reason, anything, "") == "" {
		s.err = fmt.Errorf("%s: neither field nor reason can be read off the source: write one of them as a text", place)
		return
	}
	whole := func(pattern string) *regexp.Regexp { return regexp.MustCompile("(?s)^" + pattern + "$") }
	k.Place, k.Text, k.Field, k.Reason = place, strings.TrimSpace(k.Element+" "+field+" "+reason), whole(field), whole(reason)
	s.kinds = append(s.kinds, k)
}

// pattern returns the regular expression of an argument.
func (s *scan) pattern(args []ast.Expr, at int) string {
	if at == 0 || at > len(args) {
		return anything
	}
	return s.regexpOf(args[at-1], false)
}

// regexpOf returns what an expression can be; format: the text is one of
// fmt's.
func (s *scan) regexpOf(e ast.Expr, format bool) string {
	switch x := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(x.Value)
		if err != nil {
			return anything
		}
		return quoted(text, format)
	case *ast.ParenExpr:
		return s.regexpOf(x.X, format)
	case *ast.BinaryExpr:
		if x.Op == token.ADD {
			return s.regexpOf(x.X, format) + s.regexpOf(x.Y, format)
		}
	case *ast.CallExpr:
		if n := nameOf(x.Fun); (n == "Sprintf" || n == "Errorf") && len(x.Args) > 0 {
			return s.regexpOf(x.Args[0], true)
		}
	case *ast.Ident:
		if stands := s.texts[x.Name]; stands != nil {
			return s.regexpOf(stands, format)
		}
	}
	return anything
}

var verb = regexp.MustCompile(`%[-+#0-9.]*[a-zA-Z]`)

func quoted(text string, format bool) string {
	if !format {
		return regexp.QuoteMeta(text)
	}
	var b strings.Builder
	for {
		at := verb.FindStringIndex(text)
		if at == nil {
			return b.String() + regexp.QuoteMeta(strings.ReplaceAll(text, "%%", "%"))
		}
		b.WriteString(regexp.QuoteMeta(text[:at[0]]) + anything)
		text = text[at[1]:]
	}
}

// names notes what a function's own names stand for, where it gives them a
// text, or one of fmt's, once.
func (s *scan) names(fn *ast.FuncDecl) {
	s.texts = map[string]ast.Expr{}
	often := map[string]int{}
	note := func(name string, value ast.Expr) {
		often[name]++
		switch value.(type) {
		case *ast.BasicLit, *ast.CallExpr:
			s.texts[name] = value
		}
		if strings.HasPrefix(nameOf(value), "Kind") {
			s.texts[name] = value
		}
	}
	ast.Inspect(fn, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.AssignStmt:
			for i := range x.Lhs {
				if i < len(x.Rhs) {
					note(nameOf(x.Lhs[i]), x.Rhs[i])
				}
			}
		case *ast.ValueSpec:
			for i := range x.Names {
				if i < len(x.Values) {
					note(x.Names[i].Name, x.Values[i])
				}
			}
		}
		return true
	})
	for name, n := range often {
		if n > 1 {
			delete(s.texts, name)
		}
	}
}

// keys returns the keys of the rows whose attribute the expression names, of
// one kind of element or of any.
func keys(e ast.Expr, element string) string {
	var all []string
	for _, row := range models.Attributes() {
		if "Attr"+camel(string(row.Attribute)) == nameOf(e) && (element == "" || element == row.Kind.String()) {
			all = append(all, regexp.QuoteMeta(row.Key))
		}
	}
	if all == nil {
		return anything
	}
	return "(" + strings.Join(all, "|") + ")"
}

// camel turns inner_diameter into InnerDiameter.
func camel(word string) string {
	var b strings.Builder
	for _, part := range strings.Split(word, "_") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

// nameOf returns the last name of an expression: refuse of v.refuse.
func nameOf(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return x.Sel.Name
	}
	return ""
}

// Complete reports what a problem of a text lacks: a reason, a remedy, a line
// that the text has, a message that stays on one printable line.
func Complete(ps models.Problems, text string) error {
	lines := strings.Count(text, "\n") + 1
	for _, p := range ps {
		message := p.Error()
		switch {
		case p.Reason == "" || p.Remedy == "":
			return fmt.Errorf("no reason or no remedy: %+v", p)
		case p.Line < 0 || p.Line > lines:
			return fmt.Errorf("line %d of %d: %s", p.Line, lines, message)
		case strings.IndexFunc(message, unicode.IsControl) >= 0 || len(message) > 3000:
			return fmt.Errorf("a message that no line can hold: %q", message)
		}
	}
	return nil
}
