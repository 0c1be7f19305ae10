package town

import (
	"fmt"
	"sort"
)

// Names are drawn from parts that estates, roads and plants all over the
// country are named with; none is meant to be a place that exists.

var (
	estateFirst = [][2]string{
		{"翠湖", "Cuihu"}, {"海晴", "Haiqing"}, {"金桂", "Jingui"}, {"东岸", "Dong'an"}, {"云栖", "Yunqi"}, {"和顺", "Heshun"},
		{"盛世", "Shengshi"}, {"香榭", "Xiangxie"}, {"朝阳", "Chaoyang"}, {"银杏", "Yinxing"}, {"文苑", "Wenyuan"}, {"学府", "Xuefu"},
		{"阳光", "Yangguang"}, {"龙泽", "Longze"}, {"锦绣", "Jinxiu"}, {"福临", "Fulin"}, {"碧水", "Bishui"}, {"青山", "Qingshan"},
		{"丽景", "Lijing"}, {"紫薇", "Ziwei"}, {"长虹", "Changhong"}, {"康宁", "Kangning"}, {"瑞丰", "Ruifeng"}, {"华庭", "Huating"},
		{"枫林", "Fenglin"}, {"梧桐", "Wutong"}, {"松涛", "Songtao"}, {"滨海", "Binhai"}, {"春晖", "Chunhui"}, {"明珠", "Mingzhu"},
		{"兴隆", "Xinglong"}, {"天泰", "Tiantai"}, {"怡和", "Yihe"}, {"御景", "Yujing"}, {"书香", "Shuxiang"}, {"玉兰", "Yulan"},
		{"观澜", "Guanlan"}, {"凤凰", "Fenghuang"}, {"新都", "Xindu"}, {"万和", "Wanhe"}, {"百合", "Baihe"}, {"清枫", "Qingfeng"},
		{"嘉禾", "Jiahe"}, {"安居", "Anju"}, {"石桥", "Shiqiao"}, {"南苑", "Nanyuan"}, {"北辰", "Beichen"}, {"西湾", "Xiwan"},
		{"鑫源", "Xinyuan"}, {"景明", "Jingming"}, {"民乐", "Minle"}, {"平安", "Ping'an"}, {"星河", "Xinghe"}, {"桃源", "Taoyuan"},
		{"麦田", "Maitian"}, {"双泉", "Shuangquan"}, {"鹤鸣", "Heming"}, {"永和", "Yonghe"}, {"山语", "Shanyu"}, {"听涛", "Tingtao"},
	}
	estateLast = [][2]string{
		{"花园", "Garden"}, {"小区", "Estate"}, {"嘉园", "Jiayuan"}, {"新村", "New Village"}, {"雅苑", "Yayuan"}, {"名邸", "Residence"},
		{"家园", "Homes"}, {"公寓", "Apartments"}, {"华府", "Court"}, {"里", "Lane"}, {"新城", "New Town"}, {"广场", "Plaza"},
	}
	estatePart = [][2]string{
		{"", ""}, {"东区", " East"}, {"西区", " West"}, {"二期", " Phase 2"}, {"三期", " Phase 3"}, {"北区", " North"}, {"南区", " South"},
	}
	roadFirst = [][2]string{
		{"文昌", "Wenchang"}, {"海宁", "Haining"}, {"建设", "Jianshe"}, {"和平", "Heping"}, {"振兴", "Zhenxing"}, {"迎宾", "Yingbin"},
		{"长安", "Chang'an"}, {"劳动", "Laodong"}, {"滨河", "Binhe"}, {"胜利", "Shengli"}, {"中山", "Zhongshan"}, {"育才", "Yucai"},
		{"青年", "Qingnian"}, {"友谊", "Youyi"}, {"延河", "Yanhe"}, {"泰山", "Taishan"}, {"黄河", "Huanghe"}, {"松山", "Songshan"},
		{"昆仑", "Kunlun"}, {"珠江", "Zhujiang"}, {"台东", "Taidong"}, {"抚顺", "Fushun"}, {"宁夏", "Ningxia"}, {"江西", "Jiangxi"},
		{"湛山", "Zhanshan"}, {"鞍山", "Anshan"}, {"兴安", "Xing'an"}, {"瑞昌", "Ruichang"}, {"开平", "Kaiping"}, {"重庆", "Chongqing"},
		{"金湖", "Jinhu"}, {"银川", "Yinchuan"}, {"同安", "Tong'an"}, {"合肥", "Hefei"}, {"哈尔滨", "Harbin"}, {"徐州", "Xuzhou"},
	}
	townFirst = [][2]string{
		{"清河", "Qinghe"}, {"云港", "Yungang"}, {"临岳", "Linyue"}, {"石湾", "Shiwan"}, {"东陵", "Dongling"}, {"安澜", "Anlan"}, {"北岭", "Beiling"}, {"沧浦", "Cangpu"},
	}
	plantFirst = [][2]string{
		{"金滩", "Jintan"}, {"城东", "Chengdong"}, {"滨江", "Binjiang"}, {"西郊", "Xijiao"}, {"恒源", "Hengyuan"},
	}
)

// nameStations gives every estate a name of its own.
func (p *plan) nameStations() {
	total := len(estateFirst) * len(estateLast) * len(estatePart)
	plain := len(estateFirst) * len(estateLast)
	// A town first uses up the names without East or Phase 2.
	span := plain
	if len(p.stations) > plain {
		span = total
	}
	pick := p.rng.Perm(span)[:len(p.stations)]
	sort.Ints(pick)
	p.rng.Shuffle(len(pick), func(i, j int) { pick[i], pick[j] = pick[j], pick[i] })
	for i := range p.stations {
		k := pick[i]
		first := estateFirst[k%len(estateFirst)]
		last := estateLast[k/len(estateFirst)%len(estateLast)]
		part := estatePart[k/plain]
		p.stations[i].zh = first[0] + last[0] + part[0] + "站"
		p.stations[i].en = first[1] + " " + last[1] + part[1]
		if p.tag != "" {
			p.stations[i].zh = fmt.Sprintf("%d区", p.district+1) + p.stations[i].zh
			p.stations[i].en += fmt.Sprintf(", district %d", p.district+1)
		}
	}
}

func (p *plan) townName() (zh, en string) {
	t := townFirst[uint64(p.opts.Seed)%uint64(len(townFirst))]
	return t[0] + "市供热管网", t[1] + " heating network"
}

func (p *plan) plantName() (zh, en string) {
	t := plantFirst[uint64(p.opts.Seed)/3%uint64(len(plantFirst))]
	if p.tag != "" {
		return fmt.Sprintf("%d区%s热电厂", p.district+1, t[0]), fmt.Sprintf("%s CHP plant, district %d", t[1], p.district+1)
	}
	return t[0] + "热电厂", t[1] + " CHP plant"
}

// street names the pipes of an edge after the street they lie in, or after
// the estate they serve.
func (p *plan) street(i int) (zh, en string) {
	e := &p.edges[i]
	if e.service {
		s := &p.stations[p.nodes[e.b].station]
		return s.zh + "支线", s.en + " branch"
	}
	line, kind, kindEn := e.row, "路", "Rd"
	section := p.nodes[e.b].col
	if e.row < 0 {
		line, kind, kindEn = e.col, "街", "St"
		section = p.nodes[e.b].row
	}
	r := roadFirst[(line*7+len(kindEn)+int(uint64(p.opts.Seed)%31))%len(roadFirst)]
	if e.row < 0 {
		r = roadFirst[(line*5+11+int(uint64(p.opts.Seed)%31))%len(roadFirst)]
	}
	number := ""
	if lap := line / len(roadFirst); lap > 0 {
		number = fmt.Sprint(lap + 1)
	}
	return fmt.Sprintf("%s%s%s%d段", r[0], number, kind, section+1), fmt.Sprintf("%s %s%s section %d", r[1], kindEn, number, section+1)
}
