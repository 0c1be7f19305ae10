// Before and after an action, side by side; and what was measured then.
import { words } from '../findings';
import * as f from '../format';
import { t, tOr, type Word } from '../i18n';
import type { Check, Effect, Outcome } from '../view';

interface Line { name: Word; of(o: Outcome): string; raw(o: Outcome): number | null; decimals: number; factor?: number }

const m = f.kpaToMetres;

/** An order keeps only the figures of its prediction's head: 0 under and 0 over against a low x means not counted. */
const count = (o: Outcome, n: number) => (o.under === 0 && o.over === 0 && o.x_min !== null && o.x_min < 0.9 ? null : n);

const LINES: Line[] = [
  { name: 'effect.x_min', of: (o) => f.ratio(o.x_min), raw: (o) => o.x_min, decimals: 2 },
  { name: 'effect.x_max', of: (o) => f.ratio(o.x_max), raw: (o) => o.x_max, decimals: 2 },
  { name: 'effect.x_rms', of: (o) => f.number(o.x_rms_percent, 1), raw: (o) => o.x_rms_percent, decimals: 1 },
  { name: 'effect.under', of: (o) => f.number(count(o, o.under)), raw: (o) => count(o, o.under), decimals: 0 },
  { name: 'effect.over', of: (o) => f.number(count(o, o.over)), raw: (o) => count(o, o.over), decimals: 0 },
  { name: 'effect.in_band', of: (o) => f.number(o.in_band), raw: (o) => o.in_band, decimals: 0 },
  { name: 'effect.min_head', of: (o) => f.head(m(o.min_differential_kPa)), raw: (o) => m(o.min_differential_kPa), decimals: 1 },
  { name: 'effect.pump_head', of: (o) => f.head(m(o.pump_head_kPa)), raw: (o) => m(o.pump_head_kPa), decimals: 1 },
  { name: 'effect.pump_speed', of: (o) => f.number(o.pump_speed_Hz, 1), raw: (o) => o.pump_speed_Hz, decimals: 1 },
  { name: 'effect.pump_power', of: (o) => f.number(o.pump_power_kW, 0), raw: (o) => o.pump_power_kW, decimals: 0 },
  { name: 'effect.flow', of: (o) => f.flow(o.flow_t_per_h), raw: (o) => o.flow_t_per_h, decimals: 0 },
  { name: 'effect.p_max', of: (o) => f.pressure(o.max_pressure_MPa), raw: (o) => o.max_pressure_MPa, decimals: 3 },
];

/** EffectTable compares before and after; measured stands beside where it is known. */
export function EffectTable({ effect, measured }: { effect: Effect; measured?: Outcome | null }) {
  const lines = LINES.filter((l) => l.raw(effect.before) !== null || l.raw(effect.after) !== null);
  return (
    <table class="table effect" data-testid="effect">
      <thead><tr><th /><th class="num">{t('effect.before')}</th><th class="num">{t('effect.after')}</th>{measured && <th class="num">{t('effect.measured')}</th>}<th class="num">{measured ? t('effect.error') : t('effect.change')}</th></tr></thead>
      <tbody>
        {lines.map((l) => {
          const a = l.raw(effect.before);
          const b = l.raw(effect.after);
          const got = measured ? l.raw(measured) : null;
          const change = measured ? (got === null || b === null ? null : got - b) : a === null || b === null ? null : b - a;
          return (
            <tr key={l.name}>
              <td>{t(l.name)}</td><td class="num">{l.of(effect.before)}</td><td class="num"><b>{l.of(effect.after)}</b></td>
              {measured && <td class="num"><b>{l.of(measured)}</b></td>}
              <td class="num dim">{f.signed(change, l.decimals)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** Checks are the pressure rules after the action, in one line. */
export function Checks({ checks }: { checks: Check[] }) {
  if (checks.length === 0) return null;
  return (
    <p class="check-line">
      {checks.map((c) => (
        <span key={c.code} class={c.ok === false ? 'broken' : ''} title={c.missing ? words(c.missing) : ''}>
          {c.ok === null ? '?' : c.ok ? '✓' : '✕'} {tOr(`check.${c.code}`, c.code)} {c.margin_kPa !== null && <b>{f.signed(m(c.margin_kPa), 1)} m</b>}
        </span>
      ))}
    </p>
  );
}
