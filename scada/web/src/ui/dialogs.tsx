// The dialogs of the desk: approve, reject, revert, resume, mode, lock, help.
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { answered, key } from '../api';
import * as c from '../commands';
import { nameOf, shortOrder, text, words } from '../findings';
import * as f from '../format';
import { t, tOr, type Word } from '../i18n';
import { advice, orders, session, sources, station, system } from '../store';
import type { LockKind, Mode } from '../view';
import { Dialog } from './dialog';
import { Checks, EffectTable } from './effect';
import { ManualDialog } from './manual';

export function Dialogs() {
  const d = c.dialog.value;
  if (!d) return null;
  switch (d.kind) {
    case 'approve': return <Approve id={d.order} />;
    case 'reject': return <Reject id={d.order} />;
    case 'revert': return <Revert id={d.order} />;
    case 'manual': return <ManualDialog d={d} />;
    case 'mode': return <ModeDialog element={d.element} />;
    case 'lock': return <LockDialog element={d.element} />;
    case 'resume': return <Resume />;
    case 'help': return <Help />;
  }
}

/** useSend runs one command of a dialog once, closes on success and keeps the refusal on view. */
function useSend(done: string) {
  const error = useSignal('');
  const busy = useSignal(false);
  const once = useRef(key());
  const send = async (f: (k: string) => Promise<unknown>) => {
    if (busy.value) return;
    busy.value = true;
    error.value = '';
    try {
      await f(once.current);
      c.said.value = { text: done, bad: false };
      c.dialog.value = null;
    } catch (e) {
      error.value = c.refusal(e);
      if (answered(e)) once.current = key();
    }
    busy.value = false;
  };
  return { error, busy, send };
}

const Refusal = ({ words: w }: { words: string }) => (w ? <p class="refusal" role="alert" data-testid="refusal">{w}</p> : null);

function Reason({ value, set, enter, label, first }: { value: string; set(v: string): void; enter?(): void; label?: string; first?: boolean }) {
  return (
    <label class="field">{label ?? t('reason.label')}
      <input class="input" value={value} maxLength={500} data-first={first || undefined} onInput={(e) => set(e.currentTarget.value)} onKeyDown={(e) => { if (e.key === 'Enter') enter?.(); }} data-testid="reason" />
    </label>
  );
}

function Approve({ id }: { id: string }) {
  const { error, busy, send } = useSend(t('said.approved', { order: shortOrder(id) }));
  const reason = useSignal('');
  const rec = advice.value?.recommendation?.id === id ? advice.value.recommendation : undefined;
  const o = orders.value.find((q) => q.id === id);
  const effect = rec?.effect ?? o?.effect;
  const why = c.whyNot('approve', { plant: true, also: rec?.blocked });
  const go = () => { if (!why) void send((k) => c.approve(id, reason.value, k)); };
  const pump = rec?.moves.find((m) => m.quantity === 'speed_setpoint');
  return (
    <Dialog title={t('approve.title', { order: shortOrder(id) })} wide testid="approve-dialog"
      actions={<button class="btn main" data-first disabled={why !== '' || busy.value} title={why} onClick={go} data-testid="approve-confirm">{t('approve.confirm')}</button>}>
      {rec ? (
        <p class="headline">{t('approve.plan', { valves: rec.moves.filter((m) => m.quantity === 'opening_setpoint').length, batches: rec.batches, span: f.duration(rec.duration_s * 1000) })}
          {pump && <> · {t('card.pump')} <b>{f.number(pump.from, 1)} → {f.number(pump.to, 1)} {pump.unit}</b></>}</p>
      ) : o && <p class="headline">{words(o.title)}</p>}
      {effect && <EffectTable effect={effect} />}
      {rec && <Checks checks={rec.checks} />}
      {rec && rec.held.length > 0 && <p class="soft">{t('approve.held', { n: rec.held.length })}: {rec.held.slice(0, 4).map((h) => text(h.name, h.station)).join(', ')}{rec.held.length > 4 && ' …'}</p>}
      {rec && rec.unreachable.length > 0 && <p class="soft">{t('approve.unreachable', { n: rec.unreachable.length })}</p>}
      {((rec?.persons ?? o?.persons ?? 1) > 1) && <p class="why">{t('approve.two_persons')}</p>}
      {system.value?.two_person_items === 0 && <p class="dim">{t('approve.threshold_off')}</p>}
      <Reason value={reason.value} set={(v) => { reason.value = v; }} enter={go} />
      {why && <p class="refusal">{why}</p>}
      <Refusal words={error.value} />
    </Dialog>
  );
}

const REASONS: Word[] = ['reject.not_allowed', 'reject.data', 'reject.by_hand', 'reject.too_little', 'reject.other'];

function Reject({ id }: { id: string }) {
  const { error, busy, send } = useSend(t('said.rejected', { order: shortOrder(id) }));
  const chosen = useSignal<Word | ''>('');
  const note = useSignal('');
  const why = c.whyNot('approve');
  const reason = chosen.value ? [chosen.value === 'reject.other' ? '' : t(chosen.value), note.value].filter(Boolean).join(': ') : '';
  return (
    <Dialog title={t('reject.title', { order: shortOrder(id) })} testid="reject-dialog"
      actions={<button class="btn main" disabled={why !== '' || busy.value || reason === ''} title={why || (reason ? '' : t('reject.choose'))} onClick={() => void send((k) => c.reject(id, reason, k))} data-testid="reject-confirm">{t('act.reject')}</button>}>
      <fieldset class="choices"><legend>{t('reject.choose')}</legend>
        {REASONS.map((r, i) => (
          <label key={r}><input type="radio" name="reason" checked={chosen.value === r} data-first={i === 0 || undefined} onChange={() => { chosen.value = r; }} data-testid={r} /> {t(r)}</label>
        ))}
      </fieldset>
      <Reason value={note.value} set={(v) => { note.value = v; }} label={t('reject.note')} />
      {why && <p class="refusal">{why}</p>}
      <Refusal words={error.value} />
    </Dialog>
  );
}

function Revert({ id }: { id: string }) {
  const { error, busy, send } = useSend(t('said.reverted', { order: shortOrder(id) }));
  const reason = useSignal('');
  const o = orders.value.find((q) => q.id === id);
  const why = c.whyNot('approve', { plant: true });
  const go = () => { if (!why) void send((k) => c.revert(id, reason.value, k)); };
  return (
    <Dialog title={t('revert.title', { order: shortOrder(id) })} testid="revert-dialog"
      actions={<button class="btn main" data-first disabled={why !== '' || busy.value} title={why} onClick={go} data-testid="revert-confirm">{t('revert.confirm')}</button>}>
      <p>{t('revert.explain', { n: o?.progress.confirmed ?? 0 })}</p>
      <Reason value={reason.value} set={(v) => { reason.value = v; }} enter={go} />
      {why && <p class="refusal">{why}</p>}
      <Refusal words={error.value} />
    </Dialog>
  );
}

function Resume() {
  const { error, busy, send } = useSend(t('said.resumed'));
  const reason = useSignal('');
  const why = c.whyNot('resume');
  const persons = system.value?.resume_persons ?? 2;
  const go = () => { if (!why) void send(() => c.resume(reason.value)); };
  return (
    <Dialog title={t('stop.resume')} testid="resume-dialog"
      actions={<button class="btn main" data-first disabled={why !== '' || busy.value} title={why} onClick={go} data-testid="resume-confirm">{t('stop.resume')}</button>}>
      <p>{persons > 1 ? t('resume.two') : t('resume.one')}</p>
      <Reason value={reason.value} set={(v) => { reason.value = v; }} enter={go} />
      <Refusal words={error.value} />
    </Dialog>
  );
}

function ModeDialog({ element }: { element: string }) {
  const { error, busy, send } = useSend(t('said.mode'));
  const sys = system.value;
  const own = element ? (station.value?.id === element ? station.value.own_mode : sources.value.find((s) => s.id === element)?.own_mode) : sys?.mode;
  const chosen = useSignal<Mode>(own ?? sys?.mode ?? 'monitor');
  const reason = useSignal('');
  const why = c.whyNot('mode');
  const all: Mode[] = ['off', 'monitor', 'shadow', 'advisory', 'auto'];
  const mine = session.value?.modes ?? [];
  // An element's own mode above the network's would change nothing.
  const allowed = element ? mine.filter((m) => all.indexOf(m) <= all.indexOf(sys?.mode ?? 'monitor')) : mine;
  return (
    <Dialog title={element ? t('mode.of', { name: nameOf(element) }) : t('mode.of_network')} testid="mode-dialog"
      actions={<button class="btn main" disabled={why !== '' || busy.value || reason.value.trim() === ''} title={why || (reason.value.trim() ? '' : t('reason.needed'))} onClick={() => void send(() => c.setMode(element, chosen.value, reason.value.trim()))} data-testid="mode-confirm">{t('mode.switch')}</button>}>
      <fieldset class="choices"><legend>{element ? t('mode.strictest') : t('mode.label')}</legend>
        {all.filter((m) => allowed.includes(m) || m === own).map((m) => (
          <label key={m}><input type="radio" name="mode" checked={chosen.value === m} data-first={chosen.value === m || undefined} onChange={() => { chosen.value = m; }} data-testid={`mode-${m}`} /> <b>{tOr(`mode.${m}`, m)}</b> <span class="soft">{tOr(`mode.${m}.means`, '')}</span></label>
        ))}
      </fieldset>
      <Reason value={reason.value} set={(v) => { reason.value = v; }} label={t('reason.obligatory')} />
      {why && <p class="refusal" data-testid="mode-why">{why}</p>}
      <Refusal words={error.value} />
    </Dialog>
  );
}

function LockDialog({ element }: { element: string }) {
  const kind = useSignal<LockKind>('locked');
  const { error, busy, send } = useSend(t(kind.value === 'locked' ? 'said.locked' : 'said.out_of_service'));
  const reason = useSignal('');
  const minutes = useSignal(480);
  const why = c.whyNot('lock');
  return (
    <Dialog title={t('lock.title', { name: nameOf(element) })} testid="lock-dialog"
      actions={<button class="btn main" disabled={why !== '' || busy.value || reason.value.trim() === ''} title={why || (reason.value.trim() ? '' : t('reason.needed'))} onClick={() => void send(() => c.lock(element, kind.value, reason.value.trim(), minutes.value))} data-testid="lock-confirm">{t('chip.lock')}</button>}>
      <p>{t('lock.explain')}</p>
      <fieldset class="choices"><legend>{t('lock.kind')}</legend>
        {(['locked', 'out_of_service'] as const).map((k) => (
          <label key={k}><input type="radio" name="kind" checked={kind.value === k} onChange={() => { kind.value = k; }} data-testid={`lock-${k}`} /> <b>{t(`lock.${k}`)}</b> <span class="soft">{t(`lock.${k}.means`)}</span></label>
        ))}
      </fieldset>
      <label class="field">{t('lock.for')}
        <select class="input" value={minutes.value} onChange={(e) => { minutes.value = Number(e.currentTarget.value); }}>
          {([60, 480, 1440, 10080] as const).map((m) => <option key={m} value={m}>{t(`lock.${m}`)}</option>)}
        </select>
      </label>
      <Reason value={reason.value} set={(v) => { reason.value = v; }} label={t('reason.obligatory')} first />
      <Refusal words={error.value} />
    </Dialog>
  );
}

const KEYS: [string, Word][] = [
  ['/', 'help.search'], ['↑ ↓ Home End', 'help.list'], ['Enter', 'help.open'], ['Esc', 'help.back'], ['A', 'help.approve'], ['R', 'help.reject'],
  ['P', 'help.diagram'], ['+ − 0', 'help.map'], ['← ↑ ↓ →', 'help.pan'], ['L', 'help.lang'], ['T', 'help.theme'], ['?', 'help.help'],
];

function Help() {
  const on = useSignal(keysOn());
  return (
    <Dialog title={t('help.title')} testid="help-dialog" cancel={t('act.close')}>
      <table class="table"><tbody>{KEYS.map(([k, w]) => <tr key={k}><td>{k.split(' ').map((one) => <kbd class="kbd" key={one}>{one}</kbd>)}</td><td>{t(w)}</td></tr>)}</tbody></table>
      <label class="field-inline"><input type="checkbox" checked={on.value} onChange={(e) => { on.value = e.currentTarget.checked; keepKeys(on.value); }} /> {t('help.single')}</label>
    </Dialog>
  );
}

/** Single-letter keys can be switched off (WCAG 2.1.4). */
export function keysOn(): boolean {
  try {
    return localStorage.getItem('keys') !== 'off';
  } catch {
    return true;
  }
}

function keepKeys(on: boolean): void {
  try {
    localStorage.setItem('keys', on ? 'on' : 'off');
  } catch {
    // kept while the window is open only
  }
}

