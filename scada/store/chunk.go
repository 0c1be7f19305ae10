package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"evenflow/models"
)

// A chunk is the readings of one tag over a span, appended byte by byte as
// they come in. Values are whole multiples of the tag's step, about a tenth of
// what the instruments resolve, kept as differences: a quiet sensor costs one
// byte a poll.
//
//	chunk  = start(zigzag, ms) sample*
//	sample = uvarint(zigzag(value difference) << 1 | flag)
//	         flag 1: followed by quality(1 byte) and zigzag(ms since the sample before)
//	         flag 0: same quality, same spacing as the sample before
//
// A reading without a usable value (quality below substituted) repeats the
// value before it; its quality says that there is none.
type chunk struct {
	b       []byte
	n       int
	t0, t1  int64 // ms
	spacing int64 // ms between the last two samples
	value   int64 // last value in steps
	quality models.Quality
}

// steps holds the unit of storage of each quantity, SI.
var steps = map[models.Quantity]float64{
	models.SupplyPressure: 10, models.ReturnPressure: 10, models.Differential: 10, // Pa
	models.SupplyTemperature: 0.01, models.ReturnTemperature: 0.01, models.SecondarySupplyTemp: 0.01, // K
	models.SecondaryReturnTemp: 0.01, models.OutdoorTemperature: 0.01, models.SupplyTempSetpoint: 0.01,
	models.MassFlow: 0.001, models.MakeUpFlow: 0.0001, models.VolumeFlow: 1e-6, // kg/s, m3/s
	models.OpeningSetpoint: 1e-5, models.OpeningFeedback: 1e-5,
	models.SpeedSetpoint: 1e-5, models.SpeedFeedback: 1e-5,
}

// step returns the unit of storage of a quantity; 1 for states and counters.
func step(q models.Quantity) float64 {
	if s, ok := steps[q]; ok {
		return s
	}
	return 1
}

// quantise turns a value into steps; false if it cannot be stored.
func quantise(v, step float64) (int64, bool) {
	x := math.Round(v / step)
	if math.IsNaN(x) || math.Abs(x) > 1<<60 {
		return 0, false
	}
	return int64(x), true
}

// add appends a sample. Time must not run backwards within a chunk.
func (c *chunk) add(t, value int64, q models.Quality) {
	if q < models.QualitySubstituted {
		value = c.value
	}
	if c.n == 0 {
		c.t0, c.t1 = t, t
		c.b = binary.AppendVarint(c.b, t)
	}
	spacing := t - c.t1
	var flag uint64
	if c.n == 0 || q != c.quality || spacing != c.spacing {
		flag = 1
	}
	c.b = binary.AppendUvarint(c.b, zigzag(value-c.value)<<1|flag)
	if flag == 1 {
		c.b = append(c.b, byte(q))
		c.b = binary.AppendVarint(c.b, spacing)
	}
	c.n++
	c.t1, c.spacing, c.value, c.quality = t, spacing, value, q
}

// sample is one stored reading, its value in steps.
type sample struct {
	t, value int64
	quality  models.Quality
}

var errChunk = errors.New("damaged chunk of history")

// decode hands the samples of a chunk to fn, oldest first.
func decode(b []byte, fn func(sample)) error {
	t, n := binary.Varint(b)
	if n <= 0 {
		return errChunk
	}
	b = b[n:]
	var s sample
	var spacing int64
	s.t = t
	for len(b) > 0 {
		u, n := binary.Uvarint(b)
		if n <= 0 {
			return errChunk
		}
		b = b[n:]
		s.value += unzigzag(u >> 1)
		if u&1 == 1 {
			if len(b) < 2 {
				return errChunk
			}
			s.quality = models.Quality(b[0])
			if s.quality > models.QualityGood {
				return fmt.Errorf("%w: quality %d", errChunk, b[0])
			}
			if spacing, n = binary.Varint(b[1:]); n <= 0 {
				return errChunk
			}
			b = b[1+n:]
		}
		s.t += spacing
		fn(s)
	}
	return nil
}

func zigzag(v int64) uint64   { return uint64(v<<1) ^ uint64(v>>63) }
func unzigzag(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) }

// appendTail adds one reading to the row of a poll cycle.
func appendTail(b []byte, tag int64, value int64, q models.Quality) []byte {
	b = binary.AppendUvarint(b, uint64(tag))
	b = append(b, byte(q))
	return binary.AppendVarint(b, value)
}

// decodeTail hands the readings of a poll cycle's row to fn.
func decodeTail(b []byte, fn func(tag, value int64, q models.Quality)) error {
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 || len(b) < n+2 || models.Quality(b[n]) > models.QualityGood {
			return errChunk
		}
		v, m := binary.Varint(b[n+1:])
		if m <= 0 {
			return errChunk
		}
		fn(int64(tag), v, models.Quality(b[n]))
		b = b[n+1+m:]
	}
	return nil
}
