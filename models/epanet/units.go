package epanet

import "math"

const (
	metrePerFoot = 0.3048
	litrePerFoot = 28.316846592 // per cubic foot
	gallon       = 3.785411784e-3
	imperial     = 4.54609e-3
	acreFoot     = 43560 * litrePerFoot / 1e3
	day          = 86400
	pascalPerPSI = 6894.757293168361
	gravity      = 9.80665
	wattPerHorse = 745.6998715822702
)

// FlowUnit is the unit of flows; it also decides between US and SI units.
type FlowUnit uint8

// The flow units. From LPS on, lengths are in metres.
const (
	CFS FlowUnit = iota
	GPM
	MGD
	IMGD
	AFD
	LPS
	LPM
	MLD
	CMH
	CMD
	CMS
)

// flowUnits holds each unit's word, its size in m3/s, and how many of them
// EPANET takes for a cubic foot per second.
var flowUnits = [...]struct {
	name    string
	size    float64
	rounded float64
}{
	CFS:  {"CFS", litrePerFoot / 1e3, 1},
	GPM:  {"GPM", gallon / 60, 448.831},
	MGD:  {"MGD", 1e6 * gallon / day, 0.64632},
	IMGD: {"IMGD", 1e6 * imperial / day, 0.5382},
	AFD:  {"AFD", acreFoot / day, 1.9837},
	LPS:  {"LPS", 1e-3, 28.317},
	LPM:  {"LPM", 1e-3 / 60, 1699},
	MLD:  {"MLD", 1e3 / day, 2.4466},
	CMH:  {"CMH", 1.0 / 3600, 101.94},
	CMD:  {"CMD", 1.0 / day, 2446.6},
	CMS:  {"CMS", 1, 0.028317},
}

// String returns the unit's word in files.
func (u FlowUnit) String() string { return flowUnits[u].name }

// metric reports whether lengths are in metres.
func (u FlowUnit) metric() bool { return u >= LPS }

// Rounding returns the share by which EPANET's flows differ from the file's
// because it rounds its unit factors: EPANET calculates with the file's flow
// times Rounding, and divides its results by it. 1 within 2e-4.
func (u FlowUnit) Rounding() float64 {
	return litrePerFoot / 1e3 / flowUnits[u].rounded / flowUnits[u].size
}

// PressureUnit is the unit of pressures.
type PressureUnit uint8

// The pressure units. Where a file gives none, it is PSI with US units and METERS with SI units.
const (
	PSI PressureUnit = iota
	KPA
	METERS
	BAR
	FEET
)

// psiPerFoot is EPANET's rounded pressure of a foot of water.
const psiPerFoot = 0.4333

// pressureUnits holds each unit's word, its size in Pa, and how many of them
// EPANET takes for a foot of water. Metres and feet are of the fluid itself: a
// specific gravity makes them larger.
var pressureUnits = [...]struct {
	name    string
	size    float64
	rounded float64
	fluid   bool
}{
	PSI:    {"PSI", pascalPerPSI, psiPerFoot, false},
	KPA:    {"KPA", 1e3, 6.895 * psiPerFoot, false},
	METERS: {"METERS", 1000 * gravity, metrePerFoot, true},
	BAR:    {"BAR", 1e5, 0.068948 * psiPerFoot, false},
	FEET:   {"FEET", 1000 * gravity * metrePerFoot, 1, true},
}

// usual is the unit of pressures where a file gives none. An emitter's
// coefficient is for a pressure of 1 in this unit, whatever the file gives.
func (u FlowUnit) usual() PressureUnit {
	if u.metric() {
		return METERS
	}
	return PSI
}

// pascal returns the size of a unit of pressure in Pa.
func (o *Options) pascal(u PressureUnit) float64 {
	if p := pressureUnits[u]; p.fluid {
		return p.size * o.SpecificGravity
	}
	return pressureUnits[u].size
}

// String returns the unit's word in files.
func (u PressureUnit) String() string { return pressureUnits[u].name }

// size holds the sizes of the file's units in SI.
type size struct{ flow, pressure, emitter, length, diameter, power, roughness, volume float64 }

// size returns the sizes of the units that the options choose.
func (o *Options) size() size {
	s := size{flow: flowUnits[o.Flow].size, pressure: o.pascal(o.Pressure), emitter: o.pascal(o.Flow.usual())}
	if o.Flow.metric() {
		s.length, s.diameter, s.power, s.roughness = 1, 1e-3, 1e3, 1
	} else {
		s.length, s.diameter, s.power, s.roughness = metrePerFoot, metrePerFoot/12, wattPerHorse, 1
	}
	if o.Formula == DarcyWeisbach {
		s.roughness = s.length / 1e3
	}
	s.volume = s.length * s.length * s.length
	return s
}

// Constants of EPANET's calculation, in SI.
const (
	// RoundedGravity is EPANET's 32.2 ft/s2.
	RoundedGravity = 32.2 * metrePerFoot
	// WaterViscosity is EPANET's 1.1e-5 ft2/s, of water at 20 degC, in m2/s.
	WaterViscosity = 1.1e-5 * metrePerFoot * metrePerFoot
)

// roundedZeta turns a loss coefficient into the one that gives EPANET's minor
// loss, 0.02517 K Q^2/d^4 in feet, with its own gravity.
const roundedZeta = 0.02517 * math.Pi * math.Pi * 32.2 / 8

// roundedPower is the power that 1 hp gives to water in EPANET, in ft4/s.
const roundedPower = 8.814
