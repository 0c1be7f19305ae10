// The pressure diagram 水压图 of the selected station: lines, the strip that
// shows where the head goes, the place under the cursor, and the checks.
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { nameOf, words } from '../findings';
import * as f from '../format';
import { diagram, merged, type Diagram, type Place } from '../hydraulics';
import { lang, t, tOr } from '../i18n';
import { linear } from '../scale';
import { doc, profile, selection, stale } from '../store';
import type { Check } from '../view';
import { Hydrograph } from './hydrograph';
import { useSize } from './size';
import { Priority } from './symbols';

const OLD_YEARS = 28;
const FRICTION_MAIN = 70;

export function DiagramPanel() {
  const p = doc(profile.value);
  const d = useMemo(() => (p ? diagram(p) : null), [p, lang.value]);
  const cursor = useSignal(-1);
  useEffect(() => { cursor.value = -1; }, [p?.station]);
  const sel = selection.value;
  const at = d ? (cursor.value >= 0 && cursor.value < d.places.length ? cursor.value : d.places.length - 1) : 0;
  return (
    <section class={`panel diagram ${p && !p.good ? 'old-model' : ''}`} aria-label={t('diagram.title')} tabIndex={-1} data-testid="diagram">
      <header class="diagram-head">
        <h2>{t('diagram.title')}</h2>
        {p && <span class="soft">{nameOf(p.source)} → {nameOf(p.station)}</span>}
        {p && p.plant_ms !== null && (!p.good || stale.value) && <span class="dim" data-testid="diagram-model-age">{t('diagram.by_model', { time: f.minutes(p.plant_ms) })}</span>}
        <span class="spring" />
        {d && <Keys d={d} />}
      </header>
      {d && p ? (
        <>
          <div class="diagram-body">
            <Hydrograph d={d} cursor={at} onCursor={(i) => { cursor.value = i; }} />
            <Strip d={d} onPick={(i) => { cursor.value = i; }} />
          </div>
          <div class="diagram-side">
            <Readout d={d} place={d.places[at]!} />
            <ul class="checks">{p.checks.map((c) => <CheckLine key={c.code} c={c} onClick={() => { if (c.distance_m !== null) cursor.value = closest(d, c.distance_m); }} />)}</ul>
          </div>
        </>
      ) : <Nothing kind={sel?.kind} />}
    </section>
  );
}

function Nothing({ kind }: { kind: string | undefined }) {
  const l = profile.value;
  if (l.state === 'failed') return <p class="empty" role="status" data-testid="diagram-error">{l.error.words}{l.error.problem.elements.length > 0 && ` (${l.error.problem.elements.map(nameOf).join(', ')})`}</p>;
  if (l.state === 'loading') return <p class="empty">{t('state.loading')}</p>;
  return <p class="empty">{kind === 'source' ? t('diagram.pick_station') : t('diagram.pick')}</p>;
}

function Keys({ d }: { d: Diagram }) {
  return (
    <span class="keys">
      <span class="named"><i class="k hs" />{t('diagram.supply')}</span>
      <span class="named"><i class="k hr" />{t('diagram.return')}</span>
      {d.endAfter !== null && <span><i class="k dotted" />{t('diagram.after')}</span>}
      {d.staticHead !== null && <span class="named"><i class="k dashed" />{t('diagram.static')}</span>}
      <span><i class="k thin" />{t('diagram.vapour')}</span>
      <span><i class="k pn" />PN</span>
    </span>
  );
}

/** Strip is DN, friction and year along the path; a tall bar is where the head is lost. */
function Strip({ d, onPick }: { d: Diagram; onPick(i: number): void }) {
  const [ref, size] = useSize<HTMLDivElement>();
  const length = d.places[d.places.length - 1]!.distance || 1;
  const x = linear(0, length, 46, Math.max(100, size.width - 54));
  const year = new Date().getFullYear();
  const top = Math.max(FRICTION_MAIN * 2, ...d.runs.map((r) => r.friction ?? 0));
  return (
    <div class="strip" ref={ref} aria-hidden="true">
      <svg width={Math.max(100, size.width)} height="62">
        <text class="tick" x="40" y="13" text-anchor="end">DN</text>
        <text class="tick" x="40" y="37" text-anchor="end">Pa/m</text>
        <text class="tick" x="40" y="57" text-anchor="end">{t('diagram.year')}</text>
        {merged(d.runs, (r) => r.dn).map((m) => (
          <g key={m.from}>
            <rect class={`dn ${(m.value ?? 0) >= 300 ? 'big' : ''}`} x={x(m.from) + 0.5} y="2" width={Math.max(1, x(m.to) - x(m.from) - 1)} height="15" />
            {x(m.to) - x(m.from) > 26 && m.value && <text class="dn-text" x={(x(m.from) + x(m.to)) / 2} y="13.5">{m.value}</text>}
          </g>
        ))}
        <path class="friction-limit" d={`M46 ${42 - (FRICTION_MAIN / top) * 21}H${x(length)}`} />
        <text class="tick" x={x(length) + 6} y={46 - (FRICTION_MAIN / top) * 21}>≤ {FRICTION_MAIN}</text>
        {d.runs.map((r, i) => r.friction !== null && (
          <rect key={i} class={`friction ${r.friction > FRICTION_MAIN * 2 ? 'over' : ''}`} x={x(r.from)} width={Math.max(1, x(r.to) - x(r.from))}
            y={42 - Math.max(1, (r.friction / top) * 21)} height={Math.max(1, (r.friction / top) * 21)} onClick={() => onPick(i + 1)}><title>{`${r.pipe} ${f.number(r.friction)} Pa/m`}</title></rect>
        ))}
        {merged(d.runs, (r) => r.year).map((m) => {
          const old = m.value !== null && m.value > 0 && year - m.value >= OLD_YEARS;
          const wide = x(m.to) - x(m.from) > 34;
          return (
            <g key={m.from}>
              <rect class={`year ${old ? 'old' : ''}`} x={x(m.from) + 0.5} y="46" width={Math.max(1, x(m.to) - x(m.from) - 1)} height="14" />
              {wide && m.value && <text class="year-text" x={(x(m.from) + x(m.to)) / 2} y="57">{m.value}{old ? ' ◆' : ''}</text>}
            </g>
          );
        })}
      </svg>
    </div>
  );
}

function Readout({ d, place }: { d: Diagram; place: Place }) {
  const q = place.point;
  const end = place === d.places[d.places.length - 1];
  const available = place.ret === null ? null : place.supply - place.ret;
  const short = end && d.need !== null && available !== null && available < d.need;
  const rows: [string, string, string, string?][] = [
    [t('diagram.position'), f.number(place.distance / 1000, 2), 'km'],
    [t('diagram.elevation'), f.number(place.ground, 1), 'm'],
    [t('diagram.supply_p'), f.pressure(place.supplyMpa), 'MPa'],
    [t('diagram.return_p'), f.pressure(place.returnMpa), 'MPa'],
    [t('diagram.available'), f.head(available), 'm', short ? 'under' : 'live'],
    [t('diagram.flow'), f.flow(q.flow_t_per_h), 't/h'],
    [t('diagram.velocity'), f.number(q.velocity_m_per_s, 2), 'm/s'],
    [t('diagram.friction'), f.number(q.friction_Pa_per_m), 'Pa/m'],
  ];
  return (
    <dl class="readout">
      {rows.map(([name, v, unit, cls]) => <div key={name}><dt>{name}</dt><dd class={cls ?? ''}>{v}<span class="unit">{unit}</span></dd></div>)}
    </dl>
  );
}

function CheckLine({ c, onClick }: { c: Check; onClick(): void }) {
  const margin = c.code === 'short_differential' && c.value_kPa !== null && c.bound_kPa !== null
    ? `${f.head(f.kpaToMetres(c.value_kPa))} / ${f.head(f.kpaToMetres(c.bound_kPa))} m`
    : c.margin_kPa === null ? f.MISSING : c.code === 'over_pressure' ? `${f.signed(c.margin_kPa / 1000, 2)} MPa` : `${f.signed(f.kpaToMetres(c.margin_kPa), 0)} m`;
  return (
    <li>
      <button onClick={onClick} class={c.ok === false ? 'broken' : ''} title={c.element && nameOf(c.element)} data-testid={`check-${c.code}`}>
        {c.ok === null ? <i class="unknown">?</i> : c.ok ? <i class="tick-mark">✓</i> : <Priority level={2} />}
        <span>{tOr(`check.${c.code}`, c.code)}</span>
        <b>{c.ok === null ? words(c.missing) || f.MISSING : margin}</b>
      </button>
    </li>
  );
}

function closest(d: Diagram, distance: number): number {
  let best = 0;
  d.places.forEach((p, i) => { if (Math.abs(p.distance - distance) < Math.abs(d.places[best]!.distance - distance)) best = i; });
  return best;
}
