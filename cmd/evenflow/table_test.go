package main

import (
	"fmt"
	"strings"
	"testing"
)

// Columns stand under each other on a terminal, whatever the script of the ids.
func TestColumnsOfChinese(t *testing.T) {
	var right, left strings.Builder
	for _, a := range []*aligned{rightAligned(&right), leftAligned(&left)} {
		fmt.Fprint(a, "id\tflow\t\n东风路站\t7\t\nS-17\t12345\t  cut off\n")
		if err := a.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if want := "        id   flow\n  东风路站      7\n      S-17  12345  cut off\n"; right.String() != want {
		t.Errorf("got\n%swant\n%s", right.String(), want)
	}
	if want := "id        flow\n东风路站  7\nS-17      12345    cut off\n"; left.String() != want {
		t.Errorf("got\n%swant\n%s", left.String(), want)
	}
}
