// What the map shows, made of the network and its state.
import { flow, head, kpaToMetres, number } from '../format';
import { nameOf, text } from '../findings';
import { markOf } from '../ui/mark';
import type { NetRow } from '../store';
import type { Network, Pipes, Profile, Source } from '../view';
import type { MapPipe, MapSource, MapStation } from './city';

type Place = [number, number];

/** places of all junctions that have coordinates. */
export function places(n: Network): Map<string, Place> {
  const at = new Map<string, Place>();
  for (const j of n.junctions) if (j.x_m !== null && j.y_m !== null) at.set(j.id, [j.x_m, j.y_m]);
  return at;
}

/** scenePipes are the supply side's pipes and closed valves as lines. */
export function scenePipes(n: Network, at: Map<string, Place>, state: Pipes | null): MapPipe[] {
  const out: MapPipe[] = [];
  const usable = state !== null && state.good && state.network_id === n.id;
  n.pipes.forEach((p, i) => {
    if (p.side === 'return') return;
    const a = at.get(p.from);
    const b = at.get(p.to);
    if (!a || !b) return;
    const friction = usable ? state.friction_Pa_per_m[i] ?? null : null;
    out.push({ id: p.id, line: [a[0], a[1], b[0], b[1]], dn: p.dn ?? 0, year: p.year ?? 0, friction, closed: !p.in_service });
  });
  for (const v of n.valves) {
    if (v.side === 'return' || v.opening_percent > 0) continue;
    const a = at.get(v.from);
    const b = at.get(v.to);
    if (a && b) out.push({ id: v.id, line: [a[0], a[1], b[0], b[1]], dn: 0, year: 0, friction: null, closed: true });
  }
  return out;
}

export function sceneStations(n: Network, at: Map<string, Place>, rows: readonly NetRow[]): MapStation[] {
  const byId = new Map(rows.map((r) => [r.id, r]));
  const out: MapStation[] = [];
  for (const s of n.stations) {
    const place = at.get(s.from) ?? at.get(s.to);
    if (!place) continue;
    const r = byId.get(s.id);
    out.push({ id: s.id, name: text(s.name, s.id), at: place, mark: r ? markOf(r) : 'unmeasured', x: r?.x ?? null, kpa: r?.kpa.v ?? null });
  }
  return out;
}

export function sceneSources(n: Network, at: Map<string, Place>, state: readonly Source[]): MapSource[] {
  const out: MapSource[] = [];
  for (const s of n.sources) {
    const place = at.get(s.to) ?? at.get(s.from);
    if (!place) continue;
    const now = state.find((q) => q.id === s.id);
    const heat = now?.heat_MW.v ?? null;
    const parts = now ? [`${number(heat, heat !== null && heat < 100 ? 1 : 0)} MW`, `${head(kpaToMetres(now.differential_kPa.v))} m`] : [];
    out.push({ id: s.id, name: text(s.name, s.id), at: place, note: parts.join(' · ') });
  }
  return out;
}

/** scenePath is the way of the water from the source to the station. */
export function scenePath(p: Profile | undefined, at: Map<string, Place>): Place[] {
  return p ? p.points.map((q) => at.get(q.supply)).filter((q): q is Place => q !== undefined) : [];
}

/** summary is the map for those who cannot see it. */
export function worst(rows: readonly NetRow[]): string {
  const low = rows.filter((r) => r.state === 'under' && r.x !== null).sort((a, b) => a.x! - b.x!)[0];
  return low ? `${nameOf(low.id)} ${low.x!.toFixed(2)} (${flow(low.flow.v)} t/h)` : '';
}
