// The strip of eight figures, each with its normal range.
import { select } from '../select';
import { drawer } from '../commands';
import * as f from '../format';
import { t } from '../i18n';
import { kpi } from '../store';
import type { Live } from '../view';
import { Bar, type BarProps } from './bar';
import { Priority } from './symbols';

interface KpiProps {
  name: string;
  note?: string;
  value: string;
  unit: string;
  bar?: BarProps;
  /** Beyond its limit: framed, with a symbol. */
  flag?: boolean;
  live?: Live;
  onClick?(): void;
  testid: string;
}

function Kpi({ name, note, value, unit, bar, flag, live, onClick, testid }: KpiProps) {
  const doubtful = live && live.q !== 'good' && live.q !== 'estimated' && live.q !== 'substituted';
  const body = (
    <>
      <span class="top"><span>{flag && <Priority level={2} />} {name}</span><em>{note}</em></span>
      <span class={`big ${doubtful ? 'bad' : ''}`}>{value}<small>{unit}</small></span>
      {bar ? <Bar {...bar} /> : <Bar value={null} min={0} max={1} />}
    </>
  );
  const label = `${name} ${value} ${unit} ${note ?? ''}`;
  return onClick
    ? <button class={`kpi ${flag ? 'flag' : ''}`} onClick={onClick} aria-label={label} data-testid={testid}>{body}</button>
    : <div class={`kpi ${flag ? 'flag' : ''}`} role="group" aria-label={label} data-testid={testid}>{body}</div>;
}

const m = f.kpaToMetres;
const up = (v: f.Maybe, factor: number, least: number) => Math.max(least, (v ?? 0) * factor);

export function Kpis() {
  const k = kpi.value;
  if (!k) return <div class="kpis">{Array.from({ length: 8 }, (_, i) => <div class="kpi" key={i} aria-busy="true" />)}</div>;
  const heat = k.heat_MW.v;
  const crit = m(k.critical_differential_kPa.v);
  const need = m(k.critical_need_kPa);
  const off = k.under + k.over;
  const judged = k.x_min !== null; // nothing measured is not nothing wrong
  return (
    <section class="kpis" aria-label={t('kpi.strip')}>
      <Kpi testid="kpi-heat" name={t('kpi.heat')} live={k.heat_MW} value={f.number(heat, heat !== null && heat < 100 ? 1 : 0)} unit="MW"
        note={t('kpi.demand', { v: f.number(k.heat_needed_MW, k.heat_needed_MW !== null && k.heat_needed_MW < 100 ? 1 : 0) })}
        bar={{ value: heat, min: 0, max: up(k.heat_needed_MW, 1.6, 1), low: (k.heat_needed_MW ?? 0) * 0.95, high: (k.heat_needed_MW ?? 0) * 1.05 }} />
      <Kpi testid="kpi-supply" name={t('kpi.supply')} live={k.supply_temperature_degC} value={f.temperature(k.supply_temperature_degC.v)} unit="℃"
        note={k.supply_temperature_setpoint_degC === null ? '' : t('kpi.set', { v: f.number(k.supply_temperature_setpoint_degC, 0) })}
        bar={{ value: k.supply_temperature_degC.v, min: 40, max: 150, ...(k.supply_temperature_setpoint_degC === null ? {} : { low: k.supply_temperature_setpoint_degC - 3, high: k.supply_temperature_setpoint_degC + 3 }) }} />
      <Kpi testid="kpi-return" name={t('kpi.return')} live={k.return_temperature_degC} value={f.temperature(k.return_temperature_degC.v)} unit="℃"
        note={k.return_temperature_limit_degC === null ? '' : `≤ ${f.number(k.return_temperature_limit_degC, 0)}`}
        bar={{ value: k.return_temperature_degC.v, min: 20, max: 90, ...(k.return_temperature_limit_degC === null ? {} : { low: 30, high: k.return_temperature_limit_degC }) }} />
      <Kpi testid="kpi-critical" name={t('kpi.critical')} live={k.critical_differential_kPa} value={f.head(crit)} unit="m"
        note={need === null ? '' : t('kpi.need', { v: f.number(need, 1) })} flag={crit !== null && need !== null && crit < need}
        bar={{ value: crit, min: 0, max: up(need, 4, 20), low: need, high: up(need, 4, 20), state: crit !== null && need !== null && crit < need ? 'under' : 'normal' }}
        onClick={k.critical_station ? () => select({ kind: 'station', id: k.critical_station }) : undefined} />
      <Kpi testid="kpi-makeup" name={t('kpi.makeup')} live={k.make_up_t_per_h} value={f.flow(k.make_up_t_per_h.v)} unit="t/h"
        note={k.make_up_limit_t_per_h === null ? '' : t('kpi.limit', { v: f.flow(k.make_up_limit_t_per_h) })}
        flag={k.make_up_t_per_h.v !== null && k.make_up_limit_t_per_h !== null && k.make_up_t_per_h.v > k.make_up_limit_t_per_h}
        bar={{ value: k.make_up_t_per_h.v, min: 0, max: up(k.make_up_limit_t_per_h, 2, 1), low: 0, high: k.make_up_limit_t_per_h }} />
      <Kpi testid="kpi-unbalanced" name={t('kpi.unbalanced')} value={judged ? f.number(off) : f.MISSING} unit={`/ ${k.stations}`}
        note={t('kpi.split', { under: k.under, over: k.over })}
        bar={{ value: judged ? off : null, min: 0, max: Math.max(1, k.stations), low: 0, high: k.stations * 0.1, state: off > k.stations * 0.1 ? 'over' : 'normal' }} />
      <Kpi testid="kpi-outdoor" name={t('kpi.outdoor')} live={k.outdoor_degC} value={f.temperature(k.outdoor_degC.v)} unit="℃"
        note={k.x_min === null ? '' : t('kpi.spread', { min: f.ratio(k.x_min), max: f.ratio(k.x_max) })}
        bar={{ value: k.outdoor_degC.v, min: -35, max: 15, low: -25, high: 5 }} />
      <Kpi testid="kpi-pending" name={t('kpi.pending')} value={f.number(k.pending)} unit={k.running > 0 ? t('kpi.running', { n: k.running }) : ''}
        note={k.pending_oldest_ms === null ? '' : t('kpi.oldest', { time: f.minutes(k.pending_oldest_ms) })}
        bar={{ value: k.pending, min: 0, max: 10, low: 0, high: 3 }} onClick={() => { drawer.value = { kind: 'orders' }; }} />
    </section>
  );
}
