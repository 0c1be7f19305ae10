package models

import "fmt"

// missing names what a calculation would otherwise fill in without a word:
// heights that some junctions have and others not, walls without roughness,
// pipes without heat loss, a ground without temperature. Each is said once, at
// the first element that lacks it, with how many do.
func (v *validator) missing() {
	v.heights()
	n := v.net
	var smooth, lossless, nowhere lacking
	for i := range n.Pipes {
		p := &n.Pipes[i]
		if p.Roughness == 0 && !p.Resistance.Known && !p.HazenWilliams.Known && p.Length > 0 {
			smooth.at(p.ID)
		}
		if n.Open || p.Length == 0 {
			continue
		}
		switch loses := p.Insulation != (Insulation{}); {
		case !loses && !p.HeatLoss.Known:
			lossless.at(p.ID)
		case (loses || p.HeatLoss.Value > 0) && !p.Ambient.Known && n.Ground == (Ground{}):
			nowhere.at(p.ID)
		}
	}
	if smooth.n > 0 {
		v.warn(KindPipe, smooth.first, "roughness_mm", smooth.says("is 0 or missing", "pipe")+": taken as hydraulically smooth", "give the roughness in millimetres (steel 0.05 to 0.5)")
	}
	if lossless.n > 0 {
		v.warn(KindPipe, lossless.first, "heat_loss_w_per_m_k", lossless.says("is missing, and so is insulation", "pipe")+": taken as losing no heat", "give insulation or heat_loss_w_per_m_k; 0 says that nothing is lost")
	}
	if nowhere.n > 0 {
		v.warn(KindPipe, nowhere.first, "ambient_c", nowhere.says("is missing, and so is ground.temperature_c", "pipe")+": 10 degC is taken", "give ground.temperature_c")
	}
}

// heights refuses elevations that only some junctions have: between a known and
// an unknown height there is no water column, and round a loop the columns that
// are there would drive water like a pump that nobody built.
func (v *validator) heights() {
	var without lacking
	known := false
	for i := range v.net.Junctions {
		if j := &v.net.Junctions[i]; j.Elevation.Known {
			known = true
		} else {
			without.at(j.ID)
		}
	}
	if known && without.n > 0 {
		v.refuse(KindJunction, without.first, "elevation_m", without.says("is missing", "junction")+", while others have it: the weight of the water between them is not known",
			"give it at every junction (supply and return of one place alike; name it in assumed where it is a guess), or at none")
	}
}

// lacking counts the elements that lack something, and keeps the first.
type lacking struct {
	n     int
	first ID
}

func (l *lacking) at(id ID) {
	if l.n++; l.n == 1 {
		l.first = id
	}
}

func (l *lacking) says(what, kind string) string {
	switch l.n {
	case 1:
		return what
	case 2:
		return fmt.Sprintf("%s, as at 1 other %s", what, kind)
	}
	return fmt.Sprintf("%s, as at %d other %ss", what, l.n-1, kind)
}
