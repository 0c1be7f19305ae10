package dispatch

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"evenflow/models"
)

// sentence is one thing the desk says, in both languages; {name} stands for a
// value. What to do about it is a sentence of its own.
type sentence struct{ en, zh, doEN, doZH string }

// Words returns what a reason says in English and in Chinese; empty for a code
// that is not one of the desk's.
func Words(code string, values map[string]any) (en, zh string) {
	s := sentences[code]
	return fill(s.en, values, english), fill(s.zh, values, chinese)
}

// remedy returns what to do about a reason, in both languages.
func remedy(code string, values map[string]any) (en, zh string) {
	s := sentences[code]
	return fill(s.doEN, values, english), fill(s.doZH, values, chinese)
}

var slot = regexp.MustCompile(`\{(\w+)\}`)

// fill puts the values into a sentence, each worded by its key.
func fill(text string, values map[string]any, word func(key string, v any) string) string {
	return slot.ReplaceAllStringFunc(text, func(hole string) string {
		v, ok := values[hole[1:len(hole)-1]]
		if !ok {
			return "-"
		}
		return word(hole[1:len(hole)-1], v)
	})
}

// english words a value by the unit in its key: _s is a span, _ms a moment.
func english(key string, v any) string {
	f, number := number(v)
	switch {
	case strings.HasSuffix(key, "_s") && number:
		return span(f, " h", " min", " s", " ")
	case strings.HasSuffix(key, "_ms") && number:
		return moment(f)
	case number:
		return num(f)
	case key == "order":
		return shortOrder(fmt.Sprint(v))
	}
	return fmt.Sprint(v)
}

// shortOrder is how people call an order: its last six characters.
func shortOrder(id string) string {
	return "#" + strings.ToUpper(id[max(0, len(id)-6):])
}

// chinese is english for a Chinese sentence: the desk's stable words are
// translated, what people wrote and what devices answered stands as it is.
func chinese(key string, v any) string {
	if f, number := number(v); number && strings.HasSuffix(key, "_s") {
		return span(f, " 小时", " 分钟", " 秒", " ")
	}
	text, ok := v.(string)
	if !ok {
		return english(key, v)
	}
	switch key {
	case "order":
		return shortOrder(text)
	case "point":
		element, quantity, _ := strings.Cut(text, "/")
		return element + " " + chineseWord("quantity", quantity)
	case "quality":
		word, rest, more := strings.Cut(text, ": ")
		if more {
			return chineseWord(key, word) + "：" + rest
		}
		return chineseWord(key, word)
	case "least":
		key = "mode"
	case "roles":
		words := strings.Split(text, " or ")
		for i, w := range words {
			words[i] = chineseWord("role", w)
		}
		return strings.Join(words, "或")
	}
	return chineseWord(key, text)
}

func chineseWord(key, word string) string {
	if zh, ok := vocabulary[key][word]; ok {
		return zh
	}
	return word
}

// number reads a number, also one that came back from the store.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	}
	return 0, false
}

// span words seconds.
func span(s float64, hour, minute, second, gap string) string {
	d := time.Duration(s * float64(time.Second)).Round(time.Second)
	h, m, sec := int(d/time.Hour), int(d/time.Minute)%60, int(d/time.Second)%60
	var parts []string
	for _, p := range []struct {
		n    int
		unit string
	}{{h, hour}, {m, minute}, {sec, second}} {
		if p.n != 0 {
			parts = append(parts, fmt.Sprint(p.n)+p.unit)
		}
	}
	if len(parts) == 0 {
		return "0" + second
	}
	return strings.Join(parts, gap)
}

// moment words ms since 1970 in the time of the control room.
func moment(ms float64) string {
	return time.UnixMilli(int64(ms)).Format("2006-01-02 15:04")
}

func num(v float64) string { return fmt.Sprintf("%.4g", v) }

// shown is a value of a point as people read it: openings and speeds in
// percent, temperatures in °C.
func shown(q models.Quantity, v float64) string {
	switch q {
	case models.OpeningSetpoint, models.OpeningFeedback, models.SpeedSetpoint, models.SpeedFeedback:
		return fmt.Sprintf("%.1f %%", 100*v)
	case models.SupplyTempSetpoint, models.SupplyTemperature, models.ReturnTemperature, models.OutdoorTemperature,
		models.SecondarySupplyTemp, models.SecondaryReturnTemp:
		return fmt.Sprintf("%.1f °C", v-273.15)
	}
	return num(v)
}

// shownStep is a difference of values of a point as people read it.
func shownStep(q models.Quantity, v float64) string {
	switch q {
	case models.OpeningSetpoint, models.SpeedSetpoint:
		return percent(v)
	case models.SupplyTempSetpoint:
		return num(v) + " K"
	}
	return num(v)
}

// limitShown is the value of a limit as people read it: pressures in kPa.
func limitShown(kind models.LimitKind, v float64) string {
	switch kind {
	case models.LimitPumpCurve:
		return num(v*3600) + " m³/h"
	case models.LimitPumpSpeed:
		return num(v*100) + " %"
	case models.LimitFreezing:
		return fmt.Sprintf("%.1f °C", v-273.15)
	case models.LimitFriction:
		return num(v) + " Pa/m"
	case models.LimitVelocity:
		return num(v) + " m/s"
	}
	return num(v/1e3) + " kPa"
}

// vocabulary holds the Chinese for the desk's stable words, by the key of the
// value they stand in.
var vocabulary = map[string]map[string]string{
	"mode": {"off": "停用", "monitor": "监视", "shadow": "影子", "advisory": "建议", "auto": "自动"},
	"stage": {"proposed": "待审", "approved": "已批准", "selected": "已选中", "writing": "下发中", "written": "已写入", "uncertain": "不确定", "confirmed": "已回读",
		"in_force": "已生效", "rejected": "已驳回", "expired": "已过期", "superseded": "被取代", "not_done": "未执行", "no_effect": "无效果"},
	"kind":    {"locked": "锁定", "out of service": "停用"},
	"quality": {"none": "无数据", "lost": "失联", "bad": "坏值", "stale": "陈旧", "substituted": "人工值", "estimated": "估计", "good": "正常", "never read": "从未读到"},
	"role": {RoleViewer: "只读人员", RoleDispatcher: "调度员", RoleEngineer: "工程师", RoleAdmin: "管理员", RoleAuditor: "审计员", RoleProgram: "程序",
		"nobody signed in": "未登录"},
	"envelope": {Normal: "常规限值", InitialBalance: "初调节限值"},
	"action": {string(actPropose): "提出指令", string(actApprove): "批准指令", string(actReject): "驳回指令", string(actManual): "手动设定", string(actRevert): "撤回指令",
		string(actStop): "停止全部下发", string(actResume): "恢复下发", string(actLock): "锁定", string(actUnlock): "解锁", string(actEnvelope): "打开限值包络",
		string(actSign): "签署常设授权", string(actAdvisory): "切换到建议模式", string(actAuto): "切换到自动模式", string(actOtherMode): "切换模式"},
	"limit": {string(models.LimitBoiling): "汽化", string(models.LimitSubAtmosphere): "倒空", string(models.LimitPressureClass): "超压", string(models.LimitDifferential): "资用压差不足",
		string(models.LimitStaticBoiling): "停泵汽化", string(models.LimitStaticClass): "停泵超压", string(models.LimitStaticEmpty): "停泵倒空", string(models.LimitPumpCurve): "超出水泵曲线", string(models.LimitPumpSpeed): "超出水泵最高转速",
		string(models.LimitFreezing): "冻结", string(models.LimitFriction): "比摩阻", string(models.LimitVelocity): "流速"},
	"quantity": {"opening_setpoint": "阀位设定", "opening_feedback": "阀位反馈", "speed_setpoint": "频率设定", "speed_feedback": "频率反馈",
		"supply_temperature_setpoint": "供温设定", "supply_temperature": "供水温度", "return_temperature": "回水温度", "outdoor_temperature": "室外温度"},
}
