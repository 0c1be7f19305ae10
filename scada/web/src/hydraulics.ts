// The pressure diagram's places and range, made of the service's profile.
import { kpaToMetres, number } from './format';
import { t } from './i18n';
import type { Profile, ProfilePoint } from './view';

export interface Place {
  distance: number;
  ground: number | null;
  supply: number;
  ret: number | null;
  afterSupply: number | null;
  afterReturn: number | null;
  vapour: number | null;
  limit: number | null;
  supplyMpa: number | null;
  returnMpa: number | null;
  point: ProfilePoint;
}

/** A run of pipe of one kind on the strip below the diagram. */
export interface Run { from: number; to: number; dn: number | null; year: number | null; friction: number | null; pipe: string }

export interface Diagram {
  places: Place[];
  runs: Run[];
  range: [number, number];
  staticHead: number | null;
  sourceGround: number | null;
  /** Available head at the station, m, now and after the action. */
  endNow: number | null;
  endAfter: number | null;
  need: number | null;
  limitNote: string;
  measured: { supply: number | null; ret: number | null };
}

/** diagram prepares a profile for drawing; null where it has no places. */
export function diagram(p: Profile): Diagram | null {
  const places: Place[] = [];
  for (const q of p.points) {
    if (q.supply_head_m === null) continue;
    places.push({
      distance: q.distance_m, ground: q.elevation_m, supply: q.supply_head_m, ret: q.return_head_m,
      afterSupply: q.after_supply_head_m, afterReturn: q.after_return_head_m, vapour: q.boiling_head_m, limit: q.allowed_head_m,
      supplyMpa: q.supply_pressure_MPa, returnMpa: q.return_pressure_MPa, point: q,
    });
  }
  if (places.length < 2) return null;
  const known = (f: (q: Place) => number | null) => places.map(f).filter((v): v is number => v !== null);
  const heads = [
    ...known((q) => q.supply), ...known((q) => q.ret), ...known((q) => q.afterSupply), ...known((q) => q.afterReturn),
    ...known((q) => q.vapour), ...(p.static_head_m === null ? [] : [p.static_head_m]),
  ];
  const grounds = known((q) => q.ground);
  const low = Math.min(...heads, ...grounds);
  let high = Math.max(...heads);
  // The class of the pipes is drawn where it is near; far above it is a note.
  const limits = known((q) => q.limit);
  const limit = limits.length ? Math.min(...limits) : null;
  const near = limit !== null && limit - low < 1.35 * (high - low);
  if (near && limit !== null) high = Math.max(high, limit);
  const span = high - low || 1;
  return {
    places, runs: runs(places),
    range: [Math.min(low - span * 0.06, grounds.length ? Math.min(...grounds) - span * 0.1 : low), high + span * 0.1],
    staticHead: p.static_head_m, sourceGround: places[0]!.ground,
    endNow: kpaToMetres(p.differential_kPa), endAfter: kpaToMetres(p.after_differential_kPa), need: kpaToMetres(p.differential_need_kPa),
    limitNote: limit !== null && !near ? t('diagram.limit_above', { head: number(limit), pn: number((places.find((q) => q.point.pn_MPa !== null)?.point.pn_MPa ?? 0) * 10) }) : '',
    measured: { supply: p.measured_supply_head_m, ret: p.measured_return_head_m },
  };
}

/** runs joins pipes of one DN and year; friction is the greater of both sides. */
function runs(places: Place[]): Run[] {
  const out: Run[] = [];
  for (let i = 1; i < places.length; i++) {
    const q = places[i]!.point;
    const friction = q.friction_Pa_per_m === null && q.return_friction_Pa_per_m === null
      ? null : Math.max(Math.abs(q.friction_Pa_per_m ?? 0), Math.abs(q.return_friction_Pa_per_m ?? 0));
    out.push({ from: places[i - 1]!.distance, to: places[i]!.distance, dn: q.dn, year: q.year, friction, pipe: q.pipe });
  }
  return out;
}

/** merged joins neighbours that print the same, so that their label has room. */
export function merged<T>(all: Run[], of: (r: Run) => T): { from: number; to: number; value: T }[] {
  const out: { from: number; to: number; value: T }[] = [];
  for (const r of all) {
    const last = out[out.length - 1];
    const value = of(r);
    if (last && last.value === value) last.to = r.to;
    else out.push({ from: r.from, to: r.to, value });
  }
  return out;
}
