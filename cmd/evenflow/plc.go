package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"evenflow/models"
	"evenflow/scada/plc"
	"evenflow/scada/pointlist"
)

// newPLC groups what is done with PLCs from the command line.
func newPLC() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "plc",
		Short: "Look at PLCs",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPLCRead())
	return cmd
}

// plcReadFlags are the flags of `plc read`.
type plcReadFlags struct {
	points  string
	allow   []string
	timeout time.Duration
	json    bool
}

// newPLCRead shows registers as they come. It holds no writer.
func newPLCRead() *cobra.Command {
	var f plcReadFlags
	cmd := &cobra.Command{
		Use:   "read --points FILE [STATION]",
		Short: "Read the registers of a PLC, in all four word orders",
		Long: `Read asks the PLCs of a point list once and shows for every point the words as they
came, what they are in each of the four byte orders, the decoded value with its unit,
and its quality with the reason. It cannot write.

It speaks to the addresses in the list; host names need --allow. Exit code 1 if a PLC
does not answer.`,
		Example: `  evenflow plc read --points points.csv S-17
  evenflow plc read --points points.csv --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			element := models.ID("")
			if len(args) > 0 {
				element = models.ID(args[0])
			}
			return f.run(cmd.Context(), element, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().StringVar(&f.points, "points", "", "point list, CSV")
	cmd.Flags().StringSliceVar(&f.allow, "allow", nil, "endpoints that may be spoken to, CIDR:port or CIDR:first-last; default: the addresses of the list")
	cmd.Flags().DurationVar(&f.timeout, "timeout", 2*time.Second, "how long to wait for an answer")
	cmd.Flags().BoolVar(&f.json, "json", false, "print JSON")
	if err := cmd.MarkFlagRequired("points"); err != nil {
		panic(err) // the flag is defined three lines above
	}
	return cmd
}

// run reads the points of one element, or of all, and prints them.
func (f *plcReadFlags) run(ctx context.Context, element models.ID, out, errOut io.Writer) error {
	list, problems := pointlist.ReadFile(f.points)
	if err := problems.Refused(); err != nil {
		return badInput(err)
	}
	if element != "" {
		if list = (&pointlist.List{Points: list.Of(element)}); len(list.Points) == 0 {
			return badInput(fmt.Errorf("%s: %w in %s; `evenflow points check` lists what is wrong with it", element, models.ErrNotFound, f.points))
		}
	}
	allow, err := f.endpoints(list)
	if err != nil {
		return badInput(err)
	}
	g, err := plc.NewGateway(list, plc.Options{Allow: allow, Timeout: f.timeout, PollTimeout: 30 * f.timeout, Period: 30 * f.timeout})
	if err != nil {
		return badInput(err)
	}
	defer g.Close()
	if err := g.PollAll(ctx); err != nil {
		return err
	}
	report := plcReport{Points: []pointView{}}
	for _, e := range list.Elements() {
		raw, err := g.Raw(ctx, e)
		if err != nil {
			return err
		}
		for _, r := range raw {
			report.add(r)
		}
	}
	if f.json {
		err = printJSON(out, report)
	} else {
		err = report.print(out)
	}
	if err == nil && report.Lost > 0 {
		fmt.Fprintf(errOut, "evenflow: %s not read: no answer\n", plural(report.Lost, "point"))
		return &silentError{exitFailed}
	}
	return err
}

// endpoints returns what may be spoken to: what the flag says, or exactly the
// addresses that stand in the list.
func (f *plcReadFlags) endpoints(list *pointlist.List) ([]plc.Endpoints, error) {
	var allow []plc.Endpoints
	for _, s := range f.allow {
		e, err := plc.ParseEndpoints(s)
		if err != nil {
			return nil, err
		}
		allow = append(allow, e)
	}
	if len(allow) > 0 {
		return allow, nil
	}
	for _, s := range list.Endpoints() {
		if ap, err := netip.ParseAddrPort(s); err == nil {
			allow = append(allow, plc.Endpoints{Prefix: netip.PrefixFrom(ap.Addr(), ap.Addr().BitLen()), First: ap.Port(), Last: ap.Port()})
		}
	}
	return allow, nil
}

// plcReport is what `plc read --json` prints.
type plcReport struct {
	Points []pointView `json:"points"`
	Lost   int         `json:"lost"`
}

// pointView is one point as it was read. Orders holds the value in the unit
// of the row for each byte order, null where that is no number.
type pointView struct {
	Element  models.ID           `json:"element"`
	Quantity string              `json:"quantity"`
	Place    string              `json:"place"`
	Type     string              `json:"type"`
	Order    string              `json:"order"`
	Words    []string            `json:"words"`
	Orders   map[string]*float64 `json:"orders,omitempty"`
	Value    *float64            `json:"value"`
	Unit     string              `json:"unit"`
	Quality  string              `json:"quality"`
	Reason   string              `json:"reason,omitempty"`
}

func (r *plcReport) add(raw plc.Raw) {
	p := raw.Point
	v := pointView{Element: p.Element, Quantity: p.Quantity.String(), Place: p.Place(), Type: p.TypeWord(), Order: p.Order.String(),
		Words: []string{}, Unit: p.Unit.Name, Quality: raw.Reading.Quality.String(), Reason: raw.Reading.Reason}
	if raw.Reading.Quality == models.QualityLost {
		r.Lost++
	}
	for _, w := range raw.Words {
		v.Words = append(v.Words, fmt.Sprintf("%04x", w))
	}
	if len(raw.Words) > 0 {
		v.Value = finite(p.Engineering(raw.Words))
		v.Orders = map[string]*float64{}
		for _, o := range pointlist.Orders {
			other := p
			other.Order = o
			v.Orders[o.String()] = finite(other.Engineering(raw.Words))
		}
	}
	r.Points = append(r.Points, v)
}

func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

func (r *plcReport) print(w io.Writer) error {
	t := leftAligned(w)
	fmt.Fprintln(t, "ELEMENT\tQUANTITY\tPLACE\tTYPE\tWORDS\tABCD\tCDAB\tBADC\tDCBA\tVALUE\tUNIT\tQUALITY")
	for _, p := range r.Points {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s %s\t%s", p.Element, p.Quantity, p.Place, p.Type, p.Order, orDash(strings.Join(p.Words, " ")))
		for _, o := range pointlist.Orders {
			fmt.Fprintf(t, "\t%s", shortNumber(p.Orders[o.String()]))
		}
		quality := p.Quality
		if p.Reason != "" {
			quality += ": " + p.Reason
		}
		fmt.Fprintf(t, "\t%s\t%s\t%s\n", shortNumber(p.Value), orDash(p.Unit), quality)
	}
	return t.Flush()
}

func shortNumber(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%.6g", *v)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
