package plc

import (
	"fmt"
	"testing"
	"time"

	"evenflow/models"
	"evenflow/scada/clock"
	"evenflow/scada/pointlist"
)

// BenchmarkPollAll polls a town of stations, each a server of its own in this
// process, so that the servers' share of the time is in the figure.
func BenchmarkPollAll(b *testing.B) {
	for _, n := range []int{200, 2000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var points []pointlist.Point
			for i := range n {
				f := newFake(b)
				f.prime(1, uint16(i+1))
				points = append(points, stationAt(models.ID(fmt.Sprint("S", i)), f.address(), 1, float64(i+1))...)
			}
			good := 0
			step := clock.NewStepped(start)
			g, err := NewGateway(&pointlist.List{Points: points}, Options{Clock: step, Allow: loopback(), Timeout: 20 * time.Second,
				Sink: func(rs []models.Reading) {
					good = 0
					for _, r := range rs {
						if r.Quality == models.QualityGood {
							good++
						}
					}
				}})
			if err != nil {
				b.Fatal(err)
			}
			defer g.Close()
			first := time.Now()
			if err := g.PollAll(b.Context()); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(time.Since(first).Milliseconds()), "first-ms")
			for b.Loop() {
				step.Advance(time.Second)
				if err := g.PollAll(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			if good != len(points) {
				b.Errorf("%d of %d readings good", good, len(points))
			}
		})
	}
}
