package netfile

import (
	"fmt"
	"io"

	"evenflow/models"
)

// Write writes a network in canonical form. It refuses, before writing
// anything, a value that is not a finite number.
func Write(w io.Writer, n *models.Network) error {
	data, err := Encode(n)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

// Encode returns a network in canonical form.
func Encode(n *models.Network) ([]byte, error) {
	// One array is written even where it is empty, for a file that shows what
	// goes where; the elements of the others appear when there are some.
	var err error
	b := []byte("{\n  \"format\": \"" + Format + "\"")
	for _, f := range networkFields(n) {
		if f.value.empty() {
			continue
		}
		b = append(b, ",\n  \""+f.key+"\": "...)
		if b, err = f.value.write(b); err != nil {
			return nil, fmt.Errorf("network: %s %w", f.key, err)
		}
	}
	for _, list := range []struct {
		key   string
		value value
	}{
		{"junctions", elements[models.Junction]{models.KindJunction, &n.Junctions, junctionFields}},
		{"pipes", elements[models.Pipe]{models.KindPipe, &n.Pipes, pipeFields}},
		{"valves", elements[models.Valve]{models.KindValve, &n.Valves, valveFields}},
		{"pumps", elements[models.Pump]{models.KindPump, &n.Pumps, pumpFields}},
		{"sources", elements[models.Source]{models.KindSource, &n.Sources, sourceFields}},
		{"stations", elements[models.Station]{models.KindStation, &n.Stations, stationFields}},
	} {
		if list.value.empty() {
			continue
		}
		b = append(b, ",\n  \""+list.key+"\": ["...)
		if b, err = list.value.write(b); err != nil {
			return nil, fmt.Errorf("network: %w", err)
		}
		b = append(b, "\n  ]"...)
	}
	return append(b, "\n}\n"...), nil
}
