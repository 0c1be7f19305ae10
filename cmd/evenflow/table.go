package main

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// aligned gathers lines whose cells end with a tab and prints them in columns.
// It knows, as text/tabwriter does not, that Chinese characters are two columns
// wide on a terminal. What follows the last tab of a line is no column.
type aligned struct {
	w     io.Writer
	text  strings.Builder
	right bool
}

// leftAligned and rightAligned print to w when they are flushed.
func leftAligned(w io.Writer) *aligned  { return &aligned{w: w} }
func rightAligned(w io.Writer) *aligned { return &aligned{w: w, right: true} }

// Write takes a part of the text; it keeps it all.
func (a *aligned) Write(p []byte) (int, error) { return a.text.Write(p) }

// Flush prints what was gathered, two blanks between the columns. Its error is
// that of the printing.
func (a *aligned) Flush() error {
	text := strings.TrimSuffix(a.text.String(), "\n")
	a.text.Reset()
	if text == "" {
		return nil
	}
	var lines [][]string
	var wide []int
	for line := range strings.SplitSeq(text, "\n") {
		cells := strings.Split(line, "\t")
		for i, c := range cells[:len(cells)-1] {
			if i == len(wide) {
				wide = append(wide, 0)
			}
			wide[i] = max(wide[i], columns(c))
		}
		lines = append(lines, cells)
	}
	for _, cells := range lines {
		var b strings.Builder
		last := len(cells) - 1
		for i, c := range cells[:last] {
			pad := strings.Repeat(" ", wide[i]-columns(c))
			switch {
			case a.right:
				b.WriteString("  " + pad + c)
			case i < last-1 || cells[last] != "":
				b.WriteString(c + pad + "  ")
			default:
				b.WriteString(c)
			}
		}
		b.WriteString(cells[last])
		if _, err := fmt.Fprintln(a.w, strings.TrimRight(b.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

// columns is the width of a text on a terminal.
func columns(text string) (n int) {
	n = utf8.RuneCountInString(text)
	for _, r := range text {
		if unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) || (r >= 0x3000 && r <= 0x303f) || (r >= 0xff01 && r <= 0xff60) {
			n++
		}
	}
	return n
}
