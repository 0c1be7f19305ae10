// What the page knows, as signals; the stream fills them, components read them.
import { computed, signal } from '@preact/signals';
import { STALE_AFTER, type LinkState } from './link';
import { live, type Row } from './table';
import type {
  Advice, Finding, JournalRow, KPI, Live, Mode, Network, NotRight, Order, Pipes, Profile, Quality, Session, Source, Stage, Station, StationState, System,
} from './view';
import type { Refused } from './api';

/** One row of the station list. */
export interface NetRow {
  id: string;
  state: StationState;
  x: number | null;
  required: number | null;
  flow: Live;
  setpoint: Live;
  feedback: Live;
  kpa: Live;
  quality: Quality;
  mode: Mode;
  held: Finding | null;
  orderStage: Stage;
}

export interface Selection { kind: 'station' | 'source'; id: string }

/** A document fetched once, with its state on the way. */
export type Loaded<T> = { state: 'idle' } | { state: 'loading'; doc?: T } | { state: 'ready'; doc: T } | { state: 'failed'; error: Refused; doc?: T };

export const session = signal<Session | null>(null);
export const door = signal<'loading' | 'in' | 'out' | 'failed'>('loading');
export const link = signal<LinkState>({ phase: 'connecting', lastFrame: 0, attempts: 0 });
/** Wall clock of this terminal, each second. */
export const now = signal(Date.now());
/** Server's wall clock minus this terminal's, ms. */
export const skew = signal(0);
/** Plant clock of the newest frame, and this terminal's time when it came. */
export const plant = signal({ at: 0, seen: 0 });

export const system = signal<System | null>(null);
export const kpi = signal<KPI | null>(null);
export const net = signal<NetRow[]>([]);
export const netLoaded = signal(false);
export const sources = signal<Source[]>([]);
export const notRight = signal<NotRight[] | null>(null);
export const advice = signal<Advice | null>(null);
export const orders = signal<Order[]>([]);
export const journal = signal<JournalRow[]>([]);
export const station = signal<Station | null>(null);

export const network = signal<Loaded<Network>>({ state: 'idle' });
export const pipes = signal<Pipes | null>(null);
export const profile = signal<Loaded<Profile>>({ state: 'idle' });

export const selection = signal<Selection | null>(null);
export const firstBuild = signal('');
export const newBuild = signal(false);

/** stale: no frame for three seconds; nothing on the page counts as live. */
export const stale = computed(() => link.value.phase === 'stale' || (link.value.phase === 'live' && now.value - link.value.lastFrame > STALE_AFTER));

/** plantNow is the plant's clock, carried on from the newest frame; it stops with the data. */
export function plantNow(): number {
  const { at, seen } = plant.value;
  if (!at) return 0;
  const speed = system.value?.clock.speed ?? 1;
  const until = stale.value ? link.value.lastFrame : Date.now();
  return at + Math.max(0, until - seen) * speed;
}

export const doc = <T>(l: Loaded<T>): T | undefined => ('doc' in l ? l.doc : undefined);

/** names of all elements that have one. */
export const names = computed(() => {
  const found = new Map<string, { zh: string; en: string }>();
  const n = doc(network.value);
  if (n) for (const e of [...n.stations, ...n.sources, ...n.valves, ...n.pumps]) found.set(e.id, e.name);
  // Pipes are named where the service names them.
  for (const line of notRight.value ?? []) if (line.element && !found.has(line.element)) found.set(line.element, line.name);
  return found;
});

const cache = new WeakMap<Row, NetRow>();

/** netRow is a row of topic "net" as the list and the map read it. */
export function netRow(row: Row): NetRow {
  const known = cache.get(row);
  if (known) return known;
  const c = row.cells;
  const made: NetRow = {
    id: row.id,
    state: (c['state'] as StationState) ?? 'unmeasured',
    x: (c['x'] as number | null) ?? null,
    required: (c['flow_required_t_per_h'] as number | null) ?? null,
    flow: live(row, 'flow_t_per_h'),
    setpoint: live(row, 'opening_setpoint_percent'),
    feedback: live(row, 'opening_feedback_percent'),
    kpa: live(row, 'differential_kPa'),
    quality: (c['quality'] as Quality) ?? 'none',
    mode: (c['mode'] as Mode) ?? 'monitor',
    held: (c['held'] as Finding | null) ?? null,
    orderStage: (c['order_stage'] as Stage) ?? '',
  };
  cache.set(row, made);
  return made;
}
