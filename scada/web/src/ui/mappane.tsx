// The map with its colouring, legend, zoom and scale.
import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { number } from '../format';
import { t, lang } from '../i18n';
import { CityMap, FRICTION_LIMIT, OLD_FROM, type Colouring } from '../map/city';
import { places, scenePath, scenePipes, sceneSources, sceneStations, worst } from '../map/scene';
import { reveal, select } from '../select';
import { doc, kpi, net, network, pipes, profile, selection, sources, system } from '../store';
import { theme } from './header';

let shown: CityMap | null = null;
/** mapKeys moves the map from the keyboard; false: not a key of the map. */
export function mapKey(key: string): boolean {
  if (!shown) return false;
  switch (key) {
    case '+': case '=': shown.zoom(1); return true;
    case '-': case '\u2212': shown.zoom(-1); return true;
    case '0': shown.fit(); return true;
    case 'ArrowLeft': shown.pan(-80, 0); return true;
    case 'ArrowRight': shown.pan(80, 0); return true;
    case 'ArrowUp': shown.pan(0, -80); return true;
    case 'ArrowDown': shown.pan(0, 80); return true;
    default: return false;
  }
}

export function MapPane() {
  const target = useRef<HTMLDivElement>(null);
  const map = useRef<CityMap | null>(null);
  const colouring = useSignal<Colouring>('abnormal');
  const metres = useSignal(0);
  const n = doc(network.value);
  const at = useMemo(() => (n ? places(n) : new Map<string, [number, number]>()), [n]);

  useEffect(() => {
    const city = new CityMap(target.current!, {
      station: (id) => select({ kind: 'station', id }, false),
      source: (id) => select({ kind: 'source', id }, false),
      pipe: () => undefined,
      scale: (m) => { metres.value = m; },
    });
    map.current = shown = city;
    const watch = new ResizeObserver(() => city.resize());
    watch.observe(target.current!);
    return () => {
      watch.disconnect();
      city.destroy();
      shown = null;
    };
  }, []);
  useEffect(() => { if (n) map.current?.setPipes(scenePipes(n, at, pipes.value)); }, [n, at, pipes.value]);
  useEffect(() => { if (n) map.current?.setPoints(sceneStations(n, at, net.value), sceneSources(n, at, sources.value)); }, [n, at, net.value, sources.value, lang.value]);
  const path = doc(profile.value);
  const sel = selection.value;
  useEffect(() => map.current?.select(sel?.id ?? '', sel?.kind === 'station' && path?.station === sel.id ? scenePath(path, at) : []), [sel, path, at]);
  useEffect(() => map.current?.setColouring(colouring.value), [colouring.value]);
  useEffect(() => map.current?.repaint(), [theme.value]);
  useEffect(() => {
    const pin = n && sel && (n.stations.find((s) => s.id === sel.id) ?? n.sources.find((s) => s.id === sel.id));
    const place = pin && (at.get(pin.from) ?? at.get(pin.to));
    if (place) map.current?.show(place);
  }, [reveal.value]);

  const k = kpi.value;
  const modes: Colouring[] = ['abnormal', 'differential', 'friction', 'age'];
  return (
    <section class="panel map" aria-label={t('map.title')} data-testid="map">
      <div class="map-canvas" ref={target} role="img" tabIndex={0} aria-label={k ? t('map.summary', { under: k.under, over: k.over, worst: worst(net.value) || '—' }) : t('state.loading')}
        onKeyDown={(e) => { if (mapKey(e.key)) { e.preventDefault(); e.stopPropagation(); } }} />
      <div class="segments colouring" role="group" aria-label={t('map.colour_by')}>
        <span>{t('map.colour_by')}</span>
        {modes.map((c) => (
          <button key={c} aria-pressed={colouring.value === c} onClick={() => { colouring.value = c; }} data-testid={`colour-${c}`}>{t(`map.${c}`)}</button>
        ))}
      </div>
      <div class="zoom">
        <button onClick={() => map.current?.zoom(1)} aria-label={t('map.zoom_in')}>+</button>
        <button onClick={() => map.current?.zoom(-1)} aria-label={t('map.zoom_out')}>−</button>
        <button onClick={() => map.current?.fit()} aria-label={t('map.fit')}>⤢</button>
      </div>
      {network.value.state === 'failed' && <div class="map-note" role="alert">{network.value.error.words}</div>}
      {n && n.pipes.length === 0 && <div class="map-note">{t('map.empty')}</div>}
      {n && n.pipes.length > 0 && at.size === 0 && <div class="map-note">{t('map.no_coordinates')}</div>}
      {pipes.value && !pipes.value.good && <div class="map-strip" role="status">{t('map.model_bad')}</div>}
      <Legend colouring={colouring.value} metres={metres.value} />
    </section>
  );
}

function Legend({ colouring, metres }: { colouring: Colouring; metres: number }) {
  const band = system.value?.band ?? { low: 0.9, high: 1.2 };
  const low = number(band.low, 2);
  const high = number(band.high, 2);
  const ruler = scaleBar(metres);
  return (
    <div class="legend">
      <span><svg viewBox="0 0 14 14"><rect class="k-square" x="3" y="3" width="8" height="8" /></svg>{t('state.normal')} {low}–{high}</span>
      <span><svg viewBox="0 0 14 14"><path class="k-under" d="M4 1h6v7l-3 5-3-5z" /></svg>{t('state.under')} &lt; {low}</span>
      <span><svg viewBox="0 0 14 14"><path class="k-over" d="M4 13h6V6L7 1 4 6z" /></svg>{t('state.over')} &gt; {high}</span>
      <span><svg viewBox="0 0 14 14"><rect class="k-lost" x="3" y="3" width="8" height="8" /><path class="k-line" d="m3 11 8-8" /></svg>{t('state.lost')}</span>
      <span><svg viewBox="0 0 14 14"><rect class="k-square" x="3" y="3" width="8" height="8" /><path class="k-line" d="m3 11 8-8M3 3l8 8" /></svg>{t('map.not_right')}</span>
      {(colouring === 'abnormal' || colouring === 'friction') && <span><i class="k-friction" />{t('map.friction_over', { v: FRICTION_LIMIT })}</span>}
      {colouring === 'friction' && <span><i class="k-ramp" />0 → {FRICTION_LIMIT} Pa/m</span>}
      {colouring === 'age' && <span><i class="k-ramp" />{t('map.years', { v: OLD_FROM })}</span>}
      {colouring === 'differential' && <span><i class="k-ramp" />0 → 30 m</span>}
      <span><i class="k-path" />{t('map.path')}</span>
      {ruler && <span class="ruler"><i style={{ width: `${ruler.pixels}px` }} />{ruler.label}</span>}
    </div>
  );
}

function scaleBar(metres: number): { pixels: number; label: string } | null {
  if (!metres) return null;
  const target = metres * 90;
  const power = 10 ** Math.floor(Math.log10(target));
  const length = [5, 2, 1].map((k) => k * power).find((v) => v <= target) ?? power;
  return { pixels: Math.round(length / metres), label: length >= 1000 ? `${length / 1000} km` : `${length} m` };
}
