package board

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"

	"evenflow/models"
	"evenflow/scada/advisor"
	"evenflow/scada/api"
)

// The limits that colour pipes (CJJ 34: branches 300 Pa/m, 3.5 m/s; mains
// 30 to 70 Pa/m economically, twice that is worth a look).
const (
	frictionLimit = 140
	velocityLimit = 3.5
)

func side(s models.Side) string {
	switch s {
	case models.SideSupply:
		return "supply"
	case models.SideReturn:
		return "return"
	}
	return "none"
}

// network builds the static document of the map.
func (b *Board) network() *api.Network {
	net := b.deps.Net
	n := &api.Network{
		Name: text(net.Name, net.NameEn, ""), FrictionLimit: frictionLimit, VelocityLimit: velocityLimit,
		Junctions: []api.Junction{}, Pipes: []api.Pipe{}, Valves: []api.Valve{}, Pumps: []api.Pump{}, Sources: []api.SourcePin{}, Stations: []api.StationPin{},
	}
	for i := range net.Junctions {
		j := &net.Junctions[i]
		n.Junctions = append(n.Junctions, api.Junction{ID: string(j.ID), Name: text(j.Name, j.NameEn, j.ID), Side: side(j.Side),
			X: opt(j.X, same, 1), Y: opt(j.Y, same, 1), Elevation: opt(j.Elevation, same, 1), Hold: j.FixedPressure.Known})
	}
	for i := range net.Pipes {
		p := &net.Pipes[i]
		n.Pipes = append(n.Pipes, api.Pipe{ID: string(p.ID), From: string(p.From), To: string(p.To), Side: side(p.Side), Partner: string(p.Partner),
			DN: whole(p.DN), Year: whole(p.Year), Length: round(p.Length, 1), PN: positive(p.PressureClass, mpa, 2), Material: p.Material, InService: !p.OutOfService})
	}
	for i := range net.Valves {
		v := &net.Valves[i]
		n.Valves = append(n.Valves, api.Valve{ID: string(v.ID), Name: text(v.Name, v.NameEn, v.ID), From: string(v.From), To: string(v.To), Side: side(v.Side),
			Opening: percent(v.Opening), Sectioning: v.Sectioning, InService: !v.OutOfService})
	}
	for i := range net.Pumps {
		p := &net.Pumps[i]
		n.Pumps = append(n.Pumps, api.Pump{ID: string(p.ID), Name: text(p.Name, p.NameEn, p.ID), From: string(p.From), To: string(p.To), InService: !p.OutOfService})
	}
	for i := range net.Sources {
		s := &net.Sources[i]
		n.Sources = append(n.Sources, api.SourcePin{ID: string(s.ID), Name: text(s.Name, s.NameEn, s.ID), From: string(s.From), To: string(s.To)})
	}
	for i := range net.Stations {
		s := &net.Stations[i]
		n.Stations = append(n.Stations, api.StationPin{ID: string(s.ID), Name: text(s.Name, s.NameEn, s.ID), From: string(s.From), To: string(s.To),
			Area: round(s.HeatedArea, 0), DesignFlow: opt(s.DesignFlow, tph, 1), Kvs: positive(s.Valve.Kvs, same, 1)})
	}
	raw, err := json.Marshal(n)
	if err == nil {
		sum := sha256.Sum256(raw)
		n.ID = hex.EncodeToString(sum[:8])
	}
	return n
}

func whole(v int) *int {
	if v == 0 {
		return nil
	}
	return &v
}

func positive(v float64, conv func(float64) float64, decimals int) *float64 {
	if v <= 0 {
		return nil
	}
	return num(conv(v), decimals)
}

// Network returns the static document of the map.
func (b *Board) Network(context.Context) *api.Network { return b.net }

// Pipes returns the computed state of all pipes.
func (b *Board) Pipes(context.Context) api.Pipes {
	v := b.deps.Loop.View()
	p := api.Pipes{NetworkID: b.net.ID, Version: b.modelVersion(v.ModelAt), PlantMs: millis(v.ModelAt), Good: v.Model != nil && v.ModelError == nil,
		Flow: []*float64{}, Velocity: []*float64{}, Friction: []*float64{}}
	for i := range b.deps.Net.Pipes {
		if v.Model == nil || v.Model.Pipes[i].Cut {
			p.Flow, p.Velocity, p.Friction = append(p.Flow, nil), append(p.Velocity, nil), append(p.Friction, nil)
			continue
		}
		s, pipe := &v.Model.Pipes[i], &b.deps.Net.Pipes[i]
		p.Flow = append(p.Flow, num(tph(s.Flow), 1))
		if pipe.InnerDiameter <= 0 || pipe.Length <= 0 {
			p.Velocity, p.Friction = append(p.Velocity, nil), append(p.Friction, nil)
			continue
		}
		area := math.Pi / 4 * pipe.InnerDiameter * pipe.InnerDiameter
		p.Velocity = append(p.Velocity, num(math.Abs(s.Flow)/(s.Density*area), 2))
		p.Friction = append(p.Friction, num(math.Abs(s.PressureDrop)/pipe.Length, 0))
	}
	return p
}

// Profile returns the pressure diagram of a station: as the model stands, and
// after the recommendation that waits or is under way.
func (b *Board) Profile(_ context.Context, station string) (api.Profile, error) {
	at, ok := b.index.At(models.KindStation, models.ID(station))
	if !ok {
		return api.Profile{}, api.NoSuch("station", station)
	}
	v := b.deps.Loop.View()
	if v.Model == nil {
		return api.Profile{}, &api.Fault{Status: 503, Code: "model_none", EN: "the model has not been solved yet", ZH: "模型尚未求解", Remedy: "wait for the first readings"}
	}
	now, err := b.deps.Advisor.Profile(v.Model, models.ID(station))
	if err != nil {
		f := &api.Fault{Status: 422, Code: "profile_no_path", EN: err.Error(), ZH: "没有热源向该站供水"}
		for _, id := range models.ErrorElements(err) {
			f.Elements = append(f.Elements, string(id))
		}
		return api.Profile{}, f
	}
	after, order := b.after()
	p := api.Profile{Source: string(now.Source), Station: station, Version: b.modelVersion(v.ModelAt), PlantMs: millis(v.ModelAt), Good: v.ModelError == nil,
		After: order, StaticHead: opt(now.StaticHead, same, 1), Points: []api.ProfilePoint{}, Checks: []api.Check{}}
	for i := range now.Points {
		p.Points = append(p.Points, b.profilePoint(&now.Points[i], after))
	}
	p.Checks = b.pathChecks(now, v.Model, at)
	b.stationEnd(&p, v.Model, after, at)
	return p, nil
}

// after is the predicted state of the recommendation that waits for approval
// or is under way, with its order.
func (b *Board) after() (*advisor.State, string) {
	v := b.deps.Loop.View()
	if v.Advice == nil || v.OrderID == "" {
		return nil, ""
	}
	for _, o := range b.deps.Desk.Orders() {
		if o.ID == v.OrderID && o.Finished.IsZero() {
			return v.Advice.Plan.Predicted, o.ID
		}
	}
	return nil, ""
}

func (b *Board) profilePoint(pt *advisor.ProfilePoint, after *advisor.State) api.ProfilePoint {
	z := pt.Elevation
	head := func(p float64) *float64 {
		if !z.Known {
			return num(metresOfWater(p), 2)
		}
		return num(z.Value+metresOfWater(p), 2)
	}
	out := api.ProfilePoint{Distance: round(pt.Distance, 1), Supply: string(pt.Supply), Return: string(pt.Return), Elevation: opt(z, same, 1),
		SupplyHead: head(pt.SupplyPressure), SupplyPressure: num(mpa(pt.SupplyPressure), 3), Pipe: string(pt.Pipe), ReturnPipe: string(pt.ReturnPipe),
		DN: whole(pt.DN), Year: whole(pt.Year), PN: positive(pt.PressureClass, mpa, 2)}
	if pt.ReturnKnown {
		out.ReturnHead, out.ReturnPressure = head(pt.ReturnPressure), num(mpa(pt.ReturnPressure), 3)
		out.Differential = num(kpa(pt.SupplyPressure-pt.ReturnPressure), 1)
	}
	if z.Known && pt.SupplyTemperature > 0 {
		out.BoilingHead = num(z.Value+metresOfWater(advisor.BoilingPressure(pt.SupplyTemperature)), 2)
	}
	if z.Known && pt.PressureClass > 0 {
		out.AllowedHead = num(z.Value+metresOfWater(pt.PressureClass), 1)
	}
	if pt.Pipe != "" {
		out.Flow, out.Velocity = num(tph(pt.Flow), 1), num(pt.Velocity, 2)
		out.Friction, out.ReturnFriction = num(pt.Friction, 0), num(pt.ReturnFriction, 0)
	}
	if after != nil {
		at := func(id models.ID) *float64 {
			if i, ok := b.index.At(models.KindJunction, id); ok && after.Junctions[i].PressureKnown {
				return head(after.Junctions[i].Pressure)
			}
			return nil
		}
		out.AfterSupply, out.AfterReturn = at(pt.Supply), at(pt.Return)
	}
	return out
}

// pathChecks judges the four rules along the path.
func (b *Board) pathChecks(pr *advisor.Profile, st *advisor.State, station int) []api.Check {
	tight := map[string]*api.Check{}
	codes := []string{"boiling", "sub_atmospheric", "over_pressure", "short_differential"}
	see := func(code string, value, bound, margin float64, element models.ID, distance float64) {
		if c := tight[code]; c != nil && *c.Margin <= kpa(margin) {
			return
		}
		ok := margin >= 0
		tight[code] = &api.Check{Code: code, OK: &ok, Margin: num(kpa(margin), 1), Value: num(kpa(value), 1), Bound: num(kpa(bound), 1), Element: string(element), Distance: num(distance, 0)}
	}
	missing := 0
	for i := range pr.Points {
		pt := &pr.Points[i]
		if !pt.Elevation.Known {
			missing++
		}
		if pt.SupplyTemperature > 0 {
			need := advisor.BoilingPressure(pt.SupplyTemperature)
			see("boiling", pt.SupplyPressure, need, pt.SupplyPressure-need, pt.Supply, pt.Distance)
		}
		if pt.ReturnKnown {
			see("sub_atmospheric", pt.ReturnPressure, 50e3, pt.ReturnPressure-50e3, pt.Return, pt.Distance)
		}
		if pt.PressureClass > 0 {
			see("over_pressure", pt.SupplyPressure, pt.PressureClass, pt.PressureClass-pt.SupplyPressure, pt.Supply, pt.Distance)
		}
	}
	need, d := b.need(station), st.Stations[station].Differential
	last := pr.Points[len(pr.Points)-1].Distance
	see("short_differential", d, need, d-need, b.deps.Net.Stations[station].ID, last)
	out := []api.Check{}
	for _, code := range codes {
		c := tight[code]
		if c == nil {
			c = &api.Check{Code: code, Missing: findingP("elevation_missing", map[string]any{"count": missing})}
		} else if missing > 0 && code != "short_differential" {
			c.OK, c.Missing = nil, findingP("elevation_missing", map[string]any{"count": missing})
		}
		out = append(out, *c)
	}
	return out
}

// need is the differential that a station's requirement takes with its valve
// wide open, Pa.
func (b *Board) need(station int) float64 {
	pic := b.deps.Loop.View().Picture
	st := &b.deps.Net.Stations[station]
	if pic == nil {
		return 0
	}
	return advisor.Need(st, pic.Stations[station].Required.Flow)
}

// stationEnd adds what stands at the station itself.
func (b *Board) stationEnd(p *api.Profile, now, after *advisor.State, station int) {
	st := &b.deps.Net.Stations[station]
	p.Differential = num(kpa(now.Stations[station].Differential), 1)
	p.DifferentialNeed = num(kpa(b.need(station)), 1)
	if after != nil {
		p.AfterDiff = num(kpa(after.Stations[station].Differential), 1)
	}
	j, ok := b.index.At(models.KindJunction, st.From)
	if !ok || !b.deps.Net.Junctions[j].Elevation.Known {
		return
	}
	z := b.deps.Net.Junctions[j].Elevation.Value
	snap := b.snapshot()
	if v, ok := snap.Good(models.PointID{Element: st.ID, Quantity: models.SupplyPressure}); ok {
		p.MeasuredSupply = num(z+metresOfWater(v), 2)
	}
	if v, ok := snap.Good(models.PointID{Element: st.ID, Quantity: models.ReturnPressure}); ok {
		p.MeasuredReturn = num(z+metresOfWater(v), 2)
	}
}
