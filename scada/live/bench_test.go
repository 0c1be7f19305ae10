package live

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// BenchmarkTurn is a quarter second of 1,000 stations with 16 columns of
// which 30 % change, read by 100 pages: from publishing to the last page.
func BenchmarkTurn(b *testing.B) {
	const stations, columns, pages = 1000, 16, 100
	bench := newBench(b, nil)
	cols := make([]Column, columns)
	for i := range cols {
		cols[i] = Column{fmt.Sprint("column_", i), 2}
	}
	topic := bench.hub.Topic("net", cols)
	random := rand.New(rand.NewPCG(1, 2))
	rows := make([]Row, stations)
	for i := range rows {
		rows[i] = Row{Key: fmt.Sprintf("S-%04d", i), Values: make([]any, columns)}
		for c := range columns {
			rows[i].Values[c] = random.Float64() * 100
		}
	}
	topic.Set(rows)
	read := make(chan int, pages)
	for range pages {
		d := websocket.Dialer{EnableCompression: true}
		ws, _, err := d.Dial("ws"+strings.TrimPrefix(bench.srv.URL, "http"), http.Header{"Cookie": {"evenflow=ok"}})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { ws.Close() })
		if err := ws.WriteMessage(websocket.TextMessage, []byte(`{"sub":{"topic":"net"}}`)); err != nil {
			b.Fatal(err)
		}
		go func() {
			for {
				_, text, err := ws.ReadMessage()
				if err != nil {
					return
				}
				if strings.HasPrefix(string(text[:min(20, len(text))]), `{"k":"snap"`) || strings.HasPrefix(string(text[:min(20, len(text))]), `{"k":"delta"`) {
					read <- len(text)
				}
			}
		}()
	}
	for range pages {
		<-read
	}
	size := 0
	b.ResetTimer()
	for b.Loop() {
		for i := range rows {
			for c := range columns {
				if random.Float64() < 0.3 {
					rows[i].Values[c] = random.Float64() * 100
				}
			}
		}
		bench.wall.Add(Period.Milliseconds())
		topic.Set(rows)
		bench.hub.Turn()
		for range pages {
			size = <-read
		}
		bench.hub.mu.Lock()
		for c := range bench.hub.conns {
			c.ack(0)
		}
		bench.hub.mu.Unlock()
	}
	b.ReportMetric(float64(size)/1024, "KiB/frame")
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(time.Millisecond), "ms/turn")
}
