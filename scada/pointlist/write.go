package pointlist

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"evenflow/models"
)

// Write writes the list as UTF-8 CSV with BOM, commas and CRLF, which
// spreadsheets open as it is. Both ways to count addresses are given;
// reading the file back yields the same points.
func (l *List) Write(w io.Writer) error {
	if _, err := io.WriteString(w, "\xef\xbb\xbf"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	head := make([]string, len(columns))
	for i, c := range columns {
		head[i] = c.heading()
	}
	if err := out.Write(head); err != nil {
		return err
	}
	for i := range l.Points {
		cells := l.Points[i].cells()
		line := make([]string, len(columns))
		for j, c := range columns {
			line[j] = cells[c.key]
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// cells returns the point's row by column.
func (p *Point) cells() map[string]string {
	c := map[string]string{
		"element":     string(p.Element),
		"quantity":    p.Quantity.String(),
		"endpoint":    p.Endpoint,
		"unit_id":     strconv.Itoa(int(p.UnitID)),
		"table":       p.Table.String(),
		"pdu_address": strconv.Itoa(int(p.Address)),
		"reference":   p.Reference(),
		"type":        p.TypeWord(),
		"order":       p.Order.String(),
		"scale":       decimal(p.scale()),
		"unit":        p.Unit.Name,
		"min":         optional(p.Min),
		"max":         optional(p.Max),
		"expect":      optional(p.Expect),
	}
	if p.Offset != 0 {
		c["offset"] = decimal(p.Offset)
	}
	if p.Writable {
		c["writable"] = "yes"
	}
	switch p.MeterSide {
	case models.SideSupply:
		c["meter_side"] = "supply"
	case models.SideReturn:
		c["meter_side"] = "return"
	}
	if p.NominalHz != 0 {
		c["nominal_hz"] = decimal(p.NominalHz)
	}
	if p.MaxRead != 0 {
		c["max_read"] = strconv.Itoa(p.MaxRead)
	}
	bad := make([]string, len(p.BadValues))
	for i, b := range p.BadValues {
		bad[i] = fmt.Sprintf("%#x", b)
	}
	c["bad_values"] = strings.Join(bad, " ")
	return c
}

// decimal prints a number so that reading it gives the same one.
func decimal(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func optional(o models.Optional) string {
	if !o.Known {
		return ""
	}
	return decimal(o.Value)
}
