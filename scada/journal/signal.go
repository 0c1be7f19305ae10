package journal

import "sync"

// Signal tells subscribers that something changed, without saying what: they
// look for themselves. A subscriber that is busy misses nothing, it is told
// once for any number of changes. The zero Signal is ready.
type Signal struct {
	mu   sync.Mutex
	next int
	subs map[int]chan struct{}
}

// Subscribe returns a channel that receives after every change, until cancel
// is called.
func (s *Signal) Subscribe() (changed <-chan struct{}, cancel func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.subs == nil {
		s.subs = map[int]chan struct{}{}
	}
	id := s.next
	s.next++
	ch := make(chan struct{}, 1)
	s.subs[id] = ch
	return ch, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.subs, id)
	}
}

// Announce tells every subscriber.
func (s *Signal) Announce() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ch := range s.subs {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}
