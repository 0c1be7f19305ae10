package live

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// wish is what a page may say.
type wish struct {
	Sub *struct {
		Topic string `json:"topic"`
		Epoch string `json:"epoch"`
		S     int64  `json:"s"`
	} `json:"sub"`
	Unsub string `json:"unsub"`
	Ack   int64  `json:"ack"`
}

// readAll is the reader: it takes wishes until the connection ends.
func (c *conn) readAll(ctx context.Context) {
	alive := func() error { return c.ws.SetReadDeadline(time.Now().Add(pongWait)) }
	c.ws.SetPongHandler(func(string) error { return alive() })
	if alive() != nil {
		return
	}
	count, since := 0, time.Now()
	for {
		_, r, err := c.ws.NextReader()
		if err != nil {
			c.explain(err)
			return
		}
		// The library's limit is on deflated bytes, this one on the text.
		text, err := io.ReadAll(io.LimitReader(r, readLimit+1))
		if err != nil {
			c.explain(err)
			return
		}
		if len(text) > readLimit {
			c.close(websocket.CloseMessageTooBig, "the message is too long")
			return
		}
		if count++; time.Since(since) > time.Second {
			count, since = 0, time.Now()
		}
		var w wish
		if count > maxMessages || json.Unmarshal(text, &w) != nil {
			c.close(websocket.ClosePolicyViolation, "messages are not understood or come too fast")
			return
		}
		if alive() != nil || !c.grant(ctx, w) {
			return
		}
	}
}

// explain logs a connection that ended otherwise than by going away.
func (c *conn) explain(err error) {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() || errors.Is(err, os.ErrDeadlineExceeded) {
		c.hub.opts.Log.Info("a page went silent", "error", err)
	}
}

// grant does what a page asks; false ends the connection.
func (c *conn) grant(ctx context.Context, w wish) bool {
	c.ack(w.Ack)
	if w.Unsub == "" && w.Sub == nil {
		return true
	}
	if c.guest.Recheck != nil {
		if code := c.guest.Recheck(ctx); code != 0 {
			c.close(code, "the session ended")
			return false
		}
	}
	if w.Unsub != "" {
		c.unsubscribe(w.Unsub)
	}
	if w.Sub != nil {
		if code := c.subscribe(w.Sub.Topic, w.Sub.Epoch, w.Sub.S); code != "" {
			c.deny(w.Sub.Topic, code)
		}
	}
	return true
}

// ack notes how far the page has come: to the frame of the moment it names (0:
// it asks for something, so it is awake). A page that still works at what was
// sent long ago does not keep up, however diligently it says so. After a pause
// it gets fresh snapshots.
func (c *conn) ack(frame int64) {
	now := c.hub.opts.Wall().UnixMilli()
	if frame <= 0 || frame > now {
		frame = now
	}
	c.mu.Lock()
	c.acked = max(c.acked, frame)
	c.paused = c.paused && now-c.acked > ackWait.Milliseconds()
	c.mu.Unlock()
	c.signal()
}

func (c *conn) deny(topic, code string) {
	b := c.hub.stamp().open("deny", topic)
	b = append(appendJSON(append(b, `,"code":`...), code), '}')
	c.mu.Lock()
	c.extra = append(c.extra, prepare(b))
	c.mu.Unlock()
	c.signal()
}

func (c *conn) unsubscribe(topic string) {
	c.hub.mu.Lock()
	defer c.hub.mu.Unlock()
	t := c.hub.topics[topic]
	if t == nil || !c.topics[t] {
		return
	}
	c.hub.leave(c, t)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.needs = slices.DeleteFunc(c.needs, func(n *Topic) bool { return n == t })
	c.drop(t)
}

// allowed reports whether the guest may follow a topic.
func (c *conn) allowed(topic string) bool {
	return slices.ContainsFunc(c.guest.Topics, func(p string) bool {
		prefix, any := strings.CutSuffix(p, "*")
		return p == topic || any && strings.HasPrefix(topic, prefix)
	})
}

// subscribe follows a topic from epoch and seq on, or from a snapshot; it
// returns the code of a refusal.
func (c *conn) subscribe(name, epoch string, seq int64) string {
	if !c.allowed(name) {
		return "not_allowed"
	}
	c.hub.mu.Lock()
	defer c.hub.mu.Unlock()
	t := c.hub.topics[name]
	if len(c.topics) >= maxTopics && !c.topics[t] {
		return "too_many_topics"
	}
	if t == nil {
		if t = c.hub.demand(name); t == nil {
			return "no_such_topic"
		}
	}
	if len(t.subs) == 0 {
		t.delta(c.hub.stamp()) // nobody followed it: the snapshot takes all in
	}
	t.subs[c], c.topics[t] = true, true
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(t)
	if missed, ok := t.missing(epoch, seq); !ok {
		c.needLocked(t)
	} else if len(missed) > 0 {
		c.queue = append(c.queue, slices.Clone(missed))
	}
	c.signal()
	return ""
}

// demand makes a topic that somebody wants to follow, or returns nil. The hub
// is locked, but not while the topic's first rows are fetched.
func (h *Hub) demand(name string) *Topic {
	if h.opts.Open == nil {
		return nil
	}
	h.mu.Unlock()
	cols, rows, ok := h.opts.Open(name)
	h.mu.Lock()
	if !ok {
		return nil
	}
	t := h.topics[name]
	if t == nil {
		t = h.topic(name, cols)
		t.lazy = true
		for _, r := range rows {
			t.write(r.Key, encodeRow(r, t.cols))
		}
	}
	return t
}
