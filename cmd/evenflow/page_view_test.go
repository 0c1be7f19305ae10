package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"evenflow/scada/api"
)

// The page reads the documents under the keys that the service writes: its
// types (scada/web/src/view*.ts) have the keys of the Go types, no fewer and no
// more.
func TestPageKnowsTheDocuments(t *testing.T) {
	files, err := filepath.Glob("../../scada/web/src/view*.ts")
	if err != nil {
		t.Fatal(err)
	}
	var source []byte
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source = append(source, text...)
	}
	page := map[string][]string{}
	for _, m := range regexp.MustCompile(`(?s)export interface (\w+) \{\n(.*?)\n\}`).FindAllStringSubmatch(string(source), -1) {
		for _, f := range regexp.MustCompile(`(?m)^  (\w+)\??:`).FindAllStringSubmatch(m[2], -1) {
			page[m[1]] = append(page[m[1]], f[1])
		}
	}
	seen := map[reflect.Type]bool{}
	var look func(reflect.Type)
	look = func(ty reflect.Type) {
		switch ty.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			look(ty.Elem())
			return
		case reflect.Struct:
		default:
			return
		}
		if seen[ty] {
			return
		}
		seen[ty] = true
		var keys []string
		for i := range ty.NumField() {
			if key, _, _ := strings.Cut(ty.Field(i).Tag.Get("json"), ","); key != "" && key != "-" {
				keys = append(keys, key)
				look(ty.Field(i).Type)
			}
		}
		got := slices.Sorted(slices.Values(page[ty.Name()]))
		want := slices.Sorted(slices.Values(keys))
		if !slices.Equal(got, want) {
			t.Errorf("%s: the page knows %v, the service writes %v", ty.Name(), got, want)
		}
	}
	for _, document := range []any{
		api.Session{}, api.System{}, api.KPI{}, api.Network{}, api.Pipes{}, api.Profile{}, api.Station{}, api.Source{}, api.NotRight{}, api.Trend{},
		api.Advice{}, api.Order{}, api.Preview{}, api.JournalRow{}, api.Problem{},
	} {
		look(reflect.TypeOf(document))
	}
	if len(seen) < 30 {
		t.Errorf("only %d types were compared", len(seen))
	}
}
