// The station list: worst first, searched, filtered, by mouse and by keys. Only
// the rows in view are in the page.
import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { nameOf } from '../findings';
import { flow, MISSING, ratio, signed } from '../format';
import { t, tOr } from '../i18n';
import { Ranking } from '../rank';
import { select } from '../select';
import { kpi, net, netLoaded, now, selection, system, type NetRow } from '../store';
import { Bar } from './bar';
import { markOf } from './mark';
import { Mark } from './symbols';
import { useSize } from './size';

type Filter = 'under' | 'over' | 'lost' | 'all';
const OVERSCAN = 6;
/** How long after a movement over the list its order stands, ms. */
const HELD_FOR = 30_000;

export function StationList() {
  const filter = useSignal<Filter>('all');
  const search = useSignal('');
  const touched = useSignal(0);
  const top = useSignal(0);
  const ranking = useMemo(() => new Ranking(), []);
  const [box, size] = useSize<HTMLDivElement>();
  const rowHeight = useComputed(() => 2.08 * parseFloat(getComputedStyle(document.documentElement).fontSize)).value;

  const wanted = search.value.trim().toLowerCase();
  const found = net.value.filter((r) => keep(r, filter.value) && (!wanted || `${nameOf(r.id)} ${r.id}`.toLowerCase().includes(wanted)));
  const byId = new Map(found.map((r) => [r.id, r]));
  // Rows stand still under the pointer and the focus, but not for ever: a
  // pointer left lying must not keep an old order on the wall.
  const order = ranking.update(found, now.value, now.value - touched.value < HELD_FOR);
  const touch = () => { touched.value = Date.now(); };
  const selected = selection.value?.kind === 'station' ? selection.value.id : '';

  const scrollTo = (n: number) => {
    const el = box.current;
    if (!el || n < 0) return;
    if (n * rowHeight < el.scrollTop) el.scrollTop = n * rowHeight;
    else if ((n + 1) * rowHeight > el.scrollTop + el.clientHeight) el.scrollTop = (n + 1) * rowHeight - el.clientHeight;
  };
  useEffect(() => scrollTo(order.indexOf(selected)), [selected]);

  const keys = (e: KeyboardEvent) => {
    touch();
    const at = order.indexOf(selected);
    const to = { ArrowDown: Math.min(order.length - 1, at + 1), ArrowUp: Math.max(0, at - 1), Home: 0, End: order.length - 1,
      PageDown: Math.min(order.length - 1, at + 10), PageUp: Math.max(0, at - 10) }[e.key];
    if (e.key === 'Enter' && selected) document.querySelector<HTMLElement>('.face')?.focus();
    if (to === undefined || order.length === 0) return;
    e.preventDefault();
    select({ kind: 'station', id: order[to]! });
    scrollTo(to);
  };

  const first = Math.max(0, Math.floor(top.value / rowHeight) - OVERSCAN);
  const last = Math.min(order.length, Math.ceil((top.value + size.height) / rowHeight) + OVERSCAN);
  const k = kpi.value;
  const counts: [Filter, number | undefined][] = [['under', k?.under], ['over', k?.over], ['lost', k?.lost], ['all', k?.stations]];
  return (
    <aside class="panel list" data-testid="list">
      <h2>{t('list.title')}</h2>
      <input class="input" type="search" id="search" placeholder={t('list.search')} aria-label={t('list.search')} value={search.value} data-testid="search"
        onInput={(e) => { search.value = e.currentTarget.value; }}
        onKeyDown={(e) => {
          if (e.key === 'Escape') { search.value = ''; box.current?.focus(); }
          if ((e.key === 'Enter' || e.key === 'ArrowDown') && order[0]) { select({ kind: 'station', id: order[0] }); box.current?.focus(); e.preventDefault(); }
        }} />
      <div class="filters" role="group" aria-label={t('list.filters')}>
        {counts.map(([name, n]) => (
          <button key={name} aria-pressed={filter.value === name} onClick={() => { filter.value = name; }} data-testid={`filter-${name}`}>
            {tOr(`state.${name}`, name)} <b>{n ?? MISSING}</b>
          </button>
        ))}
      </div>
      <div class="columns" aria-hidden="true"><span>{t('list.station')}</span><span>{t('list.ratio')}</span><span class="num">{t('list.difference')}</span></div>
      <div class="rows" ref={box} role="listbox" tabIndex={0} aria-label={t('list.title')} data-testid="rows"
        aria-activedescendant={selected ? `row-${selected}` : undefined} onKeyDown={keys} onScroll={(e) => { top.value = e.currentTarget.scrollTop; }}
        onPointerMove={touch} onPointerDown={touch} onPointerLeave={() => { touched.value = 0; }}>
        <div class="rows-all" style={{ height: `${order.length * rowHeight}px` }}>
          {order.slice(first, last).map((id, i) => {
            const r = byId.get(id);
            return r && <Row key={id} r={r} top={(first + i) * rowHeight} selected={id === selected} />;
          })}
        </div>
        {netLoaded.value && order.length === 0 && <Empty filter={filter.value} searching={wanted !== ''} />}
        {!netLoaded.value && <p class="empty">{t('state.loading')}</p>}
      </div>
    </aside>
  );
}

function keep(r: NetRow, f: Filter): boolean {
  if (f === 'all') return true;
  if (f === 'lost') return r.state === 'lost' || r.state === 'bad_flow' || r.state === 'stuck' || r.state === 'local';
  return r.state === f;
}

function Row({ r, top, selected }: { r: NetRow; top: number; selected: boolean }) {
  const band = system.value?.band ?? { low: 0.9, high: 1.2 };
  const good = r.flow.q === 'good' || r.flow.q === 'estimated' || r.flow.q === 'substituted';
  const state = r.x === null ? 'normal' : r.x < band.low ? 'under' : r.x > band.high ? 'over' : 'normal';
  const difference = good && r.flow.v !== null && r.required !== null ? r.flow.v - r.required : null;
  const mark = markOf(r);
  return (
    <div class={`row ${selected ? 'selected' : ''}`} role="option" id={`row-${r.id}`} aria-selected={selected} style={{ transform: `translateY(${top}px)` }}
      onClick={() => select({ kind: 'station', id: r.id })} data-testid={`row-${r.id}`} title={nameOf(r.id)}>
      <Mark kind={mark} title={tOr(`state.${r.state}`, r.state)} />
      <span class="name">{nameOf(r.id)}</span>
      <Bar value={r.x} min={0.5} max={1.6} low={band.low} high={band.high} state={state} />
      <b class={`num ${r.x === null ? 'bad' : `live ${state}`}`}>{ratio(r.x)}</b>
      <span class="num soft">{difference === null ? (r.x === null ? tOr(`state.${r.state}`, MISSING) : MISSING) : Math.abs(difference) < 99.95 ? signed(difference, 1) : signed(difference, 0)}</span>
      <span class="sr">{tOr(`state.${r.state}`, r.state)} {flow(r.flow.v)} t/h</span>
    </div>
  );
}

/** A good state says so and is not blank. */
function Empty({ filter, searching }: { filter: Filter; searching: boolean }) {
  if (searching) return <p class="empty">{t('list.none_found')}</p>;
  if (filter === 'all') return <p class="empty">{t('list.no_stations')}</p>;
  return <p class="empty">{t('list.none_of', { state: tOr(`state.${filter}`, filter) })}</p>;
}
