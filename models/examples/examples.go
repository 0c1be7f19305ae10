// Package examples holds small networks that references describe in prose:
// the five-user ladder of the textbooks, the BMSTU ladder with a leak, and
// the DESTEST network CE_0. Topology and numbers are typed from the
// descriptions; the expected results stand in the references themselves.
package examples

import (
	"fmt"
	"math"

	"evenflow/models"
)

// FiveUserLadder returns the closed-form ladder: a pump that holds 400 kPa,
// five users of 100 t/h at design, and mains that lose 60 kPa per pair of
// segments at design, half on each side. Everything is S G^2. The users'
// resistances are those of a balanced design: 340, 280, 220, 160 and 100 kPa
// at 100 t/h.
func FiveUserLadder() *models.Network {
	const (
		design = 100 / 3.6 // kg/s
		pump   = 400e3     // Pa
		pair   = 60e3      // Pa lost by supply and return of one segment
	)
	n := &models.Network{Name: "五用户梯形网", NameEn: "Five-user ladder"}
	n.Junctions = append(n.Junctions,
		models.Junction{ID: "S0", Side: models.SideSupply, X: models.Some(0), Y: models.Some(100)},
		models.Junction{ID: "R0", Side: models.SideReturn, FixedPressure: models.Some(200e3), X: models.Some(0), Y: models.Some(0)})
	for k := 1; k <= 5; k++ {
		s, r := models.ID(fmt.Sprintf("S%d", k)), models.ID(fmt.Sprintf("R%d", k))
		x := models.Some(100 * float64(k))
		n.Junctions = append(n.Junctions,
			models.Junction{ID: s, Side: models.SideSupply, X: x, Y: models.Some(100)},
			models.Junction{ID: r, Side: models.SideReturn, X: x, Y: models.Some(0)})
		flow := float64(6-k) * design
		half := models.Some(pair / 2 / (flow * flow))
		n.Pipes = append(n.Pipes,
			models.Pipe{Branch: models.Branch{ID: "P" + s, From: models.ID(fmt.Sprintf("S%d", k-1)), To: s}, Side: models.SideSupply, Partner: "P" + r, Resistance: half},
			models.Pipe{Branch: models.Branch{ID: "P" + r, From: r, To: models.ID(fmt.Sprintf("R%d", k-1))}, Side: models.SideReturn, Partner: "P" + s, Resistance: half})
		n.Stations = append(n.Stations, models.Station{
			Branch:          models.Branch{ID: models.ID(fmt.Sprintf("U%d", k)), Name: fmt.Sprintf("用户%d", k), NameEn: fmt.Sprintf("User %d", k), From: s, To: r},
			FixedResistance: (pump - float64(k)*pair) / (design * design),
			DesignFlow:      models.Some(design),
		})
	}
	n.Sources = []models.Source{{Branch: models.Branch{ID: "HS", Name: "热源", NameEn: "Heat source", From: "R0", To: "S0"},
		SupplyTemperature: 383.15, Control: models.ControlDifferential, Differential: pump}}
	return n
}

// WaterOfBMSTU is the density with which the BMSTU ladder's heads and volume
// flows become pressures and mass flows, kg/m3; the results do not depend on
// it.
const WaterOfBMSTU = 1000

// BMSTULeak returns the three-consumer ladder of the Bauman university's
// engineering journal (article 764, table 2): dH = S Q|Q| with H in m and Q in
// m3/h, S = 8.41e-6 for each of the three mains segments on either side and
// 5.5e-4 for each consumer; the source raises 115 m; 100 m3/h leak out at the
// first supply junction and are made up at the source. Links carry the
// publication's numbers.
func BMSTULeak() *models.Network {
	const g = 9.80665
	pascal := func(s float64) models.Optional { // Pa/(kg/s)^2 from m/(m3/h)^2
		perFlow := 3600.0 / WaterOfBMSTU // m3/h per kg/s
		return models.Some(s * WaterOfBMSTU * g * perFlow * perFlow)
	}
	n := &models.Network{Name: "带泄漏的三用户网", NameEn: "Ladder with a leak"}
	n.Junctions = append(n.Junctions,
		models.Junction{ID: "S0", Side: models.SideSupply},
		models.Junction{ID: "R0", Side: models.SideReturn, FixedPressure: models.Some(200e3)})
	mains, consumer := pascal(8.41e-6), pascal(5.5e-4)
	for k := 1; k <= 3; k++ {
		s, r := models.ID(fmt.Sprintf("S%d", k)), models.ID(fmt.Sprintf("R%d", k))
		n.Junctions = append(n.Junctions, models.Junction{ID: s, Side: models.SideSupply}, models.Junction{ID: r, Side: models.SideReturn})
		n.Pipes = append(n.Pipes,
			models.Pipe{Branch: models.Branch{ID: models.ID(fmt.Sprintf("L%d", 1+k)), From: models.ID(fmt.Sprintf("S%d", k-1)), To: s}, Side: models.SideSupply, Resistance: mains},
			models.Pipe{Branch: models.Branch{ID: models.ID(fmt.Sprintf("L%d", 4+k)), From: models.ID(fmt.Sprintf("R%d", k-1)), To: r}, Side: models.SideReturn, Resistance: mains})
		n.Stations = append(n.Stations, models.Station{
			Branch: models.Branch{ID: models.ID(fmt.Sprintf("L%d", 7+k)), From: s, To: r}, FixedResistance: consumer.Value})
	}
	n.Junctions[2].Draw = 100.0 / 3600 * WaterOfBMSTU
	n.Sources = []models.Source{{Branch: models.Branch{ID: "HS", From: "R0", To: "S0"}, SupplyTemperature: 383.15,
		Control: models.ControlDifferential, Differential: 115 * WaterOfBMSTU * g}}
	return n
}

// destestPipes are the 24 pipes of CE_0 as its README lists them: the tree
// i-(h,d); h-g-f-e; d-c-b-a; two service pipes of 12 m at each of e, f, g, h,
// a, b, c, d.
var destestPipes = [...]struct {
	from, to string
	length   float64 // m
	size     destestSize
}{
	{"e", "SimpleDistrict_1", 12, pe25}, {"e", "SimpleDistrict_4", 12, pe25},
	{"f", "e", 24, pe32}, {"f", "SimpleDistrict_8", 12, pe25}, {"f", "SimpleDistrict_7", 12, pe25},
	{"g", "f", 24, pe40}, {"g", "SimpleDistrict_9", 12, pe25}, {"g", "SimpleDistrict_12", 12, pe25},
	{"h", "g", 24, pe40}, {"h", "SimpleDistrict_13", 12, pe25}, {"h", "SimpleDistrict_14", 12, pe25},
	{"i", "h", 26.83, pe50},
	{"a", "SimpleDistrict_2", 12, pe25}, {"a", "SimpleDistrict_3", 12, pe25},
	{"b", "a", 24, pe32}, {"b", "SimpleDistrict_5", 12, pe25}, {"b", "SimpleDistrict_6", 12, pe25},
	{"c", "b", 24, pe40}, {"c", "SimpleDistrict_10", 12, pe25}, {"c", "SimpleDistrict_11", 12, pe25},
	{"d", "c", 24, pe40}, {"d", "SimpleDistrict_15", 12, pe25}, {"d", "SimpleDistrict_16", 12, pe25},
	{"i", "d", 26.83, pe50},
}

// destestSize is one plastic pipe with its insulation.
type destestSize struct{ inner, outer, casing float64 } // m

var (
	pe25 = destestSize{0.0204, 0.025, 0.093}
	pe32 = destestSize{0.0262, 0.032, 0.092}
	pe40 = destestSize{0.0326, 0.040, 0.092}
	pe50 = destestSize{0.0408, 0.050, 0.112}
)

// lossPerMetre is the heat loss coefficient of pipe wall and insulation in
// series, the soil's temperature directly on the insulation, W/(m K).
func (s destestSize) lossPerMetre() float64 {
	const wall, insulation = 0.35, 0.026 // W/(m K)
	return 2 * math.Pi / (math.Log(s.outer/s.inner)/wall + math.Log(s.casing/s.outer)/insulation)
}

// DestestCE0 returns the network of the IBPSA common exercise CE_0: a
// two-pipe tree, 16 houses that take 553 kg/h each and cool it by 30 K, 70
// degC at the producer, soil of 10 degC, roughness 0.007 mm. Supply junctions
// carry the exercise's letters, return junctions the same with an R before;
// pipes are named supply or return with their two ends.
func DestestCE0() *models.Network {
	n := &models.Network{Name: "DESTEST CE_0", NameEn: "DESTEST CE_0"}
	known := map[string]bool{}
	junction := func(name string) {
		if known[name] {
			return
		}
		known[name] = true
		n.Junctions = append(n.Junctions, models.Junction{ID: models.ID(name), Side: models.SideSupply}, models.Junction{ID: models.ID("R" + name), Side: models.SideReturn})
	}
	for _, p := range destestPipes {
		junction(p.from)
		junction(p.to)
		pipe := models.Pipe{Side: models.SideSupply, Length: p.length, InnerDiameter: p.size.inner, OuterDiameter: models.Some(p.size.outer),
			Roughness: 7e-6, HeatLoss: models.Some(p.size.lossPerMetre()), Ambient: models.Some(283.15)}
		pipe.Branch = models.Branch{ID: models.ID("supply " + p.from + "-" + p.to), From: models.ID(p.from), To: models.ID(p.to)}
		n.Pipes = append(n.Pipes, pipe)
		pipe.Branch = models.Branch{ID: models.ID("return " + p.from + "-" + p.to), From: models.ID("R" + p.to), To: models.ID("R" + p.from)}
		pipe.Side = models.SideReturn
		n.Pipes = append(n.Pipes, pipe)
		if p.length == 12 {
			n.Stations = append(n.Stations, models.Station{Branch: models.Branch{ID: models.ID("house " + p.to), From: models.ID(p.to), To: models.ID("R" + p.to)},
				Demand: models.Demand{Flow: models.Some(553.0 / 3600), TemperatureDrop: models.Some(30)}})
		}
	}
	for i := range n.Junctions {
		if n.Junctions[i].ID == "Ri" {
			n.Junctions[i].FixedPressure = models.Some(300e3)
		}
	}
	n.Sources = []models.Source{{Branch: models.Branch{ID: "producer", From: "Ri", To: "i"}, SupplyTemperature: 343.15,
		Control: models.ControlDifferential, Differential: 200e3}}
	return n
}
