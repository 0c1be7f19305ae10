package plant

import "encoding/binary"

// exception is a Modbus exception code; none is no exception.
type exception byte

const (
	none            exception = 0
	illegalFunction exception = 1
	illegalAddress  exception = 2
	illegalValue    exception = 3
	noTarget        exception = 0x0B
)

// failure is the exception answer to a function code.
func failure(function byte, e exception) []byte { return []byte{function | 0x80, byte(e)} }

// The limits of one request (Modbus application protocol V1.1b3, chapter 6).
const (
	maxReadBits   = 2000
	maxReadWords  = 125
	maxWriteBits  = 1968
	maxWriteWords = 123
)

// answer is the answer PDU to a request PDU: function codes 1 to 6, 15, 16,
// 22 and 23 are served as the application protocol specification V1.1b3 has
// them.
func (b *bank) answer(pdu []byte) []byte {
	if len(pdu) == 0 {
		return failure(0, illegalFunction)
	}
	f, body := pdu[0], pdu[1:]
	var answer []byte
	e := illegalFunction
	switch f {
	case 1:
		answer, e = b.readBits(f, coils, body)
	case 2:
		answer, e = b.readBits(f, discretes, body)
	case 3:
		answer, e = b.readWords(f, holdings, body)
	case 4:
		answer, e = b.readWords(f, inputs, body)
	case 5:
		answer, e = b.writeCoil(pdu)
	case 6:
		answer, e = b.writeWord(pdu)
	case 15:
		answer, e = b.writeCoils(pdu)
	case 16:
		answer, e = b.writeWords(pdu)
	case 22:
		answer, e = b.maskWord(pdu)
	case 23:
		answer, e = b.readWriteWords(body)
	}
	if e != none {
		return failure(f, e)
	}
	return answer
}

// span reads "address, quantity" and checks the quantity.
func span(body []byte, most int) (address, n int, e exception) {
	if len(body) < 4 {
		return 0, 0, illegalValue
	}
	address = int(binary.BigEndian.Uint16(body))
	n = int(binary.BigEndian.Uint16(body[2:]))
	if n < 1 || n > most {
		return 0, 0, illegalValue
	}
	return address, n, none
}

func (b *bank) readBits(f byte, t table, body []byte) ([]byte, exception) {
	address, n, e := span(body, maxReadBits)
	if e != none || len(body) != 4 {
		return nil, illegalValue
	}
	bits, e := b.read(t, address, n)
	if e != none {
		return nil, e
	}
	out := make([]byte, 2+(n+7)/8)
	out[0], out[1] = f, byte((n+7)/8)
	for i, bit := range bits {
		if bit != 0 {
			out[2+i/8] |= 1 << (i % 8)
		}
	}
	return out, none
}

func (b *bank) readWords(f byte, t table, body []byte) ([]byte, exception) {
	address, n, e := span(body, maxReadWords)
	if e != none || len(body) != 4 {
		return nil, illegalValue
	}
	words, e := b.read(t, address, n)
	if e != none {
		return nil, e
	}
	return appendWords([]byte{f, byte(2 * n)}, words), none
}

func (b *bank) writeCoil(pdu []byte) ([]byte, exception) {
	if len(pdu) != 5 {
		return nil, illegalValue
	}
	value := binary.BigEndian.Uint16(pdu[3:])
	if value != 0 && value != 0xFF00 {
		return nil, illegalValue
	}
	e := b.write(coils, int(binary.BigEndian.Uint16(pdu[1:])), 1, func([]uint16) []uint16 { return []uint16{value >> 15} })
	return pdu, e
}

func (b *bank) writeWord(pdu []byte) ([]byte, exception) {
	if len(pdu) != 5 {
		return nil, illegalValue
	}
	value := binary.BigEndian.Uint16(pdu[3:])
	e := b.write(holdings, int(binary.BigEndian.Uint16(pdu[1:])), 1, func([]uint16) []uint16 { return []uint16{value} })
	return pdu, e
}

func (b *bank) writeCoils(pdu []byte) ([]byte, exception) {
	address, n, e := span(pdu[1:], maxWriteBits)
	if e != none || len(pdu) != 6+(n+7)/8 || int(pdu[5]) != (n+7)/8 {
		return nil, illegalValue
	}
	bits := make([]uint16, n)
	for i := range bits {
		bits[i] = uint16(pdu[6+i/8]>>(i%8)) & 1
	}
	e = b.write(coils, address, n, func([]uint16) []uint16 { return bits })
	return pdu[:5:5], e
}

func (b *bank) writeWords(pdu []byte) ([]byte, exception) {
	address, n, e := span(pdu[1:], maxWriteWords)
	if e != none || len(pdu) != 6+2*n || int(pdu[5]) != 2*n {
		return nil, illegalValue
	}
	words := wordsOf(pdu[6:])
	e = b.write(holdings, address, n, func([]uint16) []uint16 { return words })
	return pdu[:5:5], e
}

// maskWord: new = (now AND and) OR (or AND NOT and), function 22.
func (b *bank) maskWord(pdu []byte) ([]byte, exception) {
	if len(pdu) != 7 {
		return nil, illegalValue
	}
	w := wordsOf(pdu[1:])
	e := b.write(holdings, int(w[0]), 1, func(now []uint16) []uint16 {
		return []uint16{now[0]&w[1] | w[2]&^w[1]}
	})
	return pdu, e
}

// readWriteWords writes first and reads then, function 23.
func (b *bank) readWriteWords(body []byte) ([]byte, exception) {
	from, n, e := span(body, maxReadWords)
	if e != none || len(body) < 9 {
		return nil, illegalValue
	}
	to, m, e := span(body[4:], maxWriteWords-2)
	if e != none || len(body) != 9+2*m || int(body[8]) != 2*m {
		return nil, illegalValue
	}
	if _, e := b.read(holdings, from, n); e != none {
		return nil, e
	}
	words := wordsOf(body[9:])
	if e := b.write(holdings, to, m, func([]uint16) []uint16 { return words }); e != none {
		return nil, e
	}
	words, e = b.read(holdings, from, n)
	return appendWords([]byte{23, byte(2 * n)}, words), e
}

func appendWords(out []byte, words []uint16) []byte {
	for _, w := range words {
		out = binary.BigEndian.AppendUint16(out, w)
	}
	return out
}

func wordsOf(raw []byte) []uint16 {
	words := make([]uint16, len(raw)/2)
	for i := range words {
		words[i] = binary.BigEndian.Uint16(raw[2*i:])
	}
	return words
}
