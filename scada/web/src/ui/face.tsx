// The right column: the selected station or source, and below it what is
// advised or under way.
import { shortOrder, text, words } from '../findings';
import * as f from '../format';
import { lang, t, tOr } from '../i18n';
import { doc, journal, net, network, notRight, selection, station, system } from '../store';
import type { JournalRow, Station } from '../view';
import { Bar, type BarProps } from './bar';
import { Card } from './card';
import { ManualRow } from './manual';
import { metres, Schematic } from './schematic';
import { SourceFace } from './source';
import { Priority } from './symbols';
import { TrendChart } from './trend';
import { Value } from './value';
import { Chips } from './chips';

export function Face() {
  const sel = selection.value;
  return (
    <aside class="panel face" tabIndex={-1} aria-label={t('face.title')} data-testid="face">
      <div class="face-scroll">
        {!sel && <p class="empty">{t('face.pick')}</p>}
        {sel?.kind === 'station' && <StationFace id={sel.id} key={sel.id} />}
        {sel?.kind === 'source' && <SourceFace id={sel.id} key={sel.id} />}
      </div>
      <Card />
    </aside>
  );
}

function StationFace({ id }: { id: string }) {
  const s = station.value;
  const pin = doc(network.value)?.stations.find((q) => q.id === id);
  const row = net.value.find((r) => r.id === id);
  const area = pin?.heated_area_m2 ?? s?.heated_area_m2;
  if (!s || s.id !== id) {
    return <><h2 class="face-name">{text(pin?.name, id)}</h2><p class="empty">{row ? t('state.loading') : t('face.unknown')}</p></>;
  }
  return (
    <>
      <div class="face-top">
        <h2 class="face-name" data-testid="face-name">{text(s.name, id)}</h2>
        <Chips element={id} mode={s.mode} remote={s.remote} fallback={s.fallback} state={s.state} lock={s.lock} />
      </div>
      <p class="face-sub">{[id, areaText(area), pin?.design_flow_t_per_h ? t('face.design', { v: f.flow(pin.design_flow_t_per_h) }) : '', pin?.kvs_m3_per_h ? `Kvs ${f.number(pin.kvs_m3_per_h, 0)}` : ''].filter(Boolean).join(' · ')}</p>
      <Diagnosis s={s} />
      {s.state === 'unmeasured' ? <p class="empty">{t(s.mode === 'off' ? 'face.off' : 'face.unmeasured')}</p> : <><Schematic s={s} /><Bars s={s} /></>}
      {s.points.includes('opening_setpoint') && <ManualRow element={id} quantity="opening_setpoint" unit="%" set={s.opening_setpoint_percent} feedback={s.opening_feedback_percent} order={s.order} stage={s.order_stage} min={0} max={100} decimals={1} />}
      {s.points.length > 0 && (
        <TrendChart element={id} left="t/h" right="%" rightRange={[0, 100]} pens={[
          { quantity: s.points.includes('volume_flow') ? 'volume_flow' : 'mass_flow', name: 'trend.flow', axis: 'left', token: 'live', live: s.flow_t_per_h },
          { quantity: 'opening_feedback', name: 'trend.feedback', axis: 'right', token: 'ink2', live: s.opening_feedback_percent },
          { quantity: 'opening_setpoint', name: 'trend.setpoint', axis: 'right', token: 'ink3', dash: true, live: s.opening_setpoint_percent },
        ]} />
      )}
      <Actions element={id} />
    </>
  );
}

export function areaText(area: number | undefined): string {
  if (area === undefined) return f.MISSING;
  return lang.value === 'zh' ? `${f.number(area / 10_000, 1)} ${t('unit.area')}` : `${f.number(area / 1000, 0)} ${t('unit.area')}`;
}

/** Diagnosis is the line in words: is it the network or the station. */
function Diagnosis({ s }: { s: Station }) {
  const line = s.held ?? s.diagnosis;
  if (!line || line.code === 'normal') return <p class="diagnosis ok" data-testid="diagnosis">{t('f.normal')}</p>;
  const entry = notRight.value?.find((n) => n.element === s.id);
  const level = (entry?.severity as 1 | 2 | 3 | 4 | undefined) ?? (s.held ? 4 : 3);
  return (
    <div class="diagnosis" data-testid="diagnosis" data-code={line.code}>
      <Priority level={level} />
      <span>{s.held && <b>{t('face.held')} </b>}{words(line)}</span>
    </div>
  );
}

interface Line { name: string; value: preact.ComponentChildren; bar: BarProps; note: string }

function Bars({ s }: { s: Station }) {
  const band = system.value?.band ?? { low: 0.9, high: 1.2 };
  const state = s.x === null ? 'normal' : s.x < band.low ? 'under' : s.x > band.high ? 'over' : 'normal';
  const dp = metres(s.differential_kPa);
  const need = f.kpaToMetres(s.differential_need_kPa);
  const short = dp.v !== null && need !== null && dp.v < need;
  const required = s.flow_required_t_per_h;
  const opening = s.opening_feedback_percent.v;
  const lines: Line[] = [
    {
      name: t('face.ratio'), note: `${f.ratio(band.low)}–${f.ratio(band.high)}`,
      value: <b class={`value ${s.x === null ? 'bad' : `live ${state}`}`} data-testid="face-x">{f.ratio(s.x)}</b>,
      bar: { value: s.x, min: 0.5, max: 1.6, low: band.low, high: band.high, state, pin: true },
    },
    {
      name: t('face.flow'), note: t('face.required', { v: f.flow(required) }),
      value: <Value of={s.flow_t_per_h} show={f.flow} unit="t/h" state={state} />,
      bar: { value: s.flow_t_per_h.v, min: 0, max: Math.max(1, (required ?? 1) * 1.8), low: (required ?? 0) * band.low, high: (required ?? 0) * band.high, notch: required, state, pin: true },
    },
    {
      name: t('face.differential'), note: need === null ? '' : t('face.need', { v: f.head(need) }),
      value: <Value of={dp} show={f.head} unit="m" state={short ? 'under' : ''} />,
      bar: { value: dp.v, min: 0, max: Math.max(20, (need ?? 5) * 4), low: need ?? 0, high: Math.max(20, (need ?? 5) * 4), state: short ? 'under' : 'normal', pin: true },
    },
    {
      name: t('face.opening'), note: opening !== null && opening > 95 ? t('face.nearly_open') : '',
      value: <Value of={s.opening_feedback_percent} show={(v) => f.number(v, 1)} unit="%" testid="face-feedback" />,
      bar: { value: opening, min: 0, max: 100, low: 10, high: 90, notch: s.opening_setpoint_percent.v, pin: true },
    },
    {
      name: t('face.secondary_supply'), note: s.secondary_supply_wanted_degC === null ? '' : t('face.wanted', { v: f.temperature(s.secondary_supply_wanted_degC) }),
      value: <Value of={s.secondary_supply_temperature_degC} show={f.temperature} unit="℃" absent={!s.points.includes('secondary_supply_temperature')} />,
      bar: { value: s.secondary_supply_temperature_degC.v, min: 25, max: 80, low: (s.secondary_supply_wanted_degC ?? 50) - 2, high: (s.secondary_supply_wanted_degC ?? 50) + 2, notch: s.secondary_supply_wanted_degC, pin: true },
    },
    {
      name: t('face.heat'), note: s.heat_needed_MW === null ? '' : t('face.required', { v: f.number(s.heat_needed_MW, 2) }),
      value: <Value of={s.heat_MW} show={(v) => f.number(v, 2)} unit="MW" />,
      bar: { value: s.heat_MW.v, min: 0, max: Math.max(0.1, (s.heat_needed_MW ?? 1) * 1.8), notch: s.heat_needed_MW, pin: true },
    },
  ];
  return <BarLines lines={lines} />;
}

export function BarLines({ lines }: { lines: Line[] }) {
  return (
    <div class="bars">
      {lines.map((l) => <div class="bar-line" key={l.name}><span>{l.name}</span><span class="num">{l.value}</span><Bar {...l.bar} /><span class="num dim">{l.note}</span></div>)}
    </div>
  );
}

/** Actions are the last things done to an element, with who and what came of it. */
export function Actions({ element }: { element: string }) {
  const rows = journal.value.filter((r) => r.element === element && (r.action !== 'item' || ['in_force', 'confirmed', 'not_done', 'no_effect', 'uncertain'].includes(r.stage))).slice(0, 4);
  return (
    <section class="actions" aria-label={t('face.actions')}>
      <h3>{t('face.actions')}</h3>
      {rows.length === 0 ? <p class="dim">{t('face.no_actions')}</p> : (
        <ul>{rows.map((r) => <li key={r.seq}><time>{f.clock(r.at_ms)}</time><span>{actionText(r)}</span><span class="dim">{r.role === 'program' ? tOr(`who.${r.who}`, r.who) : r.who}</span></li>)}</ul>
      )}
    </section>
  );
}

/** actionText words a row of the journal. */
export function actionText(r: JournalRow): string {
  const what = (r.action === 'item' || r.action === 'order') && r.stage ? tOr(`stage.${r.stage}`, r.stage) : tOr(`action.${r.action}`, r.action);
  const point = r.point ? tOr(`point.${r.point}`, r.point) : '';
  const change = r.new === null ? '' : r.old === null ? `${f.number(r.new, 1)} ${r.unit}` : `${f.number(r.old, 1)} → ${f.number(r.new, 1)} ${r.unit}`;
  const mode = r.action.startsWith('mode') && r.stage ? tOr(`mode.${r.stage}`, r.stage) : '';
  return [r.denied ? t('journal.denied') : '', what, point, change, mode, r.order && r.action !== 'item' ? shortOrder(r.order) : ''].filter(Boolean).join(' ');
}

