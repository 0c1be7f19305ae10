package pointlist

import (
	"fmt"
	"io"
	"net/netip"
	"os"
	"sort"
	"strconv"
	"strings"

	"evenflow/models"
	"evenflow/models/unit"
)

// Read reads a point list as an engineer's spreadsheet saves it: UTF-8 with
// or without BOM, UTF-16 with BOM or GB18030, columns in any order under
// English or Chinese headings, separated by commas, semicolons (with decimal
// comma) or tabs. It reports every bad row with its line, element and remedy
// and returns the good rows in any case; a list with [models.Problems.Refused]
// problems must not be used. What the rows mean together is for
// [List.Check].
func Read(r io.Reader) (*List, models.Problems) {
	s, err := text(r)
	if err != nil {
		return &List{}, models.Problems{{Reason: "the file cannot be read as text: " + err.Error(), Remedy: "save the sheet as CSV UTF-8"}}
	}
	table, problems := cut(s)
	if len(table.rows) == 0 {
		return &List{}, append(problems, models.Problem{Reason: "no rows", Remedy: "the first row holds the headings, each further row a point"})
	}
	head, bad := header(table.rows[0])
	problems = append(problems, bad...)
	if bad.Refused() != nil {
		return &List{}, problems
	}
	list := &List{}
	for _, r := range table.rows[1:] {
		c := cells{row: r, head: head, decimalComma: table.comma != ','}
		p := c.point()
		problems = append(problems, c.problems...)
		if c.problems.Refused() == nil {
			list.Points = append(list.Points, p)
		}
	}
	return list, problems
}

// Load reads the list of a file and checks it, for the network where net is
// not nil. What only follows from a row that is refused itself, such as the
// missing identity of a setpoint, is not reported a second time.
func Load(path string, net *models.Network) (*List, models.Problems) {
	list, problems := ReadFile(path)
	broken := map[models.ID]bool{}
	for _, p := range problems {
		broken[p.Element] = broken[p.Element] || !p.Warning
	}
	if broken[""] {
		return list, problems // rows or columns nobody can assign: everything may follow from them
	}
	for _, p := range list.Check(net) {
		if follows := p.Field == "writable" || p.Line == 0; follows && broken[p.Element] {
			continue
		}
		problems = append(problems, p)
	}
	sort.SliceStable(problems, func(i, j int) bool { return problems[i].Line < problems[j].Line })
	return list, problems
}

// ReadFile is Read of a file.
func ReadFile(path string) (*List, models.Problems) {
	f, err := os.Open(path)
	if err != nil {
		return &List{}, models.Problems{{Reason: err.Error(), Remedy: "give the path of a readable point list"}}
	}
	defer f.Close()
	return Read(f)
}

// header maps the columns of the first row.
func header(r row) (map[string]int, models.Problems) {
	head := map[string]int{}
	var problems models.Problems
	for i, cell := range r.cells {
		if strings.TrimSpace(cell) == "" {
			continue
		}
		key, ok := columnOf(cell)
		if !ok {
			problems = append(problems, models.Problem{Line: r.line, Field: cell, Reason: "this column is not known and not read", Remedy: "known are " + known(), Warning: true})
			continue
		}
		if _, twice := head[key]; twice {
			problems = append(problems, models.Problem{Line: r.line, Field: key, Reason: "the column stands twice", Remedy: "keep one"})
			continue
		}
		head[key] = i
	}
	for _, need := range []string{"element", "quantity", "endpoint", "unit_id"} {
		if _, ok := head[need]; !ok {
			problems = append(problems, models.Problem{Line: r.line, Field: need, Reason: "the column is missing", Remedy: "add it: " + example[need]})
		}
	}
	_, pdu := head["pdu_address"]
	_, ref := head["reference"]
	if !pdu && !ref {
		problems = append(problems, models.Problem{Line: r.line, Field: "pdu_address", Reason: "no column says where the registers are and from where they are counted",
			Remedy: "add pdu_address (counted from 0) or reference (4xxxx, counted from 1)"})
	}
	return head, problems
}

func known() string {
	keys := make([]string, len(columns))
	for i, c := range columns {
		keys[i] = c.key
	}
	return strings.Join(keys, ", ")
}

// cells reads one row.
type cells struct {
	row
	head         map[string]int
	decimalComma bool
	element      models.ID
	problems     models.Problems
}

func (c *cells) get(key string) string {
	if i, ok := c.head[key]; ok && i < len(c.cells) {
		return strings.TrimSpace(c.cells[i])
	}
	return ""
}

func (c *cells) complain(key, reason, remedy string) {
	c.problems = append(c.problems, models.Problem{Element: c.element, Field: key, Line: c.line, Reason: reason, Remedy: remedy})
}

func (c *cells) wrong(key string) {
	reason := fmt.Sprintf("%q is not understood", c.get(key))
	if c.get(key) == "" {
		reason = "is empty"
	}
	c.complain(key, reason, "write "+example[key])
}

// point reads the row's point; problems go to c.
func (c *cells) point() Point {
	c.element = models.ID(c.get("element"))
	p := Point{Element: c.element, Line: c.line}
	if p.Element == "" {
		c.wrong("element")
	}
	var ok bool
	if p.Quantity, ok = quantity(c.get("quantity")); !ok {
		c.complain("quantity", fmt.Sprintf("%q is no quantity", c.get("quantity")), "write one of "+quantities())
	}
	if p.Endpoint, ok = endpoint(c.get("endpoint")); !ok {
		c.wrong("endpoint")
	}
	p.UnitID = uint8(c.integer("unit_id", 0, 255, -1))
	c.place(&p)
	c.coding(&p)
	c.scaling(&p)
	c.extras(&p)
	return p
}

// endpoint reads "host:port"; without a port it is 502. An address is put
// into its canonical form.
func endpoint(s string) (string, bool) {
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.AddrPortFrom(a.Unmap(), 502).String(), true
	}
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()).String(), ap.Port() != 0
	}
	host, port, found := strings.Cut(s, ":")
	if !found {
		port = "502"
	}
	n, err := strconv.ParseUint(port, 10, 16)
	name := host != "" && strings.IndexFunc(host, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' || r == '_')
	}) < 0
	// Digits and dots alone are an address somebody mistyped, not a name.
	name = name && strings.ContainsFunc(host, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	return fmt.Sprintf("%s:%d", strings.ToLower(host), n), err == nil && n > 0 && name
}

// place reads table, pdu_address and reference, which must agree.
func (c *cells) place(p *Point) {
	t := strings.ToLower(c.get("table"))
	tableOK := true
	switch t {
	case "holding", "保持寄存器", "4x", "hr":
		p.Table = Holding
	case "input", "输入寄存器", "3x", "ir":
		p.Table = Input
	case "coil", "线圈", "0x":
		p.Table = Coil
	case "discrete", "离散输入", "1x", "di":
		p.Table = Discrete
	case "":
		tableOK = false
		if c.get("reference") == "" {
			c.wrong("table")
		}
	default:
		c.wrong("table")
		return
	}
	ref := c.get("reference")
	if ref == "" {
		p.Address = uint16(c.integer("pdu_address", 0, 65535, -1))
		return
	}
	refTable, address, ok := reference(ref)
	if !ok {
		c.wrong("reference")
		return
	}
	if tableOK && refTable != p.Table {
		c.complain("reference", fmt.Sprintf("%s lies in the %s table, the row says %s", ref, refTable, p.Table), "make the two agree")
		return
	}
	p.Table, p.Address = refTable, address
	if c.get("pdu_address") != "" {
		if pdu := c.integer("pdu_address", 0, 65535, -1); pdu >= 0 && uint16(pdu) != address {
			c.complain("reference", fmt.Sprintf("%s (counted from 1) is PDU address %d (counted from 0), the row says %d", ref, address, pdu), "correct one of the two or leave one empty")
		}
	}
}

// reference reads 40013, 400013 and their like: table and 0-based address.
// Five digits count to 9999, six to 65536.
func reference(s string) (Table, uint16, bool) {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil || len(s) != 5 && len(s) != 6 {
		return 0, 0, false
	}
	lead, rest := s[0], int(n)
	switch {
	case len(s) == 5:
		rest = int(n % 10000)
	default:
		rest = int(n % 100000)
	}
	if rest < 1 || rest > 65536 {
		return 0, 0, false
	}
	for _, t := range []Table{Holding, Input, Coil, Discrete} {
		if int(lead-'0') == t.leading() {
			return t, uint16(rest - 1), true
		}
	}
	return 0, 0, false
}

// unitOf reads a unit; a count of things has none.
func unitOf(s string) (unit.Unit, error) {
	switch strings.ToLower(s) {
	case "":
		return unit.Unit{}, nil
	case "count", "-", "个", "无":
		s = "1"
	}
	return unit.Lookup(s)
}
