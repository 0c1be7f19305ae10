package epanet

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// text returns the file as UTF-8: what is none is taken for GB18030, in which a
// Chinese Windows saves, or for Latin-1, which EPANET's own editor writes.
func text(data []byte) string {
	s := string(data)
	if utf8.ValidString(s) {
		return s
	}
	if chinese(data) {
		if out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data); err == nil && !bytes.ContainsRune(out, utf8.RuneError) {
			return string(out)
		}
	}
	var b strings.Builder
	b.Grow(len(s) + len(s)/8)
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

// chinese reports whether bytes above ASCII come in pairs, as those of nearly
// every Chinese character do in GB18030; accented letters stand alone.
func chinese(data []byte) bool {
	pairs, single := 0, 0
	for i := 0; i < len(data); i++ {
		switch {
		case data[i] < 0x80:
		case i+1 < len(data) && data[i+1] >= 0x80:
			pairs++
			i++
		default:
			single++
		}
	}
	return pairs > 3*single
}

// inQuotes is added to the remedy where an id is not found or is there twice: one
// with a blank that stands bare is two words.
const inQuotes = "; an id with a blank in it must stand in quotes"

// maxTokens is how many words a line may have.
const maxTokens = 40

// tokens splits a line into words at blanks; words in quotes may hold blanks.
// What follows a semicolon is a comment. The words are put into buf; of more
// than maxTokens there is one more.
func tokens(s string, buf []string) (words []string, comment string) {
	if i := strings.IndexByte(s, ';'); i >= 0 {
		s, comment = s[:i], s[i+1:]
	}
	words = buf[:0]
	for i := 0; i < len(s) && len(words) <= maxTokens; {
		if blank(s[i]) {
			i++
			continue
		}
		if s[i] == '"' {
			end := strings.IndexByte(s[i+1:], '"')
			if end < 0 {
				end = len(s) - i - 1
			}
			words = append(words, s[i+1:i+1+end])
			i += end + 2
			continue
		}
		start := i
		for i < len(s) && !blank(s[i]) {
			i++
		}
		words = append(words, s[start:i])
	}
	return words, comment
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' }

// begins reports whether the word begins with the keyword, in either case.
func begins(word, keyword string) bool {
	return len(word) >= len(keyword) && strings.EqualFold(word[:len(keyword)], keyword)
}

// exact powers of ten.
var tens = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// number reads a decimal number. Short ones are read directly: a mantissa
// below 2^53 and a power of ten up to 22 give the correctly rounded value in
// one operation.
func number(s string) (float64, bool) {
	i, negative := 0, false
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		negative = s[i] == '-'
		i++
	}
	var mantissa uint64
	digits, point, scale := 0, false, 0
	for ; i < len(s); i++ {
		c := s[i]
		if c == '.' && !point {
			point = true
			continue
		}
		if c < '0' || c > '9' {
			break
		}
		if mantissa < 1<<53/10 {
			mantissa = mantissa*10 + uint64(c-'0')
		} else {
			return slowNumber(s)
		}
		digits++
		if point {
			scale++
		}
	}
	if digits == 0 {
		return 0, false
	}
	if i < len(s) || scale > 22 {
		return slowNumber(s)
	}
	v := float64(mantissa) / tens[scale]
	if negative {
		v = -v
	}
	return v, true
}

// slowNumber reads any decimal number that is finite.
func slowNumber(s string) (float64, bool) {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9', c == '.', c == '-', c == '+', c == 'e', c == 'E':
		default:
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil && !math.IsInf(v, 0)
}

// hours reads a time: hours as a number, h:mm or h:mm:ss, in the given units
// or after noon.
func hours(value, units string) (float64, bool) {
	parts := strings.Split(value, ":")
	if len(parts) > 3 {
		return 0, false
	}
	h := 0.0
	for i, p := range parts {
		v, ok := number(p)
		if !ok {
			return 0, false
		}
		h += v / [...]float64{1, 60, 3600}[i]
	}
	if units == "" {
		return h, true
	}
	if len(parts) == 1 {
		switch {
		case begins(units, "SEC"):
			return h / 3600, true
		case begins(units, "MIN"):
			return h / 60, true
		case begins(units, "HOU"):
			return h, true
		case begins(units, "DAY"):
			return h * 24, true
		}
	}
	am, pm := begins(units, "AM"), begins(units, "PM")
	switch {
	case !am && !pm, h >= 13:
		return 0, false
	case am && h >= 12:
		return h - 12, true
	case pm && h < 12:
		return h + 12, true
	}
	return h, true
}
