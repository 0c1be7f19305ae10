// The source panel 热源面板: heat, temperatures, pressures, pumps, make-up.
import * as f from '../format';
import { text } from '../findings';
import { t } from '../i18n';
import { sources } from '../store';
import { Actions, BarLines } from './face';
import { Chips } from './chips';
import { ManualRow } from './manual';
import { metres } from './schematic';
import { TrendChart } from './trend';
import { Value } from './value';

export function SourceFace({ id }: { id: string }) {
  const s = sources.value.find((q) => q.id === id);
  if (!s) return <p class="empty">{t('state.loading')}</p>;
  const hz = (v: number | null) => f.number(v, 1);
  const mw = (v: number | null) => f.number(v, v !== null && v < 100 ? 1 : 0);
  const absent = (q: string) => !s.points.includes(q);
  const lines = [
    { name: t('source.heat'), note: s.capacity_MW === null ? '' : t('source.capacity', { v: mw(s.capacity_MW) }), value: <Value of={s.heat_MW} show={mw} unit="MW" />,
      bar: { value: s.heat_MW.v, min: 0, max: s.capacity_MW ?? Math.max(1, (s.heat_MW.v ?? 0) * 1.5), low: 0, high: (s.capacity_MW ?? 0) * 0.95, pin: true } },
    { name: t('source.supply'), note: s.supply_temperature_setpoint_degC.v === null ? '' : t('kpi.set', { v: f.temperature(s.supply_temperature_setpoint_degC.v) }), value: <Value of={s.supply_temperature_degC} show={f.temperature} unit="℃" />,
      bar: { value: s.supply_temperature_degC.v, min: 40, max: 150, notch: s.supply_temperature_setpoint_degC.v, pin: true } },
    { name: t('source.return'), note: '', value: <Value of={s.return_temperature_degC} show={f.temperature} unit="℃" />, bar: { value: s.return_temperature_degC.v, min: 20, max: 90, low: 30, high: 60, pin: true } },
    { name: t('source.supply_p'), note: '', value: <Value of={s.supply_pressure_MPa} show={f.pressure} unit="MPa" />, bar: { value: s.supply_pressure_MPa.v, min: 0, max: 1.6, low: 0.3, high: 1.5, pin: true } },
    { name: t('source.return_p'), note: s.hold_pressure_MPa === null ? '' : t('source.hold', { v: f.pressure(s.hold_pressure_MPa) }), value: <Value of={s.return_pressure_MPa} show={f.pressure} unit="MPa" />,
      bar: { value: s.return_pressure_MPa.v, min: 0, max: 1.6, low: 0.1, high: 0.6, notch: s.hold_pressure_MPa, pin: true } },
    { name: t('source.head'), note: '', value: <Value of={metres(s.differential_kPa)} show={f.head} unit="m" />, bar: { value: f.kpaToMetres(s.differential_kPa.v), min: 0, max: 120, pin: true } },
    { name: t('source.flow'), note: '', value: <Value of={s.flow_t_per_h} show={f.flow} unit="t/h" />, bar: { value: s.flow_t_per_h.v, min: 0, max: Math.max(10, (s.flow_t_per_h.v ?? 0) * 1.6), pin: true } },
    { name: t('source.speed'), note: s.pump_power_kW === null ? '' : `${f.number(s.pump_power_kW)} kW`, value: <Value of={s.speed_feedback_Hz} show={hz} unit="Hz" />,
      bar: { value: s.speed_feedback_Hz.v, min: 0, max: s.max_speed_Hz ?? 50, low: s.min_speed_Hz ?? 15, high: s.max_speed_Hz ?? 50, notch: s.speed_setpoint_Hz.v, pin: true } },
    { name: t('source.makeup'), note: '', value: <Value of={s.make_up_t_per_h} show={f.flow} unit="t/h" absent={absent('make_up_flow') && s.make_up_t_per_h.v === null} />, bar: { value: s.make_up_t_per_h.v, min: 0, max: Math.max(1, (s.flow_t_per_h.v ?? 0) * 0.01), low: 0, high: (s.flow_t_per_h.v ?? 0) * 0.005, pin: true } },
    { name: t('source.outdoor'), note: '', value: <Value of={s.outdoor_degC} show={f.temperature} unit="℃" />, bar: { value: s.outdoor_degC.v, min: -35, max: 15, pin: true } },
  ];
  return (
    <>
      <div class="face-top">
        <h2 class="face-name" data-testid="face-name">{text(s.name, id)}</h2>
        <Chips element={id} mode={s.mode} remote={s.remote} fallback={s.fallback} lock={s.lock} />
      </div>
      <p class="face-sub">{id} · {t('source.feeds', { n: s.stations })}</p>
      <BarLines lines={lines} />
      <ManualRow element={id} quantity="speed_setpoint" unit="Hz" set={s.speed_setpoint_Hz} feedback={s.speed_feedback_Hz} order={s.order} stage={s.order_stage} min={s.min_speed_Hz ?? 0} max={s.max_speed_Hz ?? 50} decimals={1} />
      <TrendChart element={id} left="MPa" right="Hz" pens={[
        { quantity: 'supply_pressure', name: 'source.supply_p', axis: 'left', token: 'hs', live: s.supply_pressure_MPa },
        { quantity: 'return_pressure', name: 'source.return_p', axis: 'left', token: 'hr', live: s.return_pressure_MPa },
        { quantity: 'speed_feedback', name: 'source.speed', axis: 'right', token: 'ink2', live: s.speed_feedback_Hz },
      ]} />
      <Actions element={id} />
    </>
  );
}
