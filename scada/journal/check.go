package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
)

// CheckResult says what a check found.
type CheckResult struct {
	Rows   int64  `json:"rows"` // rows in order before the first bad one
	Good   bool   `json:"good"`
	BadRow int64  `json:"bad_row,omitempty"` // number of the first bad row
	Reason string `json:"reason,omitempty"`
	Head   string `json:"head,omitempty"` // hash of the last good row, hex: write it down elsewhere to notice a replaced journal
}

// page is how many rows a check holds at once.
const page = 1000

// Check walks the chain from its first row and names the first row that was
// changed, taken out, put in or cut off. The error is about reading the
// store, never about what was found.
func (j *Journal) Check(ctx context.Context) (CheckResult, error) {
	// The end is read first: rows appended meanwhile are not missed rows.
	endSeq, endHash, err := j.store.JournalEnd(ctx)
	if err != nil {
		return CheckResult{}, err
	}
	var res CheckResult
	var hash []byte
	bad := func(row int64, reason string) (CheckResult, error) {
		res.BadRow, res.Reason, res.Head = row, reason, fmt.Sprintf("%x", hash)
		return res, nil
	}
	for {
		rows, err := j.store.JournalAfter(ctx, res.Rows, page)
		if err != nil {
			return res, err
		}
		for _, r := range rows {
			want := res.Rows + 1
			if r.Seq != want {
				return bad(want, fmt.Sprintf("row %d is missing: the next one is %d", want, r.Seq))
			}
			next := chain(hash, r.Body)
			if !bytes.Equal(next, r.Hash) {
				return bad(want, fmt.Sprintf("row %d, or its place in the chain, was changed after it was written", want))
			}
			var e Entry
			if err := json.Unmarshal(r.Body, &e); err != nil || e.Seq != r.Seq {
				return bad(want, fmt.Sprintf("row %d does not carry its own number", want))
			}
			hash = next
			res.Rows = want
			if want == endSeq && !bytes.Equal(hash, endHash) {
				return bad(want, fmt.Sprintf("the chain up to row %d was replaced: its hash is not the one noted as the end", want))
			}
		}
		if len(rows) < page {
			break
		}
	}
	if res.Rows < endSeq {
		return bad(res.Rows+1, fmt.Sprintf("rows %d to %d were cut off at the end", res.Rows+1, endSeq))
	}
	res.Good, res.Head = true, fmt.Sprintf("%x", hash)
	return res, nil
}
