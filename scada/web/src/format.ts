// Numbers as the control room reads them: decimal point, thin spaces from
// 10 000, a true minus, and a dash where there is no value.

const THIN = '\u2009';
const MINUS = '\u2212';
export const MISSING = '\u2014';

/** A number that may be unknown: JSON null, or absent. */
export type Maybe = number | null | undefined;

/** number prints v with fixed decimals; unknown prints a dash, never 0. */
export function number(v: Maybe, decimals = 0): string {
  if (v === null || v === undefined || !Number.isFinite(v)) return MISSING;
  let text = Math.abs(v).toFixed(decimals);
  const negative = v < 0 && Number(text) !== 0;
  const dot = text.indexOf('.');
  const whole = dot < 0 ? text : text.slice(0, dot);
  if (whole.length > 4) {
    text = whole.replace(/\B(?=(\d{3})+$)/g, THIN) + (dot < 0 ? '' : text.slice(dot));
  }
  return negative ? MINUS + text : text;
}

/** signed prints a difference: always with a sign, zero without one. */
export function signed(v: Maybe, decimals = 0): string {
  const text = number(v, decimals);
  if (v === null || v === undefined || text === MISSING || text.startsWith(MINUS) || Number(v.toFixed(decimals)) === 0) return text;
  return '+' + text;
}

/** flow prints t/h: one decimal, none from 100. */
export function flow(v: Maybe): string {
  return number(v, v !== null && v !== undefined && Math.abs(v) >= 99.95 ? 0 : 1);
}

export const temperature = (v: Maybe) => number(v, 1);
export const pressure = (v: Maybe) => number(v, 3);
export const head = (v: Maybe) => number(v, 1);
export const ratio = (v: Maybe) => number(v, 2);
export const percent = (v: Maybe) => number(v, 0);

/** kPa of a water column turned into metres, at 1000 kg/m3. */
export const kpaToMetres = (kpa: Maybe): number | null => (kpa === null || kpa === undefined ? null : kpa / 9.80665);

const two = (n: number) => String(n).padStart(2, '0');

let zone: string | undefined;
let clockFormat: Intl.DateTimeFormat | undefined;

/** setZone sets the plant's time zone; an unknown name leaves the browser's. */
export function setZone(name: string | undefined): void {
  zone = name || undefined;
  try {
    clockFormat = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit',
      hour: '2-digit', minute: '2-digit', second: '2-digit', weekday: 'short',
    });
  } catch {
    zone = undefined;
    clockFormat = undefined;
  }
}

interface Parts { date: string; time: string; weekday: number }

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

function parts(ms: number): Parts {
  if (clockFormat) {
    const get: Record<string, string> = {};
    for (const p of clockFormat.formatToParts(ms)) get[p.type] = p.value;
    return {
      date: `${get.year}-${get.month}-${get.day}`,
      time: `${get.hour}:${get.minute}:${get.second}`,
      weekday: WEEKDAYS.indexOf(get.weekday ?? 'Sun'),
    };
  }
  const d = new Date(ms);
  return {
    date: `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`,
    time: `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`,
    weekday: d.getDay(),
  };
}

/** clock prints HH:mm:ss of a moment in ms since 1970. */
export const clock = (ms: Maybe) => (ms ? parts(ms).time : MISSING);
/** minutes prints HH:mm. */
export const minutes = (ms: Maybe) => (ms ? parts(ms).time.slice(0, 5) : MISSING);
export const date = (ms: Maybe) => (ms ? parts(ms).date : MISSING);
export const weekday = (ms: number) => parts(ms).weekday;

/** duration prints a span as mm:ss, or h:mm:ss from an hour. */
export function duration(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const h = Math.floor(s / 3600);
  const rest = `${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}`;
  return h > 0 ? `${h}:${rest}` : rest;
}

/** age prints seconds with one decimal below 10, whole above, minutes later. */
export function age(ms: number): string {
  const s = Math.max(0, ms) / 1000;
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 120) return `${Math.round(s)} s`;
  return duration(ms);
}
