// A synthetic town for working on the page without the service: a grid of
// streets, stations along them, and flow ratios that can be balanced.

let seed = 7;
export const random = () => {
  seed = (seed * 1664525 + 1013904223) % 4294967296;
  return seed / 4294967296;
};

const estates = ['丽景', '红旗', '工农', '新华', '解放', '创新', '钟楼', '建设', '香樟', '光明', '站前', '金水', '北苑', '锦绣', '阳光', '科技', '中山', '学府', '银杏', '滨河'];
const estatesEn = ['Lijing', 'Hongqi', 'Gongnong', 'Xinhua', 'Jiefang', 'Chuangxin', 'Zhonglou', 'Jianshe', 'Xiangzhang', 'Guangming', 'Zhanqian', 'Jinshui', 'Beiyuan', 'Jinxiu', 'Yangguang', 'Keji', 'Zhongshan', 'Xuefu', 'Yinxing', 'Binhe'];
const kinds = [['花园', 'Garden'], ['家园', 'Homes'], ['小区', 'Estate'], ['公寓', 'Apts'], ['中学', 'School'], ['医院', 'Hospital'], ['新村', 'Village'], ['雅居', 'Court']];
const DNS = [800, 700, 600, 500, 450, 400, 350, 300, 250, 200, 150, 125, 100, 80];

export function town(count) {
  const junctions = [];
  const pipes = [];
  const stations = [];
  const junction = (id, x, y) => {
    const elevation_m = 12 + 14 * Math.sin(x / 2600) + 10 * Math.cos(y / 1900);
    for (const side of ['supply', 'return']) {
      junctions.push({ id: `${id}${side === 'supply' ? 'S' : 'R'}`, name: { zh: id, en: id }, side, x_m: x, y_m: y, elevation_m, hold: id === 'J0' && side === 'return' });
    }
    return { id, x, y, elevation_m };
  };
  const pipe = (a, b, dn) => {
    const n = pipes.length / 2;
    const length_m = Math.hypot(a.x - b.x, a.y - b.y);
    const year = 1992 + Math.floor(random() * 32);
    for (const side of ['supply', 'return']) {
      const s = side === 'supply' ? 'S' : 'R';
      pipes.push({ id: `P${n}${s}`, from: `${side === 'supply' ? a.id : b.id}${s}`, to: `${side === 'supply' ? b.id : a.id}${s}`, side, partner: `P${n}${s === 'S' ? 'R' : 'S'}`,
        dn, year, length_m, pn_MPa: 1.6, material: 'Q235', in_service: true });
    }
  };
  const streets = Math.ceil(Math.sqrt(count / 5));
  const root = junction('J0', 0, 0);
  let trunk = root;
  const paths = new Map();
  const trail = (from, to) => paths.set(to.id, [...(paths.get(from.id) ?? [from]), to]);
  paths.set(root.id, [root]);
  let n = 0;
  for (let i = 0; i < streets && n < count; i++) {
    const next = junction(`T${i}`, 350 + i * 430 + (random() - 0.5) * 90, (random() - 0.5) * 160);
    pipe(trunk, next, DNS[Math.min(7, Math.floor((i / streets) * 8))]);
    trail(trunk, next);
    trunk = next;
    for (const up of [1, -1]) {
      let at = trunk;
      const along = Math.ceil(count / streets / 2);
      for (let k = 0; k < along && n < count; k++) {
        const j = junction(`B${i}${up > 0 ? 'n' : 's'}${k}`, at.x + (random() - 0.5) * 120, at.y + up * (190 + random() * 160));
        pipe(at, j, DNS[Math.min(11, 7 + Math.floor((k / along) * 5))]);
        trail(at, j);
        at = j;
        const s = junction(`K${n}`, j.x + (random() < 0.5 ? -1 : 1) * (70 + random() * 110), j.y + (random() - 0.5) * 60);
        pipe(j, s, DNS[10 + Math.floor(random() * 3)]);
        trail(j, s);
        const e = n % estates.length;
        const kind = kinds[Math.floor(random() * kinds.length)];
        const phase = 1 + Math.floor(n / estates.length) % 4;
        const area = 20_000 + random() * 120_000;
        stations.push({
          id: `ST-${String(n + 1).padStart(3, '0')}`, name: { zh: `${estates[e]}${kind[0]}${'一二三四'[phase - 1]}期`, en: `${estatesEn[e]} ${kind[1]} Ph${phase}` },
          from: `${s.id}S`, to: `${s.id}R`, heated_area_m2: area, design_flow_t_per_h: area * 45 / 1000 / 4.19 / 60 * 3.6, kvs_m3_per_h: 63, distance: paths.get(s.id).length, path: paths.get(s.id),
        });
        n++;
      }
    }
  }
  const far = Math.max(...stations.map((s) => s.distance));
  for (const s of stations) {
    // Near stations drown, far ones starve.
    s.x0 = Math.max(0.55, 1.75 - 1.15 * (s.distance / far) + (random() - 0.5) * 0.22);
  }
  return { junctions, pipes, stations };
}
