package dhcase

import (
	"fmt"

	"evenflow/models"
)

// sides marks supply and return by what hangs on the plants' two ends without
// passing a consumer. Where the two meet, the case has no sides.
func (b *builder) sides() {
	if len(b.c.Network.Sources) == 0 {
		return
	}
	passes := func(at models.Ref, x *models.Branch) bool {
		return at.Kind == models.KindPipe || at.Kind == models.KindValve || at.Kind == models.KindStation && (x.ID[:2] == "fc" || x.ID[:2] == "pc")
	}
	b.c.Network.MarkSides(passes, func(s *models.Station) bool { return s.ID[:2] == "hc" })
}

func (b *builder) results() {
	r := b.doc.Results
	out := &b.c.Expected
	out.Program = r.Program
	for _, x := range r.Nodes {
		out.Junctions = append(out.Junctions, junctionResult(x))
	}
	pipes := make(map[models.ID]*Pipe, len(b.c.Pipes))
	for i := range b.c.Pipes {
		pipes[b.c.Pipes[i].ID] = &b.c.Pipes[i]
	}
	for _, x := range r.Pipes {
		b.pipeResult(pipes[id("p", x.ID)], x)
	}
	for _, t := range []struct {
		table string
		kind  models.Kind
		rows  []branchResult
	}{
		{"v", models.KindValve, r.Valves}, {"cp", models.KindSource, r.CircPumpsPressure}, {"cm", models.KindSource, r.CircPumpsMass},
		{"pu", models.KindPump, r.Pumps}, {"fc", models.KindStation, r.FlowControllers}, {"pc", models.KindStation, r.PressureControllers},
		{"hx", models.KindStation, r.HeatExchangers}, {"hc", models.KindStation, r.HeatConsumers},
	} {
		for _, x := range t.rows {
			if x.Flow != nil {
				out.Branches = append(out.Branches, BranchResult{ID: id(t.table, x.ID), Kind: t.kind, Flow: *x.Flow, TempOut: optional(x.TempOut)})
			}
		}
	}
}

func junctionResult(x nodeResult) JunctionResult {
	r := JunctionResult{ID: id("n", x.ID), Temperature: optional(x.T)}
	if x.Pressure != nil {
		r.Pressure = models.Some(*x.Pressure * bar)
	}
	return r
}

// pipeResult spreads the result of a pipe over its parts.
func (b *builder) pipeResult(m *Pipe, x branchResult) {
	out := &b.c.Expected
	if m == nil || x.Flow == nil {
		b.refuse(id("p", x.ID), "has a result without a flow, or is not among the pipes")
		return
	}
	for i, part := range m.Parts {
		r := BranchResult{ID: part, Kind: models.KindPipe, Flow: *x.Flow}
		if len(m.Parts) == 1 {
			r.TempOut, r.Velocity = optional(x.TempOut), optional(x.Velocity)
		} else if i == len(m.Parts)-1 && *x.Flow > 0 {
			r.TempOut = optional(x.TempOut)
		}
		out.Branches = append(out.Branches, r)
	}
	for i, inner := range m.Inner {
		r := JunctionResult{ID: inner}
		if i < len(x.InternalT) {
			r.Temperature = models.Some(x.InternalT[i])
		}
		if i < len(x.InternalP) {
			r.Pressure = models.Some(x.InternalP[i] * bar)
		}
		out.Junctions = append(out.Junctions, r)
	}
}

func (b *builder) references() {
	place := map[models.ID]int{}
	for i, p := range b.c.Pipes {
		place[p.ID] = i
	}
	for _, x := range b.doc.References {
		r := Reference{Program: x.Program, Note: x.Note}
		for _, n := range x.Nodes {
			r.Junctions = append(r.Junctions, junctionResult(n))
		}
		for _, p := range x.Pipes {
			i, ok := place[id("p", p.ID)]
			if !ok {
				b.refuse(id("p", p.ID), fmt.Sprintf("%s has values for a pipe that does not exist", x.Program))
				continue
			}
			r.Pipes = append(r.Pipes, PipeReference{Pipe: i, Velocity: optional(p.Velocity), Sections: p.Sections})
		}
		b.c.References = append(b.c.References, r)
	}
}
