package models

import "time"

// Quantity is what a point measures or sets.
type Quantity uint8

// The quantities of points. A station's differential is not a point of its
// own unless its PLC measures it.
const (
	QuantityNone Quantity = iota
	Identity
	PLCHeartbeat
	SCADAHeartbeat
	Remote         // 1 remote, 0 local
	FallbackActive // 1: the PLC runs on its own curve
	SupplyPressure // primary, Pa gauge
	ReturnPressure
	Differential
	SupplyTemperature // primary, K
	ReturnTemperature
	MassFlow            // primary, kg/s
	VolumeFlow          // primary, m3/s, at the side where the meter sits (Point.MeterSide)
	OpeningSetpoint     // 0..1
	OpeningFeedback     // 0..1
	SecondarySupplyTemp // K
	SecondaryReturnTemp
	SpeedSetpoint // fraction of nominal
	SpeedFeedback
	MakeUpFlow         // kg/s
	OutdoorTemperature // K
	SupplyTempSetpoint // K, source
)

// QuantityName holds the stable word of each quantity, as point lists, the
// store and the API print it.
var quantityNames = [...]string{
	"", "identity", "plc_heartbeat", "scada_heartbeat", "remote", "fallback_active",
	"supply_pressure", "return_pressure", "differential", "supply_temperature", "return_temperature",
	"mass_flow", "volume_flow", "opening_setpoint", "opening_feedback",
	"secondary_supply_temperature", "secondary_return_temperature",
	"speed_setpoint", "speed_feedback", "make_up_flow", "outdoor_temperature", "supply_temperature_setpoint",
}

// String returns the quantity's stable word.
func (q Quantity) String() string {
	if int(q) < len(quantityNames) {
		return quantityNames[q]
	}
	return ""
}

// ParseQuantity is the inverse of Quantity.String.
func ParseQuantity(word string) (Quantity, bool) {
	for i, n := range quantityNames {
		if i > 0 && n == word {
			return Quantity(i), true
		}
	}
	return QuantityNone, false
}

// Feedback returns the quantity that shows that a setpoint took.
func (q Quantity) Feedback() (Quantity, bool) {
	switch q {
	case OpeningSetpoint:
		return OpeningFeedback, true
	case SpeedSetpoint:
		return SpeedFeedback, true
	}
	return QuantityNone, false
}

// PointID names a point: one quantity of one element.
type PointID struct {
	Element  ID
	Quantity Quantity
}

// String returns "element/quantity".
func (p PointID) String() string { return string(p.Element) + "/" + p.Quantity.String() }

// Quality says how far a reading may be trusted. The zero value is the worst.
type Quality uint8

// The qualities, worst first.
const (
	QualityNone        Quality = iota // never read
	QualityLost                       // the PLC does not answer
	QualityBad                        // out of range, sensor fault, frozen heartbeat, wrong identity
	QualityStale                      // good once, too old now
	QualitySubstituted                // typed in by a person
	QualityEstimated                  // computed
	QualityGood
)

var qualityNames = [...]string{"none", "lost", "bad", "stale", "substituted", "estimated", "good"}

// String returns the quality's stable word.
func (q Quality) String() string { return qualityNames[q] }

// Reading is one value of one point as it was read. Value is SI.
type Reading struct {
	Point   PointID
	Value   float64
	Quality Quality
	Reason  string    // why the quality is not good, in words
	Source  time.Time // when the value was true at the PLC (by our clock, at the poll)
}

// Measurement is a reading prepared for estimation.
type Measurement struct {
	Point PointID
	Value float64
	Sigma float64 // one standard deviation, same unit
}

// Setpoint is a value to reach at a point.
type Setpoint struct {
	Point PointID
	Value float64 // SI
}

// Correction is one learned factor of a calibration.
type Correction struct {
	Element   ID
	Attribute Attribute // AttrResistance (pipe, or a station's path), AttrFixedResistance, AttrKvs
	Factor    float64
	Sigma     float64 // of ln Factor
	Readings  int     // used
}

// Calibration is the set of corrections learned from readings. It is kept in
// the store and shown; the network file never changes by itself.
type Calibration struct {
	At          time.Time
	Rounds      int
	Corrections []Correction
}
