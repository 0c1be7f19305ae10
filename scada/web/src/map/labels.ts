// Which names stand on the map: the worst, the selection and the sources from
// afar; every station and each pipe's DN from near. Labels never overlap: those
// that come first keep their place.
import Feature from 'ol/Feature';
import { LineString, Point } from 'ol/geom';
import { Fill, Stroke, Style, Text } from 'ol/style';
import { ratio } from '../format';
import type { MapPipe, MapSource, MapStation } from './city';
import type { Palette } from './palette';

export interface LabelInput {
  stations: MapStation[];
  sources: MapSource[];
  pipes: MapPipe[];
  selected: string;
  detailed: boolean;
  palette: Palette;
}

const FONT = '"Microsoft YaHei","Noto Sans CJK SC","PingFang SC","Segoe UI",sans-serif';
const WORST_UNDER = 7;
const WORST_OVER = 2;

/** labelled chooses the stations that get a name, most important first. */
export function labelled(stations: MapStation[], selected: string, detailed: boolean): MapStation[] {
  const known = (s: MapStation) => s.x !== null && s.id !== selected;
  const under = stations.filter((s) => known(s) && s.mark === 'under').sort((a, b) => a.x! - b.x!);
  const over = stations.filter((s) => known(s) && s.mark === 'over').sort((a, b) => b.x! - a.x!);
  const first = stations.filter((s) => s.id === selected);
  const worst = [...first, ...under.slice(0, WORST_UNDER), ...over.slice(0, WORST_OVER)];
  if (!detailed) return worst;
  const taken = new Set(worst.map((s) => s.id));
  return [...worst, ...stations.filter((s) => !taken.has(s.id))];
}

export function labelFeatures(in_: LabelInput): Feature<Point>[] {
  const p = in_.palette;
  const k = p.scale;
  const px = (size: number) => `${Math.round(size * k)}px ${FONT}`;
  const features: Feature<Point>[] = [];
  let rank = 0;
  const add = (at: number[], ...style: Style[]) => {
    const f = new Feature(new Point(at));
    f.setProperties({ style, rank: rank++ }, true);
    features.push(f);
  };
  const stations = labelled(in_.stations, in_.selected, in_.detailed);
  const selected = stations[0]?.id === in_.selected ? stations.shift() : undefined;
  if (selected) {
    add(selected.at, new Style({
      text: text(`${selected.name} ${ratio(selected.x)}`, {
        font: `700 ${px(13)}`, fill: p['sel-ink'], ground: p['sel'], offsetX: 20 * k, offsetY: 18 * k, align: 'left', pad: [3, 6, 2, 6], force: true,
      }),
    }));
  }
  for (const s of in_.sources) {
    add(s.at, new Style({
      text: text(`${s.name}\n${s.note}`, { font: `700 ${px(12)}`, fill: p['ink'], ground: p['label'], offsetX: 17 * k, offsetY: 0, align: 'left', pad: [2, 5, 1, 5] }),
    }));
  }
  for (const s of stations) {
    const below = in_.detailed;
    add(s.at, new Style({
      text: text(below ? `${s.name}\n${ratio(s.x)}` : `${s.name} ${ratio(s.x)}`, {
        font: px(12), fill: s.mark === 'under' ? p['under'] : s.mark === 'over' ? p['over'] : p['ink2'], halo: p['panel'],
        offsetX: below ? 0 : 9 * k, offsetY: below ? 24 * k : 2, align: below ? 'center' : 'left',
      }),
    }));
  }
  for (const q of in_.pipes) {
    if (q.dn === 0 || Math.hypot(q.line[2] - q.line[0], q.line[3] - q.line[1]) < 80) continue;
    const f = new Feature(new LineString([q.line.slice(0, 2), q.line.slice(2, 4)])) as unknown as Feature<Point>;
    f.setProperties({
      style: [new Style({ text: text(`DN${q.dn}`, { font: px(11), fill: p['ink3'], halo: p['panel'], line: true }) })],
      rank: rank++,
    }, true);
    features.push(f);
  }
  return features;
}

interface TextOptions {
  font: string;
  fill: string;
  ground?: string;
  halo?: string;
  offsetX?: number;
  offsetY?: number;
  align?: CanvasTextAlign;
  pad?: number[];
  line?: boolean;
  force?: boolean;
}

function text(words: string, o: TextOptions): Text {
  return new Text({
    text: words,
    font: o.font,
    fill: new Fill({ color: o.fill }),
    stroke: o.halo ? new Stroke({ color: o.halo, width: 3 }) : undefined,
    backgroundFill: o.ground ? new Fill({ color: o.ground }) : undefined,
    padding: o.pad,
    offsetX: o.offsetX,
    offsetY: o.offsetY,
    textAlign: o.align,
    justify: o.align === 'left' ? 'left' : 'center',
    placement: o.line ? 'line' : 'point',
    overflow: o.force,
    declutterMode: o.force ? 'obstacle' : 'declutter',
  });
}
