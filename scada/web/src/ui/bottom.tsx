// The bottom bar, on every screen: what is not right, worst first, and the
// tail of the journal.
import { nameOf, shortOrder, text, value, words } from '../findings';
import * as f from '../format';
import { lang, t, tOr } from '../i18n';
import { select } from '../select';
import { drawer } from '../commands';
import { doc, journal, network, notRight } from '../store';
import { actionText } from './face';
import type { JournalRow, NotRight } from '../view';
import { Priority } from './symbols';

export function Bottom() {
  return (
    <footer class="bottom" data-testid="bottom">
      <NotRightList />
      <JournalTail />
    </footer>
  );
}

function go(element: string): void {
  const n = doc(network.value);
  if (n?.stations.some((s) => s.id === element)) select({ kind: 'station', id: element });
  else if (n?.sources.some((s) => s.id === element)) select({ kind: 'source', id: element });
}

function NotRightList() {
  const rows = notRight.value;
  return (
    <section class="panel not-right" aria-label={t('bottom.not_right')} data-testid="not-right">
      <div class="bottom-head"><b>{t('bottom.not_right')}</b> {rows && <span class="count">{rows.length}</span>}<span class="spring" /><span>{t('bottom.value')}</span><span>{t('bottom.since')}</span></div>
      <div class="bottom-rows">
        {rows === null && <p class="empty">{t('state.loading')}</p>}
        {rows?.length === 0 && <p class="empty" data-testid="all-right">{t('bottom.all_right')}</p>}
        {rows?.map((r) => (
          <button class="bottom-row" key={r.key} onClick={() => go(r.element)} data-testid={`not-right-${r.key}`}>
            <Priority level={level(r)} /><b class="cut">{text(r.name, r.element)}</b><span class="cut">{words(r.what)}</span>
            <span class="num">{r.value === null ? '' : value(unitKey(r.unit), r.value)}{r.limit !== null && <span class="dim"> / {value(unitKey(r.unit), r.limit)}</span>}</span>
            <span class="num dim">{f.clock(r.since_plant_ms)}</span>
          </button>
        ))}
      </div>
    </section>
  );
}

const level = (r: NotRight) => (Math.min(4, Math.max(1, r.severity)) as 1 | 2 | 3 | 4);
const UNIT_KEYS: Record<string, string> = { kPa: '_kPa', MPa: '_MPa', '%': '_percent', degC: '_degC', 't/h': '_t_per_h', Hz: '_Hz', '': 'x' };
const unitKey = (unit: string) => UNIT_KEYS[unit] ?? unit;

function JournalTail() {
  const rows = journal.value;
  return (
    <section class="panel journal" aria-label={t('bottom.journal')} data-testid="journal">
      <div class="bottom-head"><b>{t('bottom.journal')}</b></div>
      <div class="bottom-rows">
        {rows.length === 0 && <p class="empty">{t('bottom.no_rows')}</p>}
        {rows.slice(0, 50).map((r) => <JournalLine key={r.seq} r={r} />)}
      </div>
    </section>
  );
}

function JournalLine({ r }: { r: JournalRow }) {
  const who = r.role === 'program' ? tOr(`who.${r.who}`, r.who) : r.who;
  const reason = (lang.value === 'zh' && r.reason_zh) || r.reason;
  return (
    <button class={`bottom-row ${r.denied ? 'denied' : ''}`} onClick={() => { if (r.element) go(r.element); else if (r.order) drawer.value = { kind: 'order', id: r.order }; }} data-testid={`journal-${r.seq}`} data-action={r.action}>
      <time>{f.clock(r.at_ms)}</time><span class="cut soft">{who}</span><b class="cut">{r.element ? text(r.name, nameOf(r.element)) : r.order ? shortOrder(r.order) : ''}</b>
      <span class="cut">{actionText(r)}</span><span class="cut dim" title={reason}>{reason}</span>
    </button>
  );
}
