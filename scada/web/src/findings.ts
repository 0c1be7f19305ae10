// Statements of the service, worded in the language of the page.
import { clock, flow, head, kpaToMetres, number, pressure, ratio, temperature } from './format';
import { lang, tOr } from './i18n';
import { names } from './store';
import type { Finding, Order, Text } from './view';

/** text picks a name in the language of the page. */
export function text(x: Text | undefined | null, otherwise = ''): string {
  if (!x) return otherwise;
  return (lang.value === 'en' ? x.en || x.zh : x.zh || x.en) || otherwise;
}

/** nameOf returns the name of an element, or its id. */
export function nameOf(id: string): string {
  return text(names.value.get(id), id);
}

/** namesOf names the first of some elements, and says how many more there are. */
export const namesOf = (ids: string[]): string => ids.slice(0, 3).map(nameOf).join(lang.value === 'zh' ? '、' : ', ') + (ids.length > 3 ? ` +${ids.length - 3}` : '');

/** reasonOf is the reason of an order: as a person typed it, or the program's in the language of the page. */
export const reasonOf = (o: Order): string => (o.because ? words(o.because) : o.reason);

/** person is who proposed an order: a person by his name, or the program. */
export const person = (name: string): string => (name === 'evenflow' ? tOr('who.evenflow', name) : name);

/** shortOrder is how people call an order: its last six characters. */
export const shortOrder = (id: string) => `#${id.slice(-6).toUpperCase()}`;

/** value prints a parameter by the unit in its key. */
export function value(key: string, v: unknown): string {
  if (typeof v === 'number') {
    if (key.endsWith('_kPa')) return `${head(kpaToMetres(v))} m`;
    if (key.endsWith('_percent')) return `${number(v, Math.abs(v) < 10 ? 1 : 0)} %`;
    if (key.endsWith('_degC')) return `${temperature(v)} ℃`;
    if (key.endsWith('_MPa')) return `${pressure(v)} MPa`;
    if (key.endsWith('_t_per_h')) return `${flow(v)} t/h`;
    if (key.endsWith('_Hz')) return `${number(v, 1)} Hz`;
    if (key.endsWith('_m3_per_h')) return `${number(v, 1)} m³/h`;
    if (key.endsWith('_ms')) return clock(v);
    if (key === 'x' || key.startsWith('x_') || key === 'low' || key === 'high' || key === 'score') return ratio(v);
    return number(v, Number.isInteger(v) ? 0 : 2);
  }
  if (typeof v === 'string') {
    if (key === 'order') return shortOrder(v);
    if (key === 'mode' || key === 'quality') return tOr(`${key}.${v}`, v);
    if (key === 'reason') return tOr(`f.${v}`, v);
    return nameOf(v);
  }
  if (Array.isArray(v)) return v.map((x) => value(key, x)).join(lang.value === 'zh' ? '、' : ', ');
  return v === null || v === undefined ? '—' : String(v);
}

/** words turns a finding into a sentence; a code unknown to the page shows its English. */
export function words(f: Finding | undefined | null): string {
  if (!f) return '';
  if (f.chinese && f.english) return lang.value === 'zh' ? f.chinese : f.english;
  const args: Record<string, string> = {};
  for (const [k, v] of Object.entries(f.params ?? {})) if (v !== null && v !== undefined) args[k] = value(k, v);
  const elements = f.elements ?? [];
  if (elements.length > 0) args['elements'] ??= namesOf(elements);
  // One code may speak of a city (with a count), of a station (with its
  // figures) or stand alone: the first wording whose values are all there.
  for (const variant of ['#count', '', '#bare']) {
    const text = tOr(`f.${f.code}${variant}`, '', args);
    if (text && !/\{\w+\}/.test(text)) return text;
  }
  return f.english || tOr(`f.${f.code}`, f.code, args).replace(/\{\w+\}/g, '—');
}
