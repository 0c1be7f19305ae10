package pointlist

import (
	"strings"
)

// column is one column of the sheet; its words are what a header cell may
// say, the first two being what Write puts there.
type column struct {
	key   string
	words []string
}

// columns lists the columns in the order Write gives them.
var columns = []column{
	{"element", []string{"元件", "站点", "element_id", "station", "元件编号", "热力站"}},
	{"quantity", []string{"物理量", "量", "point", "测点", "参数"}},
	{"endpoint", []string{"地址端口", "plc", "ip", "ip地址", "ip:port", "地址:端口"}},
	{"unit_id", []string{"站号", "slave", "slave_id", "从站号", "从站地址", "单元号"}},
	{"table", []string{"寄存器区", "数据区", "register_type", "寄存器类型"}},
	{"pdu_address", []string{"PDU地址", "address_0", "0基地址"}},
	{"reference", []string{"引用号", "寄存器号", "4xxxx", "modicon"}},
	{"type", []string{"数据类型", "类型", "data_type"}},
	{"order", []string{"字节序", "字序", "byte_order", "word_order"}},
	{"scale", []string{"比例", "系数", "倍率", "factor"}},
	{"offset", []string{"偏移", "偏移量"}},
	{"unit", []string{"单位", "工程单位"}},
	{"min", []string{"下限", "量程下限"}},
	{"max", []string{"上限", "量程上限"}},
	{"writable", []string{"可写", "写", "read_write"}},
	{"expect", []string{"期望值", "身份值"}},
	{"meter_side", []string{"流量计位置", "安装侧"}},
	{"bad_values", []string{"坏值", "故障值", "sentinel"}},
	{"nominal_hz", []string{"额定频率"}},
	{"max_read", []string{"单次最大读数"}},
}

// heading is the header cell that Write puts over a column.
func (c column) heading() string { return c.key + " " + c.words[0] }

// columnOf finds the column of a header cell: the whole cell, or one of its
// parts, in English or Chinese, whatever the case.
func columnOf(cell string) (string, bool) {
	cell = strings.ToLower(strings.TrimSpace(cell))
	parts := append([]string{cell}, strings.FieldsFunc(cell, func(r rune) bool {
		return strings.ContainsRune(" \t\r\n/|()（）", r)
	})...)
	for _, part := range parts {
		for _, c := range columns {
			if part == c.key {
				return c.key, true
			}
			for _, w := range c.words {
				if part == strings.ToLower(w) {
					return c.key, true
				}
			}
		}
	}
	return "", false
}

// example shows how a column is filled, for remedies.
var example = map[string]string{
	"element":     "the id of the element in the network file, e.g. S-17",
	"quantity":    "one of the quantities, e.g. supply_pressure or 供水压力",
	"endpoint":    "address and port, e.g. 10.20.3.17:502",
	"unit_id":     "a number 0 to 255, 1 for most PLCs",
	"table":       "holding, input, coil or discrete",
	"pdu_address": "a number from 0 to 65535 counted from 0; put 4xxxx numbers into the column reference",
	"reference":   "a number such as 40013 or 400013, counted from 1; put numbers counted from 0 into the column pdu_address",
	"type":        "u16, i16, u32, i32, f32, f64, bool or bit0 to bit15",
	"order":       "ABCD, CDAB, BADC or DCBA",
	"scale":       "the number one count stands for, e.g. 0.1",
	"offset":      "the value of count 0, e.g. -50",
	"unit":        "the unit after scaling, e.g. MPa, degC, t/h, m3/h or %",
	"min":         "the smallest value that makes sense, in the unit of the row",
	"max":         "the largest value that makes sense, in the unit of the row",
	"writable":    "yes or no",
	"expect":      "the number that the PLC's identity register holds",
	"meter_side":  "supply or return",
	"bad_values":  "raw register numbers separated by blanks, e.g. 0x8000 0xFFFF",
	"nominal_hz":  "the frequency of full speed, e.g. 50",
	"max_read":    "a number from 1 to 2000",
}
