package pointlist

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"evenflow/models"
)

// maxSheet bounds what Read takes in: 2,000 stations of 20 rows are 6 MB.
const maxSheet = 64 << 20

// sheet is the text of a point list, cut into rows.
type sheet struct {
	comma rune
	rows  []row
}

type row struct {
	line  int
	cells []string
}

// text reads the bytes as what Excel saves them as: UTF-8 with or without
// BOM, UTF-16 with BOM ("Unicode text"), or GB18030.
func text(r io.Reader) (string, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxSheet+1))
	if err != nil {
		return "", err
	}
	if len(raw) > maxSheet {
		return "", fmt.Errorf("more than %d MB", maxSheet>>20)
	}
	switch {
	case bytes.HasPrefix(raw, []byte("\xef\xbb\xbf")):
		raw = raw[3:]
		if !utf8.Valid(raw) {
			return "", errors.New("marked as UTF-8, but it is not")
		}
	case bytes.HasPrefix(raw, []byte("\xff\xfe")), bytes.HasPrefix(raw, []byte("\xfe\xff")):
		raw, _, err = transform.Bytes(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder(), raw)
	case !utf8.Valid(raw):
		raw, _, err = transform.Bytes(simplifiedchinese.GB18030.NewDecoder(), raw)
		if err == nil && bytes.ContainsRune(raw, utf8.RuneError) {
			err = errors.New("neither UTF-8 nor GB18030")
		}
	}
	if err == nil && bytes.IndexByte(raw, 0) >= 0 {
		err = errors.New("it holds zero bytes: no text")
	}
	return string(raw), err
}

// cut splits the text into rows. A row that is no proper CSV becomes a
// problem; the rows after it are still read.
func cut(s string) (sheet, models.Problems) {
	out := sheet{comma: ','}
	first, rest, _ := strings.Cut(s, "\n")
	skipped := 0
	if sep, ok := strings.CutPrefix(strings.TrimRight(first, "\r"), "sep="); ok && len(sep) == 1 {
		out.comma, s, skipped = rune(sep[0]), rest, 1 // Excel's own mark
	} else {
		out.comma = separator(s)
	}
	if out.comma != ',' && out.comma != ';' && out.comma != '\t' {
		return out, models.Problems{{Line: 1, Reason: fmt.Sprintf("separator %q is not understood", out.comma), Remedy: "save the sheet with commas or semicolons"}}
	}
	r := csv.NewReader(strings.NewReader(s))
	r.Comma, r.Comment, r.FieldsPerRecord = out.comma, '#', -1
	var problems models.Problems
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			if n := len(out.rows) - 1; n > 0 && len(out.rows[n].cells) < len(out.rows[0].cells) && !strings.HasSuffix(s, "\n") {
				problems = append(problems, models.Problem{Line: out.rows[n].line, Reason: "the file ends in the middle of this row: it was cut off",
					Remedy: "copy it again from where it came, or fill the row's cells"})
				out.rows = out.rows[:n]
			}
			return out, problems
		}
		if err != nil {
			line := 0
			if pe, ok := errors.AsType[*csv.ParseError](err); ok {
				line = pe.Line + skipped
				err = pe.Err
			}
			problems = append(problems, models.Problem{Line: line, Reason: "the row is broken: " + err.Error(),
				Remedy: `put a cell that holds quotes or separators into quotes and double the quotes inside`})
			continue
		}
		line, _ := r.FieldPos(0)
		if strings.TrimSpace(strings.Join(cells, "")) != "" {
			out.rows = append(out.rows, row{line + skipped, cells})
		}
	}
}

// separator looks at the first line that is no comment.
func separator(s string) rune {
	for s != "" {
		var line string
		line, s, _ = strings.Cut(s, "\n")
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		best, most := ',', strings.Count(line, ",")
		for _, c := range ";\t" {
			if n := strings.Count(line, string(c)); n > most {
				best, most = c, n
			}
		}
		return best
	}
	return ','
}
