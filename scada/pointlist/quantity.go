package pointlist

import (
	"slices"

	"evenflow/models"
	"evenflow/models/unit"
)

// rule is what the sheet must keep for a quantity.
type rule struct {
	dimensions []unit.Dimension
	kinds      []models.Kind // elements that may have it; nil: any
	writable   bool
	chinese    []string // words a sheet may use instead
}

var (
	plain       = []unit.Dimension{unit.None}
	pressure    = []unit.Dimension{unit.Pressure}
	temperature = []unit.Dimension{unit.Temperature}
	massFlow    = []unit.Dimension{unit.MassFlow}
	speed       = []unit.Dimension{unit.None, unit.Frequency}
	station     = []models.Kind{models.KindStation}
	source      = []models.Kind{models.KindSource}
	throttling  = []models.Kind{models.KindStation, models.KindValve}
	turning     = []models.Kind{models.KindSource, models.KindPump}
	weather     = []models.Kind{models.KindSource, models.KindStation}
)

var rules = map[models.Quantity]rule{
	models.Identity:            {plain, nil, false, []string{"身份", "站标识", "识别码"}},
	models.PLCHeartbeat:        {plain, nil, false, []string{"PLC心跳", "plc心跳"}},
	models.SCADAHeartbeat:      {plain, nil, true, []string{"上位机心跳", "中心心跳"}},
	models.Remote:              {plain, nil, false, []string{"远程", "远程/就地", "远方"}},
	models.FallbackActive:      {plain, nil, false, []string{"自主运行", "本地曲线"}},
	models.SupplyPressure:      {pressure, nil, false, []string{"供水压力", "一次供水压力", "一次供压"}},
	models.ReturnPressure:      {pressure, nil, false, []string{"回水压力", "一次回水压力", "一次回压"}},
	models.Differential:        {pressure, nil, false, []string{"压差", "一次压差"}},
	models.SupplyTemperature:   {temperature, nil, false, []string{"供水温度", "一次供水温度", "一次供温"}},
	models.ReturnTemperature:   {temperature, nil, false, []string{"回水温度", "一次回水温度", "一次回温"}},
	models.MassFlow:            {massFlow, nil, false, []string{"质量流量"}},
	models.VolumeFlow:          {[]unit.Dimension{unit.VolumeFlow}, nil, false, []string{"体积流量"}},
	models.OpeningSetpoint:     {plain, throttling, true, []string{"阀位设定", "开度设定", "阀门开度设定"}},
	models.OpeningFeedback:     {plain, throttling, false, []string{"阀位反馈", "开度反馈", "阀门开度反馈"}},
	models.SecondarySupplyTemp: {temperature, station, false, []string{"二次供水温度", "二次供温"}},
	models.SecondaryReturnTemp: {temperature, station, false, []string{"二次回水温度", "二次回温"}},
	models.SpeedSetpoint:       {speed, turning, true, []string{"频率设定", "转速设定"}},
	models.SpeedFeedback:       {speed, turning, false, []string{"频率反馈", "转速反馈"}},
	models.MakeUpFlow:          {massFlow, source, false, []string{"补水流量"}},
	models.OutdoorTemperature:  {temperature, weather, false, []string{"室外温度"}},
	models.SupplyTempSetpoint:  {temperature, source, true, []string{"供水温度设定", "供温设定"}},
}

// quantity reads the word of a quantity, English or Chinese.
func quantity(word string) (models.Quantity, bool) {
	if q, ok := models.ParseQuantity(word); ok {
		return q, true
	}
	for q, r := range rules {
		if slices.Contains(r.chinese, word) {
			return q, true
		}
	}
	return models.QuantityNone, false
}

// IsSetpoint reports whether a quantity is a value to reach, which the desk
// may order; the SCADA heartbeat is written but is none.
func IsSetpoint(q models.Quantity) bool {
	return rules[q].writable && q != models.SCADAHeartbeat
}
