// The station as the crew knows it: primary on the left, secondary on the
// right, each value where its instrument sits.
import { kpaToMetres, flow, number, percent, pressure, temperature } from '../format';
import { t } from '../i18n';
import type { Live, Station } from '../view';
import { Value } from './value';

export function Schematic({ s }: { s: Station }) {
  const has = (q: string) => s.points.includes(q);
  const secondary = has('secondary_supply_temperature') || has('secondary_return_temperature') || s.secondary_supply_temperature_degC.v !== null;
  const kpa = s.differential_kPa;
  return (
    <div class="schematic" data-testid="schematic">
      <svg viewBox="0 0 390 176" aria-hidden="true" preserveAspectRatio="none">
        <path class="pipe hs" d="M6 56H166" /><path class="pipe hr" d="M6 138H166" />
        <path class={`pipe hs ${secondary ? '' : 'dash'}`} d="M214 56H384" /><path class={`pipe hr ${secondary ? '' : 'dash'}`} d="M214 138H384" />
        <rect class="hx" x="166" y="36" width="48" height="122" /><path class="hx-line" d="m176 158 28-122" />
        <path class="valve" d="M84 47v18l24-18v18zM96 56V42M88 42h16a8 8 0 0 0-16 0z" />
        <g class="arrow"><path d="M150 52l8 4-8 4zM14 134l-8 4 8 4zM376 52l8 4-8 4zM222 134l-8 4 8 4z" /></g>
      </svg>
      <b class="side left">{t('face.primary')}</b><b class="side right">{t('face.secondary')}</b>
      <Spot x={1} y={26}><Value of={s.supply_temperature_degC} show={temperature} unit="℃" /></Spot>
      <Spot x={1} y={62}><Value of={s.supply_pressure_MPa} show={pressure} unit="MPa" /></Spot>
      <Spot x={1} y={108}><Value of={s.return_temperature_degC} show={temperature} unit="℃" /></Spot>
      <Spot x={1} y={144}><Value of={s.return_pressure_MPa} show={pressure} unit="MPa" /></Spot>
      <Spot x={84} y={6} centre><Value of={s.opening_feedback_percent} show={percent} unit="%" testid="schematic-opening" /></Spot>
      <Spot x={78} y={70}><Value of={s.flow_t_per_h} show={flow} unit="t/h" /></Spot>
      <Spot x={78} y={87}><Value of={s.heat_MW} show={(v) => number(v, 2)} unit="MW" /></Spot>
      <Spot x={78} y={112}><span class="dim">Δp</span> <Value of={kpa} show={percent} unit="kPa" /></Spot>
      {secondary ? (
        <>
          <Spot x={384} y={26} right><Value of={s.secondary_supply_temperature_degC} show={temperature} unit="℃" /></Spot>
          <Spot x={384} y={108} right><Value of={s.secondary_return_temperature_degC} show={temperature} unit="℃" /></Spot>
        </>
      ) : <Spot x={384} y={88} right><span class="dim">{t('face.not_connected')}</span></Spot>}
    </div>
  );
}

function Spot({ x, y, right, centre, children }: { x: number; y: number; right?: boolean; centre?: boolean; children: preact.ComponentChildren }) {
  const at = `${(x / 390) * 100}%`;
  return <span class={`spot ${centre ? 'centre' : ''}`} style={{ top: `${(y / 176) * 100}%`, ...(right ? { right: `${100 - (x / 390) * 100}%` } : { left: at }) }}>{children}</span>;
}

/** metres turns a differential into metres of water, keeping its quality. */
export function metres(kpa: Live): Live {
  return { ...kpa, v: kpaToMetres(kpa.v) };
}
