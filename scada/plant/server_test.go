package plant

import (
	"bytes"
	"encoding/binary"
	"net"
	"testing"
)

// ask sends one request frame and returns the answer's PDU.
func ask(t *testing.T, c net.Conn, unit byte, pdu ...byte) []byte {
	t.Helper()
	if _, err := c.Write(frame(header{7, unit}, pdu)); err != nil {
		t.Fatal(err)
	}
	h, answer, err := readFrame(c)
	if err != nil {
		t.Fatal(err)
	}
	if h.transaction != 7 || h.unit != unit {
		t.Fatalf("answer carries transaction %d unit %d", h.transaction, h.unit)
	}
	return answer
}

func plc(t *testing.T) (*server, *bank, net.Conn) {
	t.Helper()
	b := newBank(bankSize{coils: 16, discretes: 16, inputs: 8, holdings: 40})
	b.allow(holdings, 20, 4)
	b.allow(coils, 3, 2)
	s, err := listen(t.Context(), "127.0.0.1:0", 3, b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	c, err := net.Dial("tcp", s.address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return s, b, c
}

func TestServerAnswers(t *testing.T) {
	_, b, c := plc(t)
	b.set(holdings, 0, 0x1234, 0x5678)
	b.set(inputs, 7, 0x0102)
	b.set(discretes, 9, 1)
	b.set(holdings, 30, 0x0012)
	b.allow(holdings, 30, 1)
	for _, c1 := range []struct {
		name       string
		ask, reply []byte
	}{
		{"read holding", []byte{3, 0, 0, 0, 2}, []byte{3, 4, 0x12, 0x34, 0x56, 0x78}},
		{"read input", []byte{4, 0, 7, 0, 1}, []byte{4, 2, 1, 2}},
		{"read discretes", []byte{2, 0, 8, 0, 3}, []byte{2, 1, 2}},
		{"write one", []byte{6, 0, 20, 0xAB, 0xCD}, []byte{6, 0, 20, 0xAB, 0xCD}},
		{"write many", []byte{16, 0, 21, 0, 2, 4, 1, 2, 3, 4}, []byte{16, 0, 21, 0, 2}},
		{"what was written", []byte{3, 0, 20, 0, 3}, []byte{3, 6, 0xAB, 0xCD, 1, 2, 3, 4}},
		{"write coil", []byte{5, 0, 3, 0xFF, 0}, []byte{5, 0, 3, 0xFF, 0}},
		{"write coils", []byte{15, 0, 3, 0, 2, 1, 3}, []byte{15, 0, 3, 0, 2}},
		{"read coils", []byte{1, 0, 0, 0, 9}, []byte{1, 2, 0x18, 0}},
		{"mask", []byte{22, 0, 30, 0, 0xF2, 0, 0x25}, []byte{22, 0, 30, 0, 0xF2, 0, 0x25}},
		{"masked", []byte{3, 0, 30, 0, 1}, []byte{3, 2, 0, 0x17}},
		{"read and write", []byte{23, 0, 20, 0, 1, 0, 20, 0, 1, 2, 0, 9}, []byte{23, 2, 0, 9}},
		{"beyond the table", []byte{3, 0, 39, 0, 2}, []byte{0x83, 2}},
		{"closed to writes", []byte{6, 0, 19, 0, 1}, []byte{0x86, 2}},
		{"half closed", []byte{16, 0, 23, 0, 2, 4, 1, 2, 3, 4}, []byte{0x90, 2}},
		{"no quantity", []byte{3, 0, 0, 0, 0}, []byte{0x83, 3}},
		{"too many", []byte{3, 0, 0, 0, 126}, []byte{0x83, 3}},
		{"short body", []byte{3, 0, 0}, []byte{0x83, 3}},
		{"bytes and words disagree", []byte{16, 0, 21, 0, 2, 2, 1, 2, 3, 4}, []byte{0x90, 3}},
		{"coil of 1", []byte{5, 0, 3, 0, 1}, []byte{0x85, 3}},
		{"unknown function", []byte{43, 14, 1, 0}, []byte{0xAB, 1}},
	} {
		if got := ask(t, c, 3, c1.ask...); !bytes.Equal(got, c1.reply) {
			t.Errorf("%s: % x answers % x, want % x", c1.name, c1.ask, got, c1.reply)
		}
	}
	if got := ask(t, c, 4, 3, 0, 0, 0, 1); !bytes.Equal(got, []byte{0x83, 0x0B}) {
		t.Errorf("a foreign unit answers % x", got)
	}
	if n := b.written(holdings, 20); n != 2 {
		t.Errorf("register 20 counts %d writes, want 2", n)
	}
	if n := b.written(holdings, 23); n != 0 {
		t.Errorf("a refused write counted: register 23 shows %d", n)
	}
	if n := b.requests(); n != 6 {
		t.Errorf("%d write requests counted, want 6", n)
	}
}

func TestServerHookSeesTheWrite(t *testing.T) {
	_, b, c := plc(t)
	got := make(chan uint16, 1)
	b.onWrite(func(tb table, address, n int) { got <- b.get(tb, address, n)[0] })
	ask(t, c, 3, 6, 0, 22, 0, 77)
	if v := <-got; v != 77 {
		t.Errorf("the hook reads %d, want 77", v)
	}
}

func TestServerAbsentCutsAndRefuses(t *testing.T) {
	s, _, c := plc(t)
	ask(t, c, 3, 3, 0, 0, 0, 1)
	s.ail(absent)
	if _, _, err := readFrame(c); err == nil {
		t.Error("the connection outlived the PLC")
	}
	c2, err := net.Dial("tcp", s.address())
	if err == nil {
		defer c2.Close()
		if _, err := c2.Read(make([]byte, 1)); err == nil {
			t.Error("an absent PLC spoke")
		}
	}
	s.ail(well)
	c3, err := net.Dial("tcp", s.address())
	if err != nil {
		t.Fatal(err)
	}
	defer c3.Close()
	ask(t, c3, 3, 3, 0, 0, 0, 1)
}

func TestServerBrokenFrameEndsTheConnection(t *testing.T) {
	for _, raw := range [][]byte{
		{0, 1, 0, 9, 0, 2, 3, 3}, // protocol 9
		{0, 1, 0, 0, 0, 1, 3},    // no PDU
		{0, 1, 0, 0, 1, 0, 3},    // longer than any frame
	} {
		_, _, c := plc(t)
		c.Write(raw)
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Errorf("% x was answered", raw)
		}
	}
}

func FuzzServerFrame(f *testing.F) {
	f.Add([]byte{0, 1, 0, 0, 0, 6, 3, 3, 0, 0, 0, 2})
	f.Add([]byte{0, 1, 0, 0, 0, 11, 3, 16, 0, 20, 0, 2, 4, 1, 2, 3, 4})
	f.Add([]byte{0, 1, 0, 0, 0, 13, 3, 23, 0, 20, 0, 1, 0, 20, 0, 1, 2, 0, 9})
	f.Fuzz(func(t *testing.T, raw []byte) {
		b := newBank(bankSize{coils: 16, discretes: 16, inputs: 8, holdings: 40})
		b.allow(holdings, 20, 4)
		h, pdu, err := readFrame(bytes.NewReader(raw))
		if err != nil {
			return
		}
		s := &server{unit: h.unit, bank: b}
		answer := s.answer(h.unit, pdu)
		if len(answer) < 2 || len(answer) > 253 {
			t.Fatalf("% x answers %d bytes", pdu, len(answer))
		}
		if answer[0]&0x7F != pdu[0]&0x7F {
			t.Fatalf("% x answers function %#x", pdu, answer[0])
		}
		out := frame(h, answer)
		if int(binary.BigEndian.Uint16(out[4:])) != len(out)-6 {
			t.Fatalf("length field of % x", out)
		}
		for a := range 40 {
			if (a < 20 || a >= 24) && b.written(holdings, a) > 0 {
				t.Fatalf("% x wrote register %d, which is closed", pdu, a)
			}
		}
	})
}
