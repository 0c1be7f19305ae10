package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/crc32"
	"sync"
	"time"

	"evenflow/models"
)

// spanCycles is how many poll cycles a chunk holds at most.
const spanCycles = 256

// history keeps readings: the latest span of every tag encoded in memory, a
// row a poll cycle on disk as its write-ahead, closed spans as chunks.
type history struct {
	db    *sql.DB // one connection: writers queue
	read  *sql.DB
	every int64 // ms
	keep  int64 // ms

	mu    sync.Mutex
	tags  map[models.PointID]*tag
	list  []*tag // by id
	row   int64  // number of the last kept poll cycle
	lastT int64  // ms, its time
	tail  []byte // reused
}

// tag is one point with its open span.
type tag struct {
	id   int64
	step float64
	open chunk
	upto int64 // poll cycle that the last closed span reached
}

func openHistory(path string, opts Options) (*history, error) {
	db, err := connect(path, "NORMAL", 1, false)
	if err != nil {
		return nil, err
	}
	h := &history{db: db, every: opts.HistoryEvery.Milliseconds(), keep: opts.HistoryKeep.Milliseconds(),
		tags: map[models.PointID]*tag{}}
	if err := migrate(db, "history", path); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", historyFile, err), db.Close())
	}
	if h.read, err = connect(path, "NORMAL", 2, true); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := h.load(); err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

func (h *history) close() error { return errors.Join(h.read.Close(), h.db.Close()) }

// load reads the tags and replays the tail: what was open when the process
// ended, however it ended, is open again.
func (h *history) load() error {
	byID := map[int64]*tag{}
	err := eachRow(h.db, func(scan func(...any) error) error {
		var id, upto int64
		var element, word string
		if err := scan(&id, &element, &word, &upto); err != nil {
			return err
		}
		q, ok := models.ParseQuantity(word)
		if !ok {
			return fmt.Errorf("history of %s: unknown quantity %q", element, word)
		}
		byID[id] = h.enter(models.PointID{Element: models.ID(element), Quantity: q}, id, upto)
		h.row = max(h.row, upto)
		return nil
	}, `SELECT id, element, quantity, coalesce((SELECT max(upto) FROM chunks WHERE tag = tags.id), 0) FROM tags ORDER BY id`)
	if err != nil {
		return err
	}
	return eachRow(h.db, func(scan func(...any) error) error {
		var t int64
		var b []byte
		if err := scan(&h.row, &t, &b); err != nil {
			return err
		}
		h.lastT = t
		return decodeTail(b, func(id, value int64, q models.Quality) {
			if g := byID[id]; g != nil && h.row > g.upto {
				g.open.add(t, value, q)
			}
		})
	}, `SELECT id, t, b FROM tail ORDER BY id`)
}

func (h *history) enter(p models.PointID, id, upto int64) *tag {
	g := &tag{id: id, step: step(p.Quantity), upto: upto}
	h.tags[p] = g
	h.list = append(h.list, g)
	return g
}

// AppendReadings keeps the readings of one poll cycle at time t of the plant
// clock. With HistoryEvery, cycles that follow too soon are not kept.
func (s *Store) AppendReadings(ctx context.Context, t time.Time, readings []models.Reading) error {
	if s.history == nil {
		return errors.New("the store is open for reading only")
	}
	if err := s.history.append(ctx, t.UnixMilli(), readings); err != nil {
		return fmt.Errorf("history: %w", err)
	}
	return nil
}

// taken is a reading on its way into its tag.
type taken struct {
	g     *tag
	value int64
	q     models.Quality
}

func (h *history) append(ctx context.Context, t int64, readings []models.Reading) (err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(readings) == 0 || (h.every > 0 && t >= h.lastT && t-h.lastT < h.every) {
		return nil
	}
	if err := h.newTags(ctx, readings); err != nil {
		return err
	}
	cycle := make([]taken, len(readings))
	h.tail = h.tail[:0]
	for i, r := range readings {
		g := h.tags[r.Point]
		v, ok := quantise(r.Value, g.step)
		q := r.Quality
		if !ok && q >= models.QualitySubstituted {
			q = models.QualityBad
		}
		cycle[i] = taken{g, v, q}
		h.tail = appendTail(h.tail, g.id, v, q)
	}
	closed, err := h.commit(ctx, t)
	if err != nil {
		return err
	}
	for _, g := range closed {
		g.upto = h.row
		g.open = chunk{b: g.open.b[:0]}
	}
	for _, c := range cycle {
		c.g.open.add(t, c.value, c.q)
	}
	h.row++
	h.lastT = t
	return nil
}

// commit writes one poll cycle: the spans whose turn it is to be closed, the
// row of the cycle itself, and the removal of what is no longer needed. It
// returns the tags whose span was closed.
func (h *history) commit(ctx context.Context, t int64) (closed []*tag, err error) {
	tx, err := h.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	for i, g := range h.list {
		// A few tags every cycle by turns, so that no cycle pays for all;
		// and every tag when the clock ran backwards.
		if g.open.n == 0 || (int64(i)%spanCycles != h.row%spanCycles && g.open.t1 <= t) {
			continue
		}
		if _, err = tx.Exec(`INSERT INTO chunks (tag, t0, t1, upto, crc, b) VALUES (?, ?, ?, ?, ?, ?)`,
			g.id, g.open.t0, g.open.t1, h.row, int64(crc32.ChecksumIEEE(g.open.b)), g.open.b); err != nil {
			return nil, err
		}
		closed = append(closed, g)
	}
	if _, err = tx.Exec(`INSERT INTO tail (id, t, b) VALUES (?, ?, ?)`, h.row+1, t, h.tail); err != nil {
		return nil, err
	}
	if _, err = tx.Exec(`DELETE FROM tail WHERE id <= ?`, h.row-spanCycles); err != nil {
		return nil, err
	}
	if h.row%spanCycles == 0 {
		if _, err = tx.Exec(`DELETE FROM chunks WHERE t1 < ?`, t-h.keep); err != nil {
			return nil, err
		}
	}
	return closed, tx.Commit()
}

// newTags gives points seen for the first time their number.
func (h *history) newTags(ctx context.Context, readings []models.Reading) (err error) {
	var fresh []models.PointID
	seen := map[models.PointID]bool{}
	for _, r := range readings {
		if h.tags[r.Point] == nil && !seen[r.Point] {
			seen[r.Point] = true
			fresh = append(fresh, r.Point)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	tx, err := h.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	ids := make([]int64, len(fresh))
	for i, p := range fresh {
		res, err := tx.Exec(`INSERT INTO tags (element, quantity) VALUES (?, ?)`, string(p.Element), p.Quantity.String())
		if err == nil {
			ids[i], err = res.LastInsertId()
		}
		if err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	for i, p := range fresh {
		h.enter(p, ids[i], 0)
	}
	return nil
}
