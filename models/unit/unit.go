// Package unit converts between the SI values inside and what people and
// PLCs speak: MPa, kPa, bar, mH2O, t/h, m3/h, degC, MW, GJ/h, 万m2, per cent.
//
// Every unit belongs to one dimension; converting a mass flow to a volume
// flow is physics (it needs a density) and not done here.
package unit

import (
	"fmt"
	"math"
	"strings"
)

// Dimension is what a unit measures. Values inside are in its SI unit.
type Dimension uint8

// The dimensions, with their SI unit.
const (
	None        Dimension = iota // 1
	Pressure                     // Pa
	Temperature                  // K
	MassFlow                     // kg/s
	VolumeFlow                   // m3/s
	Power                        // W
	Energy                       // J
	Area                         // m2
	Length                       // m
	Head                         // m of the water pumped
	Frequency                    // Hz
	Gradient                     // Pa/m
	Time                         // s
)

// Unit is one unit: SI value = value * Factor + Offset.
type Unit struct {
	Name      string
	Dimension Dimension
	Factor    float64
	Offset    float64
	divide    bool // Factor divides: keeps 0.007 mm exactly the nearest float to 7e-6 m
}

// ToSI converts a value in this unit to SI. Temperatures come out on a grid of
// 1e-9 K, so that 118.7 degC is exactly the nearest float to 391.85 K.
func (u Unit) ToSI(v float64) float64 {
	if u.Offset != 0 {
		return nano(v*u.Factor + u.Offset)
	}
	if u.divide {
		return v / u.Factor
	}
	return v * u.Factor
}

// FromSI converts an SI value to this unit.
func (u Unit) FromSI(v float64) float64 {
	switch {
	case u.Offset != 0:
		return nano((v - u.Offset) / u.Factor)
	case u.divide:
		return v * u.Factor
	}
	return v / u.Factor
}

// nano rounds to nine decimals what is small enough to have them.
func nano(v float64) float64 {
	if math.Abs(v) < 1e5 {
		return math.Round(v*1e9) / 1e9
	}
	return v
}

const (
	// ZeroCelsius is 0 degC in K.
	ZeroCelsius = 273.15
	// MetreOfWater is 1 mH2O at 4 degC in Pa.
	MetreOfWater = 9806.65
)

// units is the table; the first name of a dimension is its SI unit.
var units = [...]Unit{
	{Name: "", Dimension: None, Factor: 1},
	{Name: "1", Dimension: None, Factor: 1},
	{Name: "%", Dimension: None, Factor: 100, divide: true},
	{Name: "Pa", Dimension: Pressure, Factor: 1},
	{Name: "kPa", Dimension: Pressure, Factor: 1e3},
	{Name: "MPa", Dimension: Pressure, Factor: 1e6},
	{Name: "bar", Dimension: Pressure, Factor: 1e5},
	{Name: "mH2O", Dimension: Pressure, Factor: MetreOfWater},
	{Name: "K", Dimension: Temperature, Factor: 1},
	{Name: "degC", Dimension: Temperature, Factor: 1, Offset: ZeroCelsius},
	{Name: "kg/s", Dimension: MassFlow, Factor: 1},
	{Name: "t/h", Dimension: MassFlow, Factor: 3.6, divide: true},
	{Name: "kg/h", Dimension: MassFlow, Factor: 3600, divide: true},
	{Name: "m3/s", Dimension: VolumeFlow, Factor: 1},
	{Name: "m3/h", Dimension: VolumeFlow, Factor: 3600, divide: true},
	{Name: "L/s", Dimension: VolumeFlow, Factor: 1e3, divide: true},
	{Name: "W", Dimension: Power, Factor: 1},
	{Name: "kW", Dimension: Power, Factor: 1e3},
	{Name: "MW", Dimension: Power, Factor: 1e6},
	{Name: "GJ/h", Dimension: Power, Factor: 1e9 / 3600},
	{Name: "J", Dimension: Energy, Factor: 1},
	{Name: "GJ", Dimension: Energy, Factor: 1e9},
	{Name: "kWh", Dimension: Energy, Factor: 3.6e6},
	{Name: "m2", Dimension: Area, Factor: 1},
	{Name: "万m2", Dimension: Area, Factor: 1e4},
	{Name: "m", Dimension: Length, Factor: 1},
	{Name: "mm", Dimension: Length, Factor: 1e3, divide: true},
	{Name: "km", Dimension: Length, Factor: 1e3},
	{Name: "Hz", Dimension: Frequency, Factor: 1},
	{Name: "Pa/m", Dimension: Gradient, Factor: 1},
	{Name: "s", Dimension: Time, Factor: 1},
	{Name: "min", Dimension: Time, Factor: 60},
	{Name: "h", Dimension: Time, Factor: 3600},
}

// spellings are what people type for the same unit.
var spellings = map[string]string{
	"℃": "degC", "°c": "degC", "c": "degC", "degc": "degC", "摄氏度": "degC",
	"m³/h": "m3/h", "m³/s": "m3/s", "m²": "m2", "万m²": "万m2", "万平方米": "万m2",
	"mh2o": "mH2O", "mh₂o": "mH2O", "mwc": "mH2O", "米水柱": "mH2O",
	"吨/h": "t/h", "吨/小时": "t/h", "百分比": "%", "percent": "%",
}

// Lookup returns the unit of that name. Case matters where it must (MPa is
// not mPa); common spellings (℃, m³/h, 万平方米) are understood.
func Lookup(name string) (Unit, error) {
	name = strings.TrimSpace(name)
	if alias, ok := spellings[strings.ToLower(name)]; ok {
		name = alias
	}
	for _, u := range units {
		if u.Name == name {
			return u, nil
		}
	}
	return Unit{}, fmt.Errorf("unknown unit %q; write one of %s", name, strings.Join(Names(), ", "))
}

// Must is Lookup for names written in the program; it panics on others.
func Must(name string) Unit {
	u, err := Lookup(name)
	if err != nil {
		panic(err)
	}
	return u
}

// Names returns the names of all units.
func Names() []string {
	var names []string
	for _, u := range units {
		if u.Name != "" {
			names = append(names, u.Name)
		}
	}
	return names
}

// Celsius converts K to degC.
func Celsius(k float64) float64 { return nano(k - ZeroCelsius) }

// Kelvin converts degC to K.
func Kelvin(c float64) float64 { return nano(c + ZeroCelsius) }

// TonnesPerHour converts kg/s to t/h.
func TonnesPerHour(kgPerS float64) float64 { return kgPerS * 3.6 }

// MPa converts Pa to MPa.
func MPa(pa float64) float64 { return pa / 1e6 }
