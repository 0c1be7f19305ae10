package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"evenflow/models"
	"evenflow/solver/explain"
)

// newExplain prints the hand calculation of one element.
func newExplain() *cobra.Command {
	var flags situationFlags
	var asJSON bool
	var lang string
	cmd := &cobra.Command{
		Use:   "explain NETWORK ELEMENT",
		Short: "Print formula, numbers, units and sources for one element",
		Long: `Explain solves the network by the program's own assumptions (Colebrook, IF97 water)
and prints the hand calculation of one pipe, valve, pump, source or station:
every number with its unit, where it comes from, and the formula as a spreadsheet
expression in the symbols above it. A pipe has Reynolds number,
friction factor by Colebrook-White and, for comparison, by Altshul and Shifrinson,
Pa/m, local losses, heat loss; a station valve, Kv, authority, exchanger, required flow.

Sources: file; scenario; assumed (nobody gave it); solution (of the solved network);
calculated (by the formula beside it); iterated (by a formula that contains the number:
put it in, and it comes out); standard (a constant or bound). docs/explain.md has an
example.`,
		Example: `  evenflow explain network.json PS-0012
  evenflow explain network.json S-0007 --outdoor -9 --supply 115 --lang zh
  evenflow explain network.json SRC-1 --json`,
		Args: wantArgs("NETWORK", "ELEMENT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if lang != "zh" && lang != "en" {
				return badInput(fmt.Errorf("--lang %s: there are zh and en", lang))
			}
			s, err := flags.read(cmd, args[0])
			if err != nil {
				return err
			}
			if _, err := s.net.Index().Find(models.ID(args[1])); err != nil {
				return badInput(err)
			}
			// The sheet is by the program's own assumptions, whatever the file's format brings.
			own := &situation{net: s.net, scenario: s.scenario}
			_, r, err := own.solve(cmd.Context())
			if err != nil {
				return err
			}
			sheet, err := explain.Of(s.net, s.scenario, r, models.ID(args[1]))
			if err != nil {
				return badInput(err)
			}
			if s.foreign {
				sheet.NotesZh = append(sheet.NotesZh, "按本程序的水物性和摩擦公式计算；solve 用文件格式规定的，结果略有不同。")
				sheet.NotesEn = append(sheet.NotesEn, "By the program's own water and friction law; solve takes those of the file's format, and differs a little.")
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), newSheetView(sheet, lang))
			}
			printSheet(cmd.OutOrStdout(), newSheetView(sheet, lang), lang)
			return nil
		},
	}
	flags.register(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&lang, "lang", "en", "language of the words: zh or en")
	return cmd
}

// sheetView is what `explain --json` prints.
type sheetView struct {
	Element string     `json:"element"`
	Kind    string     `json:"kind"`
	Name    string     `json:"name,omitempty"`
	From    string     `json:"from"`
	To      string     `json:"to"`
	Lines   []lineView `json:"lines"`
	Notes   []string   `json:"notes"`
}

type lineView struct {
	Symbol  string  `json:"symbol"`
	Label   string  `json:"label"`
	Value   float64 `json:"value"`
	Unit    string  `json:"unit"`
	Source  string  `json:"source"`
	Formula string  `json:"formula,omitempty"`
}

func newSheetView(s *explain.Sheet, lang string) *sheetView {
	v := &sheetView{Element: string(s.Element), Kind: s.Kind.String(), Name: s.Name, From: string(s.From), To: string(s.To), Lines: []lineView{}, Notes: []string{}}
	notes := s.NotesEn
	if lang == "zh" {
		notes = s.NotesZh
		v.Kind = kindsZh[s.Kind]
	} else if s.NameEn != "" {
		v.Name = s.NameEn
	}
	v.Notes = append(v.Notes, notes...)
	for _, l := range s.Lines {
		label := l.En
		if lang == "zh" {
			label = l.Zh
		}
		v.Lines = append(v.Lines, lineView{l.Symbol, label, l.Value, l.Unit, string(l.Source), l.Formula})
	}
	return v
}

var kindsZh = map[models.Kind]string{models.KindPipe: "管道", models.KindValve: "阀门", models.KindPump: "水泵", models.KindSource: "热源", models.KindStation: "换热站"}

// sourcesZh says in Chinese where a number comes from.
var sourcesZh = map[string]string{
	string(explain.File): "文件", string(explain.Scenario): "工况", string(explain.Assumed): "假定", string(explain.Solution): "管网解",
	string(explain.Calculated): "计算", string(explain.Iterated): "迭代", string(explain.Standard): "标准",
}

// printSheet writes the sheet for people. Chinese characters are two columns
// wide.
func printSheet(w io.Writer, v *sheetView, lang string) {
	fmt.Fprintf(w, "%s %s %s  %s -> %s\n\n", v.Kind, v.Element, v.Name, v.From, v.To)
	head := [5]string{"symbol", "value", "unit", "source", ""}
	if lang == "zh" {
		head = [5]string{"符号", "数值", "单位", "来源", ""}
	}
	rows := [][5]string{head}
	for _, l := range v.Lines {
		source := l.Source
		if lang == "zh" {
			source = sourcesZh[source]
		}
		rows = append(rows, [5]string{l.Symbol, explain.Digits(l.Value), l.Unit, source, l.Label})
	}
	var wide [5]int
	for _, r := range rows {
		for i, cell := range r {
			wide[i] = max(wide[i], columns(cell))
		}
	}
	for k, r := range rows {
		var line strings.Builder
		for i, cell := range r {
			line.WriteString(cell)
			line.WriteString(strings.Repeat(" ", wide[i]-columns(cell)+2))
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
		if k > 0 && v.Lines[k-1].Formula != "" {
			fmt.Fprintf(w, "%s= %s\n", strings.Repeat(" ", wide[0]+2), v.Lines[k-1].Formula)
		}
	}
	for _, n := range v.Notes {
		fmt.Fprintf(w, "\n%s\n", n)
	}
}
