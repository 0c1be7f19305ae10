// The map of the city: vector layers in the plane coordinates of the network,
// no tiles, nothing from outside.
import Feature from 'ol/Feature';
import OlMap from 'ol/Map';
import View from 'ol/View';
import { defaults as interactions } from 'ol/interaction/defaults';
import { LineString, Point } from 'ol/geom';
import VectorLayer from 'ol/layer/Vector';
import Projection from 'ol/proj/Projection';
import VectorSource from 'ol/source/Vector';
import { Stroke, Style } from 'ol/style';
import { boundingExtent, buffer, equals, type Extent } from 'ol/extent';
import { labelFeatures, type LabelInput } from './labels';
import { palette, ramp, type Palette } from './palette';
import * as shapes from './shapes';
import type { Mark } from '../ui/symbols';

/** Colouring of the map. */
export type Colouring = 'abnormal' | 'differential' | 'friction' | 'age';

export interface MapPipe { id: string; line: [number, number, number, number]; dn: number; year: number; friction: number | null; closed: boolean }
export interface MapStation { id: string; name: string; at: [number, number]; mark: Mark; x: number | null; kpa: number | null }
export interface MapSource { id: string; name: string; at: [number, number]; note: string }

/** Limits beyond which a pipe or a station is drawn as over or under. */
export const FRICTION_LIMIT = 140;
export const OLD_FROM = 28;
export const LOW_DIFFERENTIAL = 50;

interface Handlers {
  station(id: string): void;
  source(id: string): void;
  pipe(id: string): void;
  /** Metres per CSS pixel, after each change of view. */
  scale(metresPerPixel: number): void;
}

const MARGIN = [64, 40, 60, 40];

export class CityMap {
  private pipes = new VectorSource<Feature<LineString>>();
  private path = new VectorSource<Feature<LineString>>();
  private points = new VectorSource<Feature<Point>>();
  private labels = new VectorSource<Feature<Point>>();
  private map: OlMap;
  private p: Palette = palette();
  private stations: MapStation[] = [];
  private sources: MapSource[] = [];
  private selected = '';
  private colouring: Colouring = 'abnormal';
  private year = new Date().getFullYear();
  private extent: Extent = [0, 0, 1, 1];
  private known = false;
  private fitted = false;
  private detailed = false;

  constructor(target: HTMLElement, private handlers: Handlers) {
    this.map = new OlMap({
      target,
      controls: [],
      interactions: interactions({ altShiftDragRotate: false, pinchRotate: false, keyboard: false }),
      layers: [
        new VectorLayer({ source: this.pipes, style: (f) => this.pipeStyle(f as Feature<LineString>), updateWhileAnimating: true, updateWhileInteracting: true }),
        new VectorLayer({ source: this.path, style: new Style({ renderer: (at, s) => shapes.path(s.context, at as [number, number][], s.pixelRatio * this.p.scale, this.p) }), updateWhileAnimating: true, updateWhileInteracting: true }),
        new VectorLayer({ source: this.points, style: (f) => this.pointStyle(f as Feature<Point>), renderBuffer: 60, updateWhileAnimating: true, updateWhileInteracting: true, renderOrder: byRank }),
        new VectorLayer({ source: this.labels, declutter: true, renderBuffer: 200, updateWhileInteracting: true, renderOrder: byRank, style: (f) => f.get('style') as Style[] }),
      ],
    });
    this.map.on('click', (e) => this.click(e.pixel as [number, number]));
    this.map.on('pointermove', (e) => {
      if (!e.dragging) target.style.cursor = this.nearest(e.pixel as [number, number]) ? 'pointer' : '';
    });
    this.map.on('moveend', () => this.moved());
  }

  destroy(): void {
    this.map.setTarget(undefined);
    this.map.dispose();
  }

  setPipes(pipes: MapPipe[]): void {
    this.pipes.clear();
    this.pipes.addFeatures(pipes.map((pipe) => {
      const f = new Feature(new LineString([pipe.line.slice(0, 2), pipe.line.slice(2, 4)]));
      f.set('pipe', pipe, true);
      return f;
    }));
    if (pipes.length === 0) return;
    const coordinates = pipes.flatMap((q) => [q.line.slice(0, 2), q.line.slice(2, 4)]);
    const extent = buffer(boundingExtent(coordinates), 50);
    if (equals(extent, this.extent)) return; // the same town, newly solved: the view stays
    this.extent = extent;
    this.known = true;
    const view = new View({
      projection: new Projection({ code: 'plane', units: 'm', extent: buffer(this.extent, 5000) }),
      extent: buffer(this.extent, 3000),
      minResolution: 0.15,
      constrainOnlyCenter: true,
      showFullExtent: true,
    });
    this.map.setView(view);
    this.fitted = false;
    this.fit();
  }

  /** setPoints redraws what changes from second to second. */
  setPoints(stations: MapStation[], sources: MapSource[]): void {
    this.stations = stations;
    this.sources = sources;
    this.points.clear(true);
    this.points.addFeatures([
      ...stations.map((s) => point(s.at, { station: s, rank: s.id === this.selected ? 9 : order[s.mark] })),
      ...sources.map((s) => point(s.at, { source: s, rank: 8 })),
    ]);
    this.relabel();
  }

  select(id: string, line: [number, number][]): void {
    this.selected = id;
    this.path.clear(true);
    if (line.length > 1) this.path.addFeature(new Feature(new LineString(line)));
    else this.path.changed();
    this.setPoints(this.stations, this.sources);
  }

  setColouring(c: Colouring): void {
    this.colouring = c;
    this.pipes.changed();
    this.points.changed();
  }

  /** repaint reads the colours again: the theme changed. */
  repaint(): void {
    this.p = palette();
    this.pipes.changed();
    this.path.changed();
    this.setPoints(this.stations, this.sources);
  }

  fit(): void {
    const size = this.map.getSize();
    if (!this.known || !size || size[0]! < 10 || size[1]! < 10) return;
    this.map.getView().fit(this.extent, { padding: MARGIN, size });
    this.fitted = true;
  }

  resize(): void {
    this.map.updateSize();
    if (!this.fitted) this.fit();
  }

  zoom(steps: number): void {
    const view = this.map.getView();
    view.animate({ zoom: (view.getZoom() ?? 0) + steps, duration: 120 });
  }

  pan(dx: number, dy: number): void {
    const view = this.map.getView();
    const at = view.getCenter();
    const m = view.getResolution() ?? 1;
    if (at) view.setCenter([at[0]! + dx * m, at[1]! - dy * m]);
  }

  /** show brings a place into view without changing the scale. */
  show(at: [number, number]): void {
    const view = this.map.getView();
    const size = this.map.getSize();
    const pixel = this.map.getPixelFromCoordinate(at);
    if (!size || !pixel) return;
    const inside = pixel[0]! > 30 && pixel[1]! > 60 && pixel[0]! < size[0]! - 30 && pixel[1]! < size[1]! - 60;
    if (!inside) view.setCenter(at);
  }

  private moved(): void {
    const m = this.map.getView().getResolution();
    if (!m) return;
    this.handlers.scale(m);
    const detailed = m <= 4;
    if (detailed !== this.detailed) {
      this.detailed = detailed;
      this.relabel();
    }
  }

  private relabel(): void {
    const input: LabelInput = {
      stations: this.stations, sources: this.sources, selected: this.selected, detailed: this.detailed, palette: this.p,
      pipes: this.detailed ? this.pipes.getFeatures().map((f) => f.get('pipe') as MapPipe) : [],
    };
    this.labels.clear(true);
    this.labels.addFeatures(labelFeatures(input));
  }

  private pipeStyle(f: Feature<LineString>): Style {
    const pipe = f.get('pipe') as MapPipe;
    let width = pipe.dn >= 400 ? 4.2 : pipe.dn >= 250 ? 3 : pipe.dn >= 150 ? 2 : pipe.dn >= 100 ? 1.4 : 1;
    let colour = pipe.dn >= 200 ? this.p['pipe'] : this.p['pipe-thin'];
    const friction = this.colouring === 'friction' || this.colouring === 'abnormal';
    if (friction && pipe.friction !== null) {
      const over = Math.abs(pipe.friction) > FRICTION_LIMIT;
      if (this.colouring === 'friction') colour = ramp(this.p, Math.abs(pipe.friction), 0, FRICTION_LIMIT);
      if (over) colour = this.p['over'];
      if (over) width *= 1.25;
    }
    if (this.colouring === 'age' && pipe.year > 0) {
      const years = this.year - pipe.year;
      colour = years >= OLD_FROM ? this.p['over'] : ramp(this.p, years, 0, OLD_FROM);
    }
    width *= this.p.scale;
    return new Style({
      stroke: new Stroke({ color: colour, width, lineDash: pipe.closed ? [5, 4] : undefined, lineCap: 'butt' }),
      zIndex: pipe.dn,
    });
  }

  private pointStyle(f: Feature<Point>): Style {
    const station = f.get('station') as MapStation | undefined;
    return new Style({
      renderer: (at, state) => {
        const [x, y] = at as [number, number];
        const k = state.pixelRatio * this.p.scale;
        if (!station) {
          shapes.source(state.context, x, y, k, this.p);
          return;
        }
        this.drawStation(state.context, x, y, k, station);
        if (station.id === this.selected) shapes.ring(state.context, x, y, k, this.p);
      },
    });
  }

  private drawStation(c: CanvasRenderingContext2D, x: number, y: number, k: number, s: MapStation): void {
    const p = this.p;
    const size = this.detailed ? 5 : 2.6;
    if (this.colouring === 'differential' && s.kpa !== null) {
      const low = s.kpa < LOW_DIFFERENTIAL;
      if (low) shapes.pin(c, x, y, k, true, 0.3, p['under'], p['panel']);
      else shapes.square(c, x, y, k, size + 1, p['station'], ramp(p, s.kpa, 0, 300));
      return;
    }
    switch (s.mark) {
      case 'under': return shapes.pin(c, x, y, k, true, 1 - (s.x ?? 1), p['under'], p['panel']);
      case 'over': return shapes.pin(c, x, y, k, false, (s.x ?? 1) - 1, p['over'], p['panel']);
      case 'lost': return shapes.lost(c, x, y, k, p['ink2'], p['panel']);
      case 'stuck':
      case 'held': return shapes.crossed(c, x, y, k, p['ink2'], p['panel']);
      case 'unmeasured': return shapes.dot(c, x, y, k, p['station']);
      default: return shapes.square(c, x, y, k, size, p['station'], p['panel']);
    }
  }

  /** nearest returns the station or source within reach of a pixel. */
  private nearest(pixel: [number, number]): MapStation | MapSource | null {
    let best: MapStation | MapSource | null = null;
    let reach = 15;
    for (const s of [...this.stations, ...this.sources]) {
      const q = this.map.getPixelFromCoordinate(s.at);
      if (!q) continue;
      const d = Math.hypot(q[0]! - pixel[0], q[1]! - pixel[1]);
      if (d < reach) {
        reach = d;
        best = s;
      }
    }
    return best;
  }

  private click(pixel: [number, number]): void {
    const hit = this.nearest(pixel);
    if (hit) {
      if ('mark' in hit) this.handlers.station(hit.id);
      else this.handlers.source(hit.id);
      return;
    }
    const f = this.map.forEachFeatureAtPixel(pixel, (x) => x, { hitTolerance: 5, layerFilter: (l) => l.getSource() === this.pipes });
    const pipe = f?.get('pipe') as MapPipe | undefined;
    if (pipe) this.handlers.pipe(pipe.id);
  }
}

const order: Record<Mark, number> = { normal: 0, unmeasured: 0, local: 1, held: 3, stuck: 3, lost: 4, over: 5, under: 6 };

function point(at: [number, number], properties: Record<string, unknown>): Feature<Point> {
  const f = new Feature(new Point(at));
  f.setProperties(properties, true);
  return f;
}

const byRank = (a: { get(k: string): unknown }, b: { get(k: string): unknown }) => Number(a.get('rank')) - Number(b.get('rank'));
