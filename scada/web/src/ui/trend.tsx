// The last hour as curves. Gaps are gaps; between two fetches the live values
// carry the curves on.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { get, Refused } from '../api';
import { minutes } from '../format';
import { t, lang, type Word } from '../i18n';
import { plantNow, stale } from '../store';
import type { Live, Trend } from '../view';
import { theme } from './header';
import { useSize } from './size';

export interface PenSpec { quantity: string; name: Word; axis: 'left' | 'right'; token: string; dash?: boolean; live: Live | undefined }

const HOUR = 3_600_000;
const REFETCH = 10_000;

interface Props { element: string; pens: PenSpec[]; left: string; right: string; leftRange?: [number, number]; rightRange?: [number, number] }

export function TrendChart({ element, pens, left, right, rightRange }: Props) {
  const [box, size] = useSize<HTMLDivElement>();
  const chart = useRef<uPlot | null>(null);
  const data = useRef<{ times: number[]; values: (number | null)[][] }>({ times: [], values: [] });
  const state = useSignal<'loading' | 'ready' | 'failed' | 'not_stored' | 'empty'>('loading');
  const quantities = pens.map((p) => p.quantity).join(',');

  useEffect(() => {
    let over = false;
    state.value = 'loading';
    const fetchIt = async () => {
      if (stale.peek() || !plantNow()) return;
      const to = Math.round(plantNow());
      const query = pens.map((p) => `quantity=${p.quantity}`).join('&');
      try {
        const trend = await get<Trend>(`/api/trend?element=${encodeURIComponent(element)}&${query}&from_plant_ms=${to - HOUR}&to_plant_ms=${to}&max_points=600`);
        if (over) return;
        data.current = align(trend);
        state.value = trend.pens.every((p) => !p.stored) ? 'not_stored' : data.current.times.length === 0 ? 'empty' : 'ready';
        draw();
      } catch (e) {
        if (!over && data.current.times.length === 0 && e instanceof Refused) state.value = 'failed';
      }
    };
    data.current = { times: [], values: pens.map(() => []) };
    void fetchIt();
    const n = setInterval(() => void fetchIt(), REFETCH);
    return () => { over = true; clearInterval(n); };
  }, [element, quantities]);

  // Live values between two fetches.
  const newest = Math.max(0, ...pens.map((p) => p.live?.t ?? 0));
  useEffect(() => {
    const d = data.current;
    if (!newest || stale.peek() || d.times.length === 0) return;
    const at = newest / 1000;
    if (at <= d.times[d.times.length - 1]!) return;
    d.times.push(at);
    pens.forEach((p, i) => d.values[i]?.push(p.live?.q === 'good' ? p.live.v : null));
    draw();
  }, [newest]);

  const draw = () => {
    const c = chart.current;
    if (!c) return;
    const d = data.current;
    c.setData([d.times, ...d.values] as uPlot.AlignedData, false);
    const end = d.times.length ? d.times[d.times.length - 1]! : plantNow() / 1000;
    c.batch(() => {
      c.setScale('x', { min: end - HOUR / 1000, max: end });
    });
  };

  useEffect(() => {
    const el = box.current;
    if (!el || size.width < 80 || size.height < 50) return undefined;
    const style = getComputedStyle(document.documentElement);
    const colour = (token: string) => style.getPropertyValue(`--${token}`).trim();
    const axis = { stroke: colour('ink3'), grid: { stroke: colour('rule'), width: 1 }, ticks: { show: false }, font: '11px sans-serif' };
    const c = new uPlot({
      width: size.width, height: size.height, legend: { show: false }, cursor: { show: true, drag: { x: false, y: false } }, padding: [6, 4, 0, 0],
      series: [{}, ...pens.map((p) => ({ scale: p.axis, stroke: colour(p.token), width: 1.6, dash: p.dash ? [5, 4] : undefined, spanGaps: false, points: { show: false } }))],
      scales: {
        x: { time: true },
        left: { range: (_u: uPlot, lo: number | null, hi: number | null) => padded(lo, hi) },
        right: { range: (_u: uPlot, lo: number | null, hi: number | null) => rightRange ?? padded(lo, hi) },
      },
      axes: [
        { ...axis, size: 20, space: 70, values: (_u, ticks) => ticks.map((v) => minutes(v * 1000)) },
        { ...axis, scale: 'left', size: 42, space: 26 },
        { ...axis, scale: 'right', side: 1, size: 36, space: 26, grid: { show: false } },
      ],
    }, [[], ...pens.map(() => [])] as uPlot.AlignedData, el);
    chart.current = c;
    draw();
    return () => {
      c.destroy();
      chart.current = null;
    };
  }, [size.width, size.height, quantities, theme.value, lang.value]);

  return (
    <div class="trend" data-testid="trend" data-state={state.value}>
      <div class="trend-head">
        <b>{t('trend.last_hour')}</b>
        <span class="spring" />
        {pens.map((p) => <span key={p.quantity} class="pen"><i class={`pen-${p.token} ${p.dash ? 'dash' : ''}`} />{t(p.name)}</span>)}
      </div>
      <div class="trend-units"><span>{left}</span><span>{right}</span></div>
      <div class="trend-plot" ref={box} />
      {state.value !== 'ready' && <p class="trend-note">{t(`trend.${state.value}`)}</p>}
    </div>
  );
}

function padded(lo: number | null, hi: number | null): [number, number] {
  if (lo === null || hi === null) return [0, 1];
  const pad = Math.max((hi - lo) * 0.15, Math.abs(hi) * 0.06, 0.01);
  return [lo - pad, hi + pad];
}

/** align puts pens with times of their own on one time axis; a missing sample stays missing. */
export function align(trend: Trend): { times: number[]; values: (number | null)[][] } {
  const all = [...new Set(trend.pens.flatMap((p) => p.t))].sort((a, b) => a - b);
  const at = new Map(all.map((time, i) => [time, i]));
  const values = trend.pens.map((p) => {
    const column: (number | null)[] = new Array<number | null>(all.length).fill(null);
    // A pen that has no sample at another pen's time is not interrupted there.
    if (trend.pens.length > 1) column.fill(undefined as unknown as null);
    p.t.forEach((time, i) => { column[at.get(time)!] = p.v[i] ?? null; });
    return column;
  });
  return { times: all.map((ms) => ms / 1000), values };
}
