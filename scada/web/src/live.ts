// The stream of the service, put into the store.
import { batch } from '@preact/signals';
import { Link, STALE_AFTER, Transit, type Socket } from './link';
import { Table, document as rowDocument, type Delta, type Snap } from './table';
import * as store from './store';
import type { Advice, JournalRow, KPI, NotRight, Order, Source, Station, System } from './view';

const TOPICS = ['system', 'kpi', 'net', 'source', 'not_right', 'recommendation', 'orders', 'journal'];
const ACK_EVERY = 4000;

/** The measured columns of each kind of row. */
export const KPI_MEASURED = ['heat_MW', 'supply_temperature_degC', 'return_temperature_degC', 'critical_differential_kPa', 'make_up_t_per_h', 'flow_t_per_h', 'outdoor_degC'];
export const SOURCE_MEASURED = [
  'heat_MW', 'supply_temperature_degC', 'supply_temperature_setpoint_degC', 'return_temperature_degC', 'supply_pressure_MPa', 'return_pressure_MPa',
  'differential_kPa', 'flow_t_per_h', 'speed_setpoint_Hz', 'speed_feedback_Hz', 'make_up_t_per_h', 'outdoor_degC',
];
export const STATION_MEASURED = [
  'flow_t_per_h', 'flow_m3_per_h', 'opening_setpoint_percent', 'opening_feedback_percent', 'supply_pressure_MPa', 'return_pressure_MPa', 'differential_kPa',
  'supply_temperature_degC', 'return_temperature_degC', 'secondary_supply_temperature_degC', 'secondary_return_temperature_degC', 'heat_MW',
];

type Frame =
  | { k: 'hello'; t: number; p: number; build: string }
  | Snap | Delta
  | { k: 'beat'; t: number; p: number }
  | { k: 'deny'; t: number; p: number; topic: string; code: string }
  | { k: 'bye'; t: number; p: number };

let tables = new Map<string, Table>();
let asked = '';
let acked = 0;
const transit = new Transit();
let speak: ((m: unknown) => void) | null = null;

/** frame takes one message in; it returns false when the page must start afresh. */
export function frame(message: unknown, send: (m: unknown) => void): boolean {
  const f = message as Frame;
  const now = Date.now();
  if (f.k === 'hello') transit.begin(f.t, now);
  else if (transit.late(f.t, now) > STALE_AFTER) return false; // the rest of the backlog is older still
  speak = send;
  batch(() => {
    store.skew.value = transit.skew;
    store.plant.value = { at: f.p, seen: now };
    switch (f.k) {
      case 'hello': hello(f.build, send); break;
      case 'snap':
        tables.set(f.topic, new Table(f));
        show(f.topic);
        break;
      case 'delta': {
        const table = tables.get(f.topic);
        if (!table) break; // left in the meantime
        if (table.apply(f)) show(f.topic);
        else send({ sub: { topic: f.topic } });
        break;
      }
      case 'deny':
        if (f.topic === asked) store.station.value = null;
        break;
      default:
    }
  });
  if (f.k !== 'hello' && Date.now() - acked >= ACK_EVERY) {
    acked = Date.now();
    send({ ack: f.t });
  }
  return true;
}

/** hello follows each connection: everything is asked for anew. */
function hello(build: string, send: (m: unknown) => void): void {
  tables = new Map();
  acked = 0;
  if (!store.firstBuild.value) store.firstBuild.value = build;
  store.newBuild.value = build !== store.firstBuild.value;
  for (const topic of TOPICS) send({ sub: { topic } });
  if (asked) send({ sub: { topic: asked } });
}

/** watchStation asks for all values of one station; '' for none. */
export function watchStation(id: string): void {
  const topic = id ? `station/${id}` : '';
  if (topic === asked) return;
  if (asked) {
    tables.delete(asked);
    speak?.({ unsub: asked });
  }
  asked = topic;
  store.station.value = null;
  if (topic) speak?.({ sub: { topic } });
}

function show(topic: string): void {
  const rows = tables.get(topic)!.rows();
  const docs = <T>() => rows.map((r) => r.cells['doc'] as T).filter(Boolean);
  switch (topic) {
    case 'system': store.system.value = docs<System>()[0] ?? null; break;
    case 'kpi': store.kpi.value = rows[0] ? rowDocument<KPI>(rows[0], KPI_MEASURED) : null; break;
    case 'source': store.sources.value = rows.map((r) => rowDocument<Source>({ ...r, cells: { ...r.cells, id: r.id } }, SOURCE_MEASURED)); break;
    case 'net':
      store.net.value = rows.map(store.netRow);
      store.netLoaded.value = true;
      break;
    case 'not_right':
      store.notRight.value = rows.slice().sort((a, b) => Number(a.cells['rank']) - Number(b.cells['rank'])).map((r) => r.cells['doc'] as NotRight).filter(Boolean);
      break;
    case 'recommendation': store.advice.value = docs<Advice>()[0] ?? null; break;
    case 'orders': store.orders.value = docs<Order>().sort((a, b) => b.proposed_ms - a.proposed_ms || (a.id < b.id ? 1 : -1)); break;
    case 'journal': store.journal.value = docs<JournalRow>().sort((a, b) => b.seq - a.seq); break;
    default:
      if (topic === asked && rows[0]) {
        store.station.value = rowDocument<Station>({ ...rows[0], cells: { ...rows[0].cells, id: topic.slice('station/'.length) } }, STATION_MEASURED);
      }
  }
}

let running: Link | null = null;

/** connect opens the link and keeps it; it never reloads the page. */
export function connect(): void {
  running?.stop();
  const address = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/live`;
  const link = new Link({
    open: () => new WebSocket(address) as unknown as Socket,
    now: () => Date.now(),
    random: Math.random,
    later: (f, ms) => {
      const n = setTimeout(f, ms);
      return () => clearTimeout(n);
    },
    frame,
    changed: (s) => {
      store.link.value = s;
      if (s.phase === 'signed-out') store.door.value = 'out';
    },
  });
  running = link;
  store.link.value = link.state;
  link.start();
}

export function disconnect(): void {
  running?.stop();
  running = null;
}

/** wake tries at once when the page is seen again. */
export function wakeOnReturn(): void {
  globalThis.document.addEventListener('visibilitychange', () => {
    if (globalThis.document.visibilityState === 'visible') running?.wake();
  });
  addEventListener('pageshow', () => running?.wake());
  addEventListener('online', () => running?.wake());
}
