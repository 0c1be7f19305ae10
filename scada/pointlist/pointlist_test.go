package pointlist

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"evenflow/models"
	"evenflow/models/unit"
)

// plcPoints returns the points of a PLC as they are meant to be.
func plcPoints(element models.ID, endpoint string, identity float64) []Point {
	at := func(q models.Quantity, address uint16, t Type, u string, scale float64) Point {
		return Point{Element: element, Quantity: q, Endpoint: endpoint, UnitID: 1, Address: address, Type: t, Scale: scale, Unit: unit.Must(u)}
	}
	id := at(models.Identity, 0, U16, "1", 1)
	id.Expect = models.Some(identity)
	set := at(models.OpeningSetpoint, 20, U16, "%", 0.1)
	set.Writable, set.Min, set.Max = true, models.Some(0), models.Some(100)
	beat := at(models.SCADAHeartbeat, 2, U16, "1", 1)
	beat.Writable = true
	flow := at(models.VolumeFlow, 30, F32, "m3/h", 1)
	flow.Order, flow.MeterSide = CDAB, models.SideReturn
	out := at(models.OutdoorTemperature, 16, I16, "degC", 0.1)
	out.BadValues = []uint64{0x8000}
	return []Point{id, at(models.PLCHeartbeat, 1, U16, "1", 1), beat, at(models.Remote, 3, Bool, "1", 1),
		at(models.SupplyPressure, 10, U16, "MPa", 0.0001), at(models.SupplyTemperature, 12, I16, "degC", 0.1), out,
		set, at(models.OpeningFeedback, 21, U16, "%", 0.1), flow}
}

func twoStations() *List {
	return &List{Points: append(plcPoints("S-1", "10.0.0.1:502", 101), plcPoints("站2", "10.0.0.2:502", 102)...)}
}

// plainPoints takes out what a sheet does not carry.
func plainPoints(l *List) []Point {
	out := append([]Point(nil), l.Points...)
	for i := range out {
		out[i].Line = 0
	}
	return out
}

func TestWriteReadIsTheSame(t *testing.T) {
	l := twoStations()
	l.Points[4].NominalHz, l.Points[5].MaxRead, l.Points[5].Offset = 60, 16, -50
	l.Points[6].Type, l.Points[6].Bit, l.Points[6].BadValues = Bit, 3, []uint64{1}
	var first bytes.Buffer
	if err := l.Write(&first); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(first.Bytes(), []byte("\xef\xbb\xbf")) {
		t.Error("no BOM: a spreadsheet would show 站 wrong")
	}
	back, problems := Read(bytes.NewReader(first.Bytes()))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if !reflect.DeepEqual(plainPoints(back), l.Points) {
		t.Errorf("read back\n%+v\nwant\n%+v", plainPoints(back), l.Points)
	}
	var second bytes.Buffer
	if err := back.Write(&second); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("writing what was read gives another file")
	}
}

const sheetEnglish = `element,quantity,endpoint,unit_id,table,pdu_address,type,order,scale,unit,min,max,bad_values
S-1,supply_pressure,10.0.0.1,1,holding,10,u16,,0.0001,MPa,0,1.6,0xFFFF
S-1,supply_temperature,10.0.0.1:502,1,holding,12,i16,AB,0.1,℃,,,0x8000
站2,mass_flow,10.0.0.2,17,input,0x1E,f32,CDAB,1,t/h,,,
`

// sheetChinese says the same as sheetEnglish the way Excel in China may save
// it: other headings, other order, decimal commas, references.
const sheetChinese = "单位;元件编号;测点;IP地址;从站号;寄存器号(4xxxx);数据类型;字节序;系数;下限;上限;故障值\r\n" +
	"MPa;S-1;供水压力;10.0.0.1;1;40011;UINT16;;0,0001;0;1,6;65535\r\n" +
	"degC;S-1;一次供温;10.0.0.1;1;40013;INT16;;0,1;;;32768\r\n" +
	"吨/小时;站2;质量流量;10.0.0.2;17;30031;float;cdab;1;;;\r\n"

func TestReadKnowsWhatSpreadsheetsSave(t *testing.T) {
	want, problems := Read(strings.NewReader(sheetEnglish))
	if len(problems) > 0 || len(want.Points) != 3 {
		t.Fatalf("%d points, %v", len(want.Points), problems)
	}
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(sheetChinese)
	if err != nil {
		t.Fatal(err)
	}
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(strings.ReplaceAll(sheetChinese, ";", "\t"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"UTF-8":             sheetChinese,
		"UTF-8 with BOM":    "\xef\xbb\xbf" + sheetChinese,
		"GB18030":           gb,
		"UTF-16, tabs":      utf16,
		"sep= line":         "sep=;\r\n" + sheetChinese,
		"English with BOM":  "\xef\xbb\xbf" + sheetEnglish,
		"comments and gaps": "# 第一批\n\n" + sheetEnglish + ",,,\n# end\n",
	} {
		got, problems := Read(strings.NewReader(text))
		if len(problems) > 0 {
			t.Errorf("%s: %v", name, problems)
		}
		if !reflect.DeepEqual(plainPoints(got), plainPoints(want)) {
			t.Errorf("%s: got\n%+v\nwant\n%+v", name, got.Points, want.Points)
		}
	}
	if p := want.Points[2]; p.Table != Input || p.Address != 30 || p.Order != CDAB || p.UnitID != 17 {
		t.Errorf("third row became %+v", p)
	}
}

func TestReadReportsEveryBadRow(t *testing.T) {
	head := "element,quantity,endpoint,unit_id,table,pdu_address,reference,type,order,scale,unit,min,max,writable,expect,meter_side,bad_values,max_read\n"
	for _, c := range []struct{ row, field, say string }{
		{",supply_pressure,10.0.0.1,1,holding,1,,u16,,1,MPa", "element", "is empty"},
		{"S,pressure,10.0.0.1,1,holding,1,,u16,,1,MPa", "quantity", "no quantity"},
		{"S,supply_pressure,10.0.0,1,holding,1,,u16,,1,MPa", "endpoint", "not understood"},
		{"S,supply_pressure,10.0.0.1:0,1,holding,1,,u16,,1,MPa", "endpoint", "not understood"},
		{"S,supply_pressure,10.0.0.1:99999,1,holding,1,,u16,,1,MPa", "endpoint", "not understood"},
		{"S,supply_pressure,10.0.0.1,256,holding,1,,u16,,1,MPa", "unit_id", "not understood"},
		{"S,supply_pressure,10.0.0.1,,holding,1,,u16,,1,MPa", "unit_id", "is empty"},
		{"S,supply_pressure,10.0.0.1,1,,1,,u16,,1,MPa", "table", "is empty"},
		{"S,supply_pressure,10.0.0.1,1,register,1,,u16,,1,MPa", "table", "not understood"},
		{"S,supply_pressure,10.0.0.1,1,holding,,,u16,,1,MPa", "pdu_address", "is empty"},
		{"S,supply_pressure,10.0.0.1,1,holding,65536,,u16,,1,MPa", "pdu_address", "not understood"},
		{"S,supply_pressure,10.0.0.1,1,holding,65535,,u32,ABCD,1,MPa", "pdu_address", "beyond"},
		{"S,supply_pressure,10.0.0.1,1,holding,13,40013,u16,,1,MPa", "reference", "PDU address 12"},
		{"S,supply_pressure,10.0.0.1,1,holding,,30013,u16,,1,MPa", "reference", "input table"},
		{"S,supply_pressure,10.0.0.1,1,holding,,40000,u16,,1,MPa", "reference", "not understood"},
		{"S,supply_pressure,10.0.0.1,1,holding,,12,u16,,1,MPa", "reference", "not understood"},
		{"S,supply_pressure,10.0.0.1,1,holding,1,,u24,,1,MPa", "type", "not understood"},
		{"S,supply_pressure,10.0.0.1,1,holding,1,,bit16,,1,MPa", "type", "not understood"},
		{"S,supply_pressure,10.0.0.1,1,holding,1,,,,1,MPa", "type", "is empty"},
		{"S,remote,10.0.0.1,1,coil,1,,u16,,1,", "type", "one bit"},
		{"S,supply_pressure,10.0.0.1,1,holding,1,,f32,,1,MPa", "order", "more than one register"},
		{"S,supply_pressure,10.0.0.1,1,holding,1,,f32,ACBD,1,MPa", "order", "not understood"},
		{"S,supply_pressure,10.0.0.1,1,holding,1,,u16,,0,MPa", "scale", "not understood"},
		{"S,supply_pressure,10.0.0.1,1,holding,1,,u16,,\"0,1\",MPa", "scale", "not understood"},
		{"S,supply_pressure,10.0.0.1,1,holding,1,,u16,,NaN,MPa", "scale", "not understood"},
		{"S,supply_pressure,10.0.0.1,1,holding,1,,u16,,1,mPa", "unit", "no unit"},
		{"S,supply_pressure,10.0.0.1,1,holding,1,,u16,,1,", "unit", "needs one"},
		{"S,supply_pressure,10.0.0.1,1,holding,1,,u16,,1,degC", "unit", "does not measure"},
		{"S,mass_flow,10.0.0.1,1,holding,1,,u16,,1,m3/h", "unit", "no mass_flow"},
		{"S,volume_flow,10.0.0.1,1,holding,1,,u16,,1,m3/h", "meter_side", "temperature at the meter"},
		{"S,volume_flow,10.0.0.1,1,holding,1,,u16,,1,m3/h,,,,,left", "meter_side", "not understood"},
		{"S,supply_pressure,10.0.0.1,1,holding,1,,u16,,1,MPa,2,1", "min", "above max"},
		{"S,opening_setpoint,10.0.0.1,1,holding,1,,u16,,1,%,,,perhaps", "writable", "not understood"},
		{"S,supply_pressure,10.0.0.1,1,holding,1,,u16,,1,MPa,,,,7", "expect", "only an identity"},
		{"S,supply_pressure,10.0.0.1,1,holding,1,,u16,,1,MPa,,,,,,0x18000", "bad_values", "not understood"},
		{"S,supply_pressure,10.0.0.1,1,holding,1,,f64,ABCD,1,MPa,,,,,,,3", "max_read", "takes 4 registers"},
		{"S,\"supply\"_pressure,10.0.0.1,1,holding,1,,u16,,1,MPa", "", "broken"},
	} {
		good := "G,supply_pressure,10.0.0.9,1,holding,1,,u16,,0.1,MPa\n"
		list, problems := Read(strings.NewReader(head + good + c.row + "\n" + strings.Replace(good, "holding,1", "holding,2", 1)))
		if len(list.Points) != 2 {
			t.Errorf("%s: %d good rows kept, want the two around it", c.row, len(list.Points))
		}
		found := false
		for _, p := range problems {
			found = found || p.Line == 3 && p.Field == c.field && strings.Contains(p.Reason, c.say) && p.Remedy != "" && !p.Warning
		}
		if !found {
			t.Errorf("%s: want line 3, %s, %q with a remedy, got:\n%v", c.row, c.field, c.say, problems)
		}
	}
}

func TestReadRefusesTheWholeSheet(t *testing.T) {
	for text, say := range map[string]string{
		"":                                    "no rows",
		"element,quantity,endpoint,unit_id\n": "from where they are counted",
		"element,element 元件,quantity,x\nS,S\n": "stands twice",
		"a,b\n1,2\n":                "missing",
		"element\x00\n":             "zero bytes",
		"sep=x\nelementxquantity\n": "separator",
		"\xef\xbb\xbf\xff\xff\n":    "not",
		"\x81\x20\xff\xff\n":        "neither",
	} {
		list, problems := Read(strings.NewReader(text))
		if problems.Refused() == nil || !strings.Contains(problems.Error(), say) || len(list.Points) > 0 {
			t.Errorf("%q: want %q, got %d points and %v", text, say, len(list.Points), problems)
		}
	}
	if _, problems := ReadFile("no/such/file.csv"); problems.Refused() == nil {
		t.Error("a missing file was read")
	}
}

func TestOrdersOfTheField(t *testing.T) {
	// 123.456 is 0x42F6E979; a PLC sends it in one of four ways.
	for o, words := range map[Order][]uint16{ABCD: {0x42F6, 0xE979}, CDAB: {0xE979, 0x42F6}, BADC: {0xF642, 0x79E9}, DCBA: {0x79E9, 0xF642}} {
		p := Point{Type: F32, Order: o}
		if v, q, _ := p.Decode(words); q != models.QualityGood || math.Abs(v-123.456) > 1e-5 {
			t.Errorf("%s: % x is %v (%s)", o, words, v, q)
		}
		if got, err := p.Encode(float64(float32(123.456))); err != nil || !reflect.DeepEqual(got, words) {
			t.Errorf("%s: 123.456 is % x, want % x (%v)", o, got, words, err)
		}
	}
	p := Point{Type: F64, Order: CDAB}
	if got, _ := p.Encode(1); !reflect.DeepEqual(got, []uint16{0, 0, 0, 0x3FF0}) {
		t.Errorf("1.0 as f64 CDAB is % x", got)
	}
	p = Point{Type: I16, Order: DCBA}
	if v, _, _ := p.Decode([]uint16{0xFEFF}); v != -2 {
		t.Errorf("FE FF as little-endian i16 is %v, want -2", v)
	}
}

func TestDecodeValues(t *testing.T) {
	mpa, degC, percent, hz := unit.Must("MPa"), unit.Must("degC"), unit.Must("%"), unit.Must("Hz")
	for _, c := range []struct {
		name  string
		p     Point
		words []uint16
		want  float64
		q     models.Quality
		say   string
	}{
		{"pressure", Point{Type: U16, Scale: 0.0001, Unit: mpa}, []uint16{6543}, 654300, models.QualityGood, ""},
		{"offset", Point{Type: U16, Scale: 0.1, Offset: -50, Unit: degC}, []uint16{300}, 253.15, models.QualityGood, ""},
		{"negative", Point{Type: I16, Scale: 0.1, Unit: degC}, []uint16{0xFF9C}, 263.15, models.QualityGood, ""},
		{"per cent", Point{Type: U16, Scale: 0.1, Unit: percent}, []uint16{655}, 0.655, models.QualityGood, ""},
		{"hertz", Point{Type: U16, Scale: 0.01, Unit: hz}, []uint16{4000}, 0.8, models.QualityGood, ""},
		{"hertz of 60", Point{Type: U16, Scale: 0.01, Unit: hz, NominalHz: 60}, []uint16{3000}, 0.5, models.QualityGood, ""},
		{"i32", Point{Type: I32}, []uint16{0xFFFF, 0xFFFE}, -2, models.QualityGood, ""},
		{"bit", Point{Type: Bit, Bit: 3}, []uint16{0x0008}, 1, models.QualityGood, ""},
		{"other bit", Point{Type: Bit, Bit: 2}, []uint16{0x0008}, 0, models.QualityGood, ""},
		{"bool", Point{Type: Bool}, []uint16{0xFF00}, 1, models.QualityGood, ""},
		{"sentinel", Point{Type: I16, BadValues: []uint64{0xFFFF, 0x8000}}, []uint16{0x8000}, 0, models.QualityBad, "0x8000"},
		{"not a number", Point{Type: F32}, []uint16{0x7FC0, 0}, 0, models.QualityBad, "not a number"},
		{"infinite", Point{Type: F32}, []uint16{0x7F80, 0}, 0, models.QualityBad, "not a number"},
		{"too low", Point{Type: I16, Scale: 0.1, Unit: degC, Min: models.Some(-40)}, []uint16{0xFDA8}, 213.15, models.QualityBad, "below -40"},
		{"too high", Point{Type: U16, Scale: 0.0001, Unit: mpa, Max: models.Some(1.6)}, []uint16{16001}, 1600100, models.QualityBad, "above 1.6"},
		{"at the limit", Point{Type: U16, Scale: 0.0001, Unit: mpa, Max: models.Some(1.6)}, []uint16{16000}, 1600000, models.QualityGood, ""},
		{"short", Point{Type: F32}, []uint16{1}, 0, models.QualityBad, "1 words"},
	} {
		v, q, why := c.p.Decode(c.words)
		if math.Abs(v-c.want) > 1e-9*(1+math.Abs(c.want)) || q != c.q || !strings.Contains(why, c.say) {
			t.Errorf("%s: %v %s %q, want %v %s %q", c.name, v, q, why, c.want, c.q, c.say)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	for _, c := range []struct {
		p   Point
		v   float64
		say string
	}{
		{Point{Type: U16, Scale: 0.1, Unit: unit.Must("%"), Min: models.Some(0), Max: models.Some(100)}, 1.001, "above 100"},
		{Point{Type: U16, Scale: 0.1, Unit: unit.Must("%"), Min: models.Some(5)}, 0.04, "below 5"},
		{Point{Type: U16}, -1, "does not fit"},
		{Point{Type: U16}, 65536, "does not fit"},
		{Point{Type: I16, Scale: 0.1}, 3276.8, "does not fit"},
		{Point{Type: F32}, 1e39, "does not fit"},
		{Point{Type: F32}, math.NaN(), "not a number"},
		{Point{Type: F32}, math.Inf(1), "not a number"},
		{Point{Type: U16, BadValues: []uint64{100}}, 100, "sensor fault"},
		{Point{Type: Bit, Bit: 1}, 1, "alone"},
	} {
		if words, err := c.p.Encode(c.v); err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%+v: %v became %x, %v; want %q", c.p, c.v, words, err, c.say)
		}
	}
	p := Point{Type: U16, Scale: 0.1, Unit: unit.Must("%")}
	if !p.Same(0.4561, 0.4559) || p.Same(0.4561, 0.4571) {
		t.Error("Same does not go by the register")
	}
	if r := p.Resolution(0.5); math.Abs(r-0.001) > 1e-12 {
		t.Errorf("resolution %v, want 0.001", r)
	}
	f := Point{Type: F32, Unit: unit.Must("degC")}
	if r := f.Resolution(343.15); r < 1e-6 || r > 1e-4 {
		t.Errorf("resolution of a float at 70 degC: %v K", r)
	}
}

// TestLoadDoesNotComplainTwice: what follows from a refused row is not a
// problem of its own.
func TestLoadDoesNotComplainTwice(t *testing.T) {
	var sheet bytes.Buffer
	if err := twoStations().Write(&sheet); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "points.csv")
	load := func(from, to string) models.Problems {
		t.Helper()
		text := strings.Replace(sheet.String(), from, to, 1)
		if text == sheet.String() && from != to {
			t.Fatalf("%q is not in the sheet", from)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, problems := Load(path, town())
		return problems
	}
	if ps := load("", ""); len(ps) > 0 {
		t.Error(ps)
	}
	if ps := load("S-1,identity,10.0.0.1:502,1", "S-1,identity,10.0.0.1:502,999"); len(ps) != 1 || ps[0].Field != "unit_id" {
		t.Errorf("a broken identity: want that one problem, got\n%v", ps)
	}
	// The row taken out altogether is a problem of the setpoint and the heartbeat.
	if ps := load("S-1,identity", "#S-1,identity"); len(ps) != 2 {
		t.Errorf("a missing identity: want two problems, got\n%v", ps)
	}
}

// TestCutOff: wherever a file is cut, nothing of its last row is believed.
func TestCutOff(t *testing.T) {
	head := "element,quantity,endpoint,unit_id,table,pdu_address,type,scale,unit\n"
	row := "S-001,mass_flow,10.0.0.1:502,1,holding,3,u16,0.1,t/h"
	whole := strings.LastIndex(row, ",") + 1 // from here the row has all its cells
	for n := 1; n < whole; n++ {
		list, ps := Read(strings.NewReader(head + row[:n]))
		if ps.Refused() == nil || len(list.Points) > 0 || ps[0].Line != 2 || !strings.Contains(ps[0].Reason, "cut off") {
			t.Errorf("%q: %d points, %v", row[:n], len(list.Points), ps)
		}
	}
	if list, ps := Read(strings.NewReader(head + row)); ps.Refused() != nil || len(list.Points) != 1 {
		t.Errorf("the whole row: %v", ps)
	}
}
