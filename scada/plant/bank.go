package plant

import (
	"math"
	"sync"
)

// table is one of the four address spaces of a Modbus device.
type table uint8

const (
	coils table = iota
	discretes
	inputs
	holdings
)

// bankSize is the number of addresses of each table; bits count one each.
type bankSize struct {
	coils, discretes, inputs, holdings int
}

// bank is the memory of one virtual PLC: four tables, of which the network
// may write only the addresses that were opened, with a count of the writes
// that every single address has seen. It is safe for concurrent use.
type bank struct {
	mu     sync.Mutex
	words  [4][]uint16 // bits are kept as 0 and 1
	open   [4][]bool   // may be written over the network
	writes [4][]uint32 // how often the network wrote each address
	total  uint64
	hook   func(t table, address, n int)
}

// newBank returns a bank of zeros of which the network may write nothing.
func newBank(size bankSize) *bank {
	b := &bank{}
	for t, n := range map[table]int{coils: size.coils, discretes: size.discretes, inputs: size.inputs, holdings: size.holdings} {
		n = min(max(n, 0), 1<<16)
		b.words[t] = make([]uint16, n)
		if t == coils || t == holdings {
			b.open[t] = make([]bool, n)
			b.writes[t] = make([]uint32, n)
		}
	}
	return b
}

// allow opens n addresses of a table to writes from the network; addresses
// outside the table are left out.
func (b *bank) allow(t table, address, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for a := max(address, 0); a < address+n && a < len(b.open[t]); a++ {
		b.open[t][a] = true
	}
}

// onWrite sets the function called after each accepted write from the
// network, without the bank's lock; nil calls nobody. The function must be
// quick: the peer's answer waits for it.
func (b *bank) onWrite(f func(t table, address, n int)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hook = f
}

// set stores words from the plant's own side: neither counted nor held
// against the open addresses. It is atomic over all words, so that a 32-bit
// value is never read torn. Words beyond the table are dropped.
func (b *bank) set(t table, address int, words ...uint16) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if address >= 0 && address < len(b.words[t]) {
		copy(b.words[t][address:], words)
	}
}

// get returns n words from an address on, zeros beyond the table.
func (b *bank) get(t table, address, n int) []uint16 {
	out := make([]uint16, n)
	b.mu.Lock()
	defer b.mu.Unlock()
	if address >= 0 && address < len(b.words[t]) {
		copy(out, b.words[t][address:])
	}
	return out
}

// written returns how often the network wrote an address.
func (b *bank) written(t table, address int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if address < 0 || address >= len(b.writes[t]) {
		return 0
	}
	return int(b.writes[t][address])
}

// requests returns how many write requests the network made in all.
func (b *bank) requests() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.total
}

// read serves a request of the network: exception 2 beyond the table.
func (b *bank) read(t table, address, n int) ([]uint16, exception) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if address+n > len(b.words[t]) {
		return nil, illegalAddress
	}
	return append([]uint16(nil), b.words[t][address:address+n]...), none
}

// write serves a request of the network: all words or none. change gets the
// present words and returns the new ones, so that a masked write is atomic.
func (b *bank) write(t table, address, n int, change func(now []uint16) []uint16) exception {
	b.mu.Lock()
	if address+n > len(b.words[t]) {
		b.mu.Unlock()
		return illegalAddress
	}
	for a := address; a < address+n; a++ {
		if !b.open[t][a] {
			b.mu.Unlock()
			return illegalAddress
		}
	}
	now := append([]uint16(nil), b.words[t][address:address+n]...)
	copy(b.words[t][address:address+n], change(now))
	for a := address; a < address+n; a++ {
		if b.writes[t][a] < math.MaxUint32 {
			b.writes[t][a]++
		}
	}
	b.total++
	hook := b.hook
	b.mu.Unlock()
	if hook != nil {
		hook(t, address, n)
	}
	return none
}
