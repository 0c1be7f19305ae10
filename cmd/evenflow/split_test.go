package main

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"evenflow/models"
	"evenflow/models/netfile"
	"evenflow/scada/api"
	"evenflow/scada/plant"
	"evenflow/solver/town"
)

// The town of TestSplitProcesses, and how its plant differs from the drawings:
// the defaults of the verbs.
const (
	splitStations = 30
	splitSeed     = 5
	splitRounds   = 2
	splitSpeed    = 240
)

// settled is a town after its rounds: what was set, and what flows.
type settled struct {
	setpoints map[models.PointID]float64 // SI
	x         map[models.ID]float64      // measured
}

// TestSplitProcesses: a service that reads its plant over the network only,
// and whose plant keeps its truth to itself in another process, balances the
// town as one that shares the plant's process does.
func TestSplitProcesses(t *testing.T) {
	net, err := town.Generate(town.Options{Seed: splitSeed, Stations: splitStations})
	if err != nil {
		t.Fatal(err)
	}
	apart := splitRun(t, net)
	one := sharedRun(t, net)
	for _, s := range []struct {
		where string
		*settled
	}{{"in one process", one}, {"in two", apart}} {
		if rms := s.rms(); rms > 0.02 {
			t.Errorf("%s: RMS deviation of measured x %.2f %%, want at most 2 %%", s.where, 100*rms)
		}
	}
	var worstX, worstSet float64
	for id, x := range one.x {
		d := math.Abs(apart.x[id] - x)
		worstX = max(worstX, d)
		// Two means of ten polls at 1 % noise, and each town balanced within
		// what its own noise allows.
		if d > 0.05 {
			t.Errorf("%s: x %.3f in one process, %.3f in two", id, x, apart.x[id])
		}
	}
	var square float64
	for p, v := range one.setpoints {
		other, ok := apart.setpoints[p]
		if !ok {
			t.Fatalf("%s has no setpoint in two processes", p)
		}
		d := math.Abs(other - v)
		worstSet, square = max(worstSet, d), square+d*d
		if d > 0.04 {
			t.Errorf("%s: %.3f in one process, %.3f in two", p, v, other)
		}
	}
	t.Logf("%d setpoints differ by at most %.3f, RMS %.4f; x by at most %.3f; RMS deviation of x %.2f %% in one process, %.2f %% in two",
		len(one.setpoints), worstSet, math.Sqrt(square/float64(len(one.setpoints))), worstX, 100*one.rms(), 100*apart.rms())
}

func (s *settled) rms() float64 {
	var sum float64
	for _, x := range s.x {
		sum += (x - 1) * (x - 1)
	}
	return math.Sqrt(sum / float64(len(s.x)))
}

// sharedRun is the rehearsal: plant and service in this process.
func sharedRun(t *testing.T, net *models.Network) *settled {
	t.Helper()
	r, err := newRehearsal(t.Context(), plant.Options{Network: net, Seed: splitSeed,
		Deviations: plant.Deviations{Pipes: 0.2, Kvs: 0.1, Fixed: 0.2, Noise: 0.01, HalfClosed: 1}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.run(splitRounds, func(roundReport) {}); err != nil {
		t.Fatal(err)
	}
	out := &settled{map[models.PointID]float64{}, map[models.ID]float64{}}
	v := r.sys.loop.View()
	for _, st := range v.Picture.Stations {
		if st.X.Known {
			out.x[st.Station.ID] = st.X.Value
		}
	}
	for _, w := range writable(r.sys.cfg.List) {
		value, ok := v.Snapshot.Good(w.Point)
		if !ok {
			t.Fatalf("%s is not read well", w.Point)
		}
		out.setpoints[w.Point] = value
	}
	return out
}

// splitRun does the same by HTTP with a service in one process and a plant in
// another.
func splitRun(t *testing.T, net *models.Network) *settled {
	t.Helper()
	binary, dir := program(t), filepath.Join(t.TempDir(), "town")
	start(t, binary, "Ctrl-C", "plant", "--write", dir, "--stations", fmt.Sprint(splitStations), "--seed", fmt.Sprint(splitSeed), "--speed", fmt.Sprint(splitSpeed))
	onlyDrawings(t, dir, net)
	slowScan(t, filepath.Join(dir, configFile))
	staff(t, binary, filepath.Join(dir, "data"))
	serve := start(t, binary, "page: ", "serve", "--config", filepath.Join(dir, configFile))
	signIn(t, serve.address(), "wang", soakPassword).open()
	li := signIn(t, serve.address(), "li", soakPassword)
	for round := 1; round <= splitRounds; round++ {
		li.round(round)
	}
	waitSettled(li)
	return li.settled()
}

// onlyDrawings makes sure that the service finds the network as drawn, and
// nothing else that the plant knows.
func onlyDrawings(t *testing.T, dir string, net *models.Network) {
	t.Helper()
	var drawn bytes.Buffer
	found, err := os.ReadFile(filepath.Join(dir, networkFile))
	if err = errors.Join(err, netfile.Write(&drawn, net)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(found, drawn.Bytes()) {
		t.Error("the network that the plant left is not the one that was drawn")
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains([]string{networkFile, pointsFile, configFile}, e.Name()) {
			t.Errorf("the plant left %s", e.Name())
		}
	}
}

// slowScan lets the service poll as often as the fast clock allows on a small
// machine, at a free port.
func slowScan(t *testing.T, file string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	var c Config
	if err = errors.Join(err, yaml.Unmarshal(raw, &c)); err != nil {
		t.Fatal(err)
	}
	c.Scan, c.Listen = "30s", "127.0.0.1:0"
	if raw, err = yaml.Marshal(c); err == nil {
		err = os.WriteFile(file, raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// advice has a recommendation computed as soon as the plant has settled.
func (c *client) advice() (adv api.Advice) {
	c.t.Helper()
	until(c.t, "a recommendation", 100*time.Millisecond, func() bool {
		adv = api.Advice{}
		err := c.ask(http.MethodPost, "/api/recommendation", struct{}{}, &adv)
		var r *refused
		if err != nil && !(errors.As(err, &r) && r.status == http.StatusConflict) {
			c.t.Fatal(err)
		}
		return err == nil && adv.State != "computing"
	})
	return adv
}

// waitSettled waits until readings count again after the last write.
func waitSettled(c *client) {
	c.t.Helper()
	c.advice()
}

// round carries out one recommendation.
func (c *client) round(n int) {
	c.t.Helper()
	adv := c.advice()
	if adv.Recommendation == nil {
		c.t.Fatalf("round %d: no recommendation: %s %+v", n, adv.State, adv.Why)
	}
	id := adv.Recommendation.ID
	var o api.Order
	c.post("/api/orders/"+id+"/approve", api.ReasonInput{}, &o)
	until(c.t, "the order to be carried out", 100*time.Millisecond, func() bool {
		o = api.Order{}
		c.get("/api/orders/"+id, &o)
		return o.FinishedMs != nil
	})
	if o.Progress.Failed > 0 || o.Halted != nil {
		for _, it := range o.Items {
			if it.Why != nil {
				c.t.Logf("%s %s: %s", it.Element, it.Stage, it.Note)
			}
		}
		c.t.Fatalf("round %d: %+v, halted %+v", n, o.Progress, o.Halted)
	}
}

// settled reads what was set and what flows.
func (c *client) settled() *settled {
	c.t.Helper()
	out := &settled{map[models.PointID]float64{}, map[models.ID]float64{}}
	var stations []api.Station
	c.get("/api/stations", &stations)
	for _, st := range stations {
		id := models.ID(st.ID)
		if st.X != nil {
			out.x[id] = *st.X
		}
		if st.OpeningSetpoint.V != nil {
			out.setpoints[models.PointID{Element: id, Quantity: models.OpeningSetpoint}] = *st.OpeningSetpoint.V / 100
		}
	}
	var sources []api.Source
	c.get("/api/sources", &sources)
	for _, src := range sources {
		if src.SpeedSetpoint.V != nil {
			out.setpoints[models.PointID{Element: models.ID(src.ID), Quantity: models.SpeedSetpoint}] = *src.SpeedSetpoint.V / 50
		}
	}
	return out
}
