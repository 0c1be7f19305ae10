package pointlist

import (
	"fmt"
	"slices"
	"sort"

	"evenflow/models"
	"evenflow/models/unit"
)

// Check says whether the points make sense together and, where net is not
// nil, for the network: every element exists and is of a kind that has the
// quantity, no point stands twice, no two values overlap in a register,
// nothing is written that the rules of the house forbid. A station without
// points is unmeasured 未接入: a warning, its opening stays as the file has it
// and is never written.
func (l *List) Check(net *models.Network) models.Problems {
	k := checker{list: l, net: net}
	if net != nil {
		k.index = net.Index()
	}
	for i := range l.Points {
		k.elementOf(&l.Points[i])
		k.writing(&l.Points[i])
	}
	k.twice()
	k.overlaps()
	byElement := map[models.ID][]*Point{}
	for i := range l.Points {
		byElement[l.Points[i].Element] = append(byElement[l.Points[i].Element], &l.Points[i])
	}
	for _, e := range l.Elements() {
		k.elementAsWhole(byElement[e])
	}
	k.identities()
	if net != nil {
		k.unmeasured()
	}
	sort.SliceStable(k.problems, func(i, j int) bool { return k.problems[i].Line < k.problems[j].Line })
	return k.problems
}

type checker struct {
	list     *List
	net      *models.Network
	index    models.Index
	problems models.Problems
}

func (k *checker) add(p *Point, field, reason, remedy string) {
	k.problems = append(k.problems, models.Problem{Kind: k.kind(p.Element), Element: p.Element, Field: field, Line: p.Line, Reason: reason, Remedy: remedy})
}

func (k *checker) warn(p *Point, field, reason, remedy string) {
	k.add(p, field, reason, remedy)
	k.problems[len(k.problems)-1].Warning = true
}

func (k *checker) kind(id models.ID) models.Kind {
	if k.net == nil {
		return models.KindNetwork
	}
	ref, ok := k.index.Lookup(id)
	if !ok {
		return models.KindNetwork
	}
	return ref.Kind
}

// elementOf refuses a row for an element nobody defined or of a kind that
// cannot have the quantity.
func (k *checker) elementOf(p *Point) {
	if k.net == nil {
		return
	}
	ref, ok := k.index.Lookup(p.Element)
	if !ok {
		k.add(p, "element", "the network has no such element", "correct the id, or take the row out")
		return
	}
	if kinds := rules[p.Quantity].kinds; kinds != nil && !slices.Contains(kinds, ref.Kind) {
		k.add(p, "quantity", fmt.Sprintf("a %s has no %s", ref.Kind, p.Quantity), "correct the element or the quantity")
	}
	if ref.Kind == models.KindSource && p.Unit.Dimension == unit.Frequency {
		hz := k.net.Sources[ref.At].NominalFrequency
		if hz == 0 {
			hz = 50
		}
		if hz != p.nominalHz() {
			k.add(p, "nominal_hz", fmt.Sprintf("full speed is %s Hz here and %s Hz in the network file", number(p.nominalHz()), number(hz)), "make the two agree")
		}
	}
}

// writing keeps the rules of what may be written, whatever the network.
func (k *checker) writing(p *Point) {
	if p.Quantity == models.Identity && p.Type != U16 && p.Type != U32 && p.Type != I16 && p.Type != I32 {
		k.add(p, "type", "an identity is a whole number", "make it u16 or u32")
	}
	if IsSetpoint(p.Quantity) && !p.Writable {
		k.warn(p, "writable", fmt.Sprintf("%s is not writable: the desk can read it only", p.Quantity), "write yes once the PLC has been commissioned for remote control")
	}
	if !p.Writable {
		return
	}
	if !rules[p.Quantity].writable {
		k.add(p, "writable", fmt.Sprintf("%s is measured, not set", p.Quantity), "write no")
		return
	}
	if p.Table != Holding {
		k.add(p, "table", fmt.Sprintf("a %s is not written: only holding registers are", p.Table), "give the holding register of the setpoint, or write no under writable")
	}
	if p.Type == Bit {
		k.add(p, "type", "one bit of a shared register is not written", "give the setpoint a register of its own")
	}
	if p.UnitID == 0 || p.UnitID >= 248 && p.UnitID <= 254 {
		k.add(p, "unit_id", fmt.Sprintf("unit %d is a broadcast or reserved: a write would reach every device on the bus", p.UnitID), "write the PLC's own number, 1 to 247, or 255 for a PLC that is no gateway")
	}
	if IsSetpoint(p.Quantity) && !(p.Min.Known && p.Max.Known) {
		k.add(p, "min", fmt.Sprintf("%s is writable without a range", p.Quantity), "fill min and max with what the actuator can take")
	}
	if lo, hi := p.Unit.ToSI(p.Min.Or(0)), p.Unit.ToSI(p.Max.Or(0)); p.Quantity == models.OpeningSetpoint && (lo < 0 || hi > 1) {
		k.add(p, "min", "the range of the valve goes beyond closed and open", "give min and max within 0 and 100 %")
	}
}

// twice refuses a second row for the same quantity of the same element.
func (k *checker) twice() {
	first := map[models.PointID]*Point{}
	for i := range k.list.Points {
		p := &k.list.Points[i]
		if f, ok := first[p.ID()]; ok {
			k.add(p, "quantity", fmt.Sprintf("%s stands here and in line %d", p.ID(), f.Line), "keep one of the two rows")
			continue
		}
		first[p.ID()] = p
	}
}

// overlaps refuses values that share a register without being the same
// value: one of the two addresses is wrong. Bits of one word, and one value
// shown at several elements, are fine as long as nobody writes them.
func (k *checker) overlaps() {
	order := make([]*Point, len(k.list.Points))
	for i := range k.list.Points {
		order[i] = &k.list.Points[i]
	}
	sort.SliceStable(order, func(i, j int) bool { return before(order[i], order[j]) })
	for i, p := range order {
		for _, q := range order[i+1:] {
			if q.Device() != p.Device() || q.Table != p.Table || int(q.Address) >= int(p.Address)+p.Words() {
				break
			}
			if q.ID() == p.ID() || shares(p, q) {
				continue
			}
			k.add(q, "pdu_address", fmt.Sprintf("%s at %s overlaps %s (line %d) at %s", q.TypeWord(), q.Place(), p.ID(), p.Line, p.Reference()),
				"correct the address or the type of one of the two")
		}
	}
}

// before orders points by device, table and address.
func before(p, q *Point) bool {
	switch {
	case p.Endpoint != q.Endpoint:
		return p.Endpoint < q.Endpoint
	case p.UnitID != q.UnitID:
		return p.UnitID < q.UnitID
	case p.Table != q.Table:
		return p.Table < q.Table
	}
	return p.Address < q.Address
}

// shares reports whether two points may lie on the same register.
func shares(p, q *Point) bool {
	if p.Writable || q.Writable || p.Address != q.Address {
		return false
	}
	if p.Type == Bit && q.Type == Bit {
		return true
	}
	return p.Type == q.Type && p.Order == q.Order && p.Quantity == q.Quantity
}

// elementAsWhole keeps what a writable setpoint needs beside it: proof of
// the PLC's identity in the same device, its remote/local switch, and the
// feedback that shows that the setpoint took.
func (k *checker) elementAsWhole(points []*Point) {
	has := map[models.Quantity]*Point{}
	for _, p := range points {
		has[p.Quantity] = p
	}
	for _, p := range points {
		if !p.Writable || !rules[p.Quantity].writable {
			continue
		}
		if id := has[models.Identity]; id == nil || !id.Expect.Known || id.Device() != p.Device() {
			k.add(p, "writable", "nothing proves that this is the right PLC: no identity with an expected value in the same device", "add a row identity with its expected value, or write no under writable")
		}
		if !IsSetpoint(p.Quantity) {
			continue
		}
		if r := has[models.Remote]; r == nil || r.Device() != p.Device() {
			k.add(p, "writable", "no row says whether the PLC is in remote or local", "add a row remote, or write no under writable")
		}
		if fb, wants := p.Quantity.Feedback(); wants && has[fb] == nil {
			k.add(p, "writable", fmt.Sprintf("no %s shows whether the setpoint took", fb), "add a row "+fb.String()+", or write no under writable")
		}
		if has[models.SCADAHeartbeat] == nil {
			k.warn(p, "writable", "no scada_heartbeat: the PLC cannot notice that the centre is gone", "add a row scada_heartbeat if the PLC has one")
		}
	}
}

// identities refuses one identity value for two devices: it would prove
// nothing.
func (k *checker) identities() {
	owner := map[float64]*Point{}
	for i := range k.list.Points {
		p := &k.list.Points[i]
		if p.Quantity != models.Identity {
			continue
		}
		if !p.Expect.Known {
			k.warn(p, "expect", "the identity has no expected value: it proves nothing", "write the number that the PLC's register holds")
			continue
		}
		if o, ok := owner[p.Expect.Value]; ok && o.Device() != p.Device() {
			k.add(p, "expect", fmt.Sprintf("%s is also the identity of %s (line %d): a mix-up of the two PLCs would not be noticed", number(p.Expect.Value), o.Element, o.Line), "give every PLC a number of its own")
			continue
		}
		owner[p.Expect.Value] = p
	}
}

// unmeasured warns of stations nobody reads.
func (k *checker) unmeasured() {
	has := map[models.ID]bool{}
	for i := range k.list.Points {
		has[k.list.Points[i].Element] = true
	}
	for i := range k.net.Stations {
		s := &k.net.Stations[i]
		if !has[s.ID] && !s.OutOfService {
			k.problems = append(k.problems, models.Problem{Kind: models.KindStation, Element: s.ID, Warning: true,
				Reason: "unmeasured 未接入: no points, its opening stays as the network file has it and is never written", Remedy: "add its points once its PLC is connected"})
		}
	}
}
