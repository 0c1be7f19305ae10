// Setting one valve or pump by hand: type, see what it would do, confirm, then
// watch it being written, confirmed and come into force.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { answered, key } from '../api';
import { dialog, manual, order as fetchOrder, preview, refusal, whyNot, type Dialog as Open } from '../commands';
import { nameOf, words } from '../findings';
import * as f from '../format';
import { t, tOr } from '../i18n';
import { orders } from '../store';
import type { Live, Order, Preview, Stage } from '../view';
import { Dialog } from './dialog';
import { Checks, EffectTable } from './effect';
import { Value } from './value';

interface RowProps {
  element: string;
  quantity: string;
  unit: string;
  set: Live;
  feedback: Live;
  order: string;
  stage: Stage;
  min: number;
  max: number;
  decimals: number;
}

/** ManualRow shows setpoint and feedback side by side, with the field to set it. */
export function ManualRow({ element, quantity, unit, set, feedback, order, stage, min, max, decimals }: RowProps) {
  const typed = useSignal('');
  const why = whyNot('manual', { plant: true });
  const value = Number(typed.value);
  const valid = typed.value.trim() !== '' && Number.isFinite(value) && value >= min && value <= max;
  const show = (v: number | null) => f.number(v, decimals);
  const go = (e: Event) => {
    e.preventDefault();
    if (!valid || why) return;
    dialog.value = { kind: 'manual', element, quantity, value, unit };
    typed.value = '';
  };
  return (
    <form class="manual" onSubmit={go} data-testid="manual">
      <span class="pair"><span class="dim">{t('manual.setpoint')}</span><Value of={set} show={show} unit={unit} testid="setpoint" /></span>
      <span class="pair"><span class="dim">{t('manual.feedback')}</span><Value of={feedback} show={show} unit={unit} testid="feedback" /></span>
      <input class="input" inputMode="decimal" value={typed.value} placeholder={`${f.number(min, 0)}–${f.number(max, 0)}`} aria-label={t('manual.new', { unit })} disabled={why !== ''} title={why}
        onInput={(e) => { typed.value = e.currentTarget.value.replace(',', '.'); }} data-testid="manual-value" />
      <button class="btn small" type="submit" disabled={why !== '' || !valid} title={why || (valid ? '' : t('manual.range', { min, max, unit }))} data-testid="manual-preview">{t('manual.preview')}</button>
      {why && <span class="why" data-testid="manual-why">{why}</span>}
      {order && stage && <span class="why" data-testid="manual-stage">{t('manual.under_way')}: {tOr(`stage.${stage}`, stage)}</span>}
    </form>
  );
}

/** ManualDialog asks for the predicted effect, and then for the yes. */
export function ManualDialog({ d }: { d: Extract<Open, { kind: 'manual' }> }) {
  const shown = useSignal<Preview | null>(null);
  const error = useSignal('');
  const reason = useSignal('');
  const busy = useSignal(false);
  const sent = useSignal<Order | null>(null);
  const once = useRef(key());
  const armed = useSignal(false);

  useEffect(() => {
    let over = false;
    preview(d.element, d.quantity, d.value).then((p) => { if (!over) shown.value = p; }, (e) => { if (!over) error.value = refusal(e); });
    return () => { over = true; };
  }, []);

  const confirm = useRef<HTMLButtonElement>(null);
  useEffect(() => confirm.current?.focus(), [shown.value]);

  const p = shown.value;
  const why = whyNot('manual', { plant: true, also: p?.blocked });
  const go = async () => {
    if (!p || why || busy.value || sent.value) return;
    if (!armed.value) {
      armed.value = true; // the second Enter sends it
      return;
    }
    busy.value = true;
    error.value = '';
    try {
      sent.value = await manual(p.id, reason.value, once.current);
    } catch (e) {
      error.value = refusal(e);
      if (answered(e)) once.current = key();
      armed.value = false;
    }
    busy.value = false;
  };
  const label = sent.value ? '' : armed.value ? t('manual.confirm_again') : t('manual.confirm');
  return (
    <Dialog title={t('manual.title', { name: nameOf(d.element) })} wide testid="manual-dialog" cancel={sent.value ? t('act.close') : undefined}
      actions={!sent.value && <button class="btn main" ref={confirm} onClick={() => void go()} disabled={!p || why !== '' || busy.value} title={why} data-testid="manual-confirm">{label}</button>}>
      {!p && !error.value && <p aria-busy="true">{t('manual.predicting')}</p>}
      {error.value && <p class="refusal" role="alert" data-testid="manual-error">{error.value}</p>}
      {p && !sent.value && (
        <>
          <p class="headline">{tOr(`point.${d.quantity}`, d.quantity)} <b>{f.number(p.move.from, 1)} → {f.number(p.move.to, 1)} {p.move.unit}</b>
            {p.move.x_before !== null && <> · {t('face.ratio')} <b>{f.ratio(p.move.x_before)} → {f.ratio(p.move.x_after)}</b></>}
            <span class="dim"> · {t('manual.limits', { min: f.number(p.min, 1), max: f.number(p.max, 1), unit: p.move.unit })}</span></p>
          {p.warnings.map((w) => <p class="warning" key={w.code}>{words(w)}</p>)}
          {why && <p class="refusal" data-testid="manual-blocked">{why}</p>}
          <EffectTable effect={p.effect} />
          <Checks checks={p.checks} />
          <table class="table"><thead><tr><th>{t('list.station')}</th><th class="num">{t('list.ratio')}</th><th class="num">{t('table.flow')} t/h</th><th class="num">{t('table.head')} m</th></tr></thead>
            <tbody>{p.stations.slice(0, 8).map((s) => (
              <tr key={s.station}><td>{nameOf(s.station)}</td><td class="num">{f.ratio(s.x_before)} → {f.ratio(s.x_after)}</td><td class="num">{f.flow(s.flow_before_t_per_h)} → {f.flow(s.flow_after_t_per_h)}</td>
                <td class="num">{f.head(f.kpaToMetres(s.differential_before_kPa))} → {f.head(f.kpaToMetres(s.differential_after_kPa))}</td></tr>
            ))}</tbody></table>
          <label class="field">{t('reason.label')}<input class="input" value={reason.value} onInput={(e) => { reason.value = e.currentTarget.value; }} onKeyDown={(e) => { if (e.key === 'Enter') void go(); }} data-testid="manual-reason" /></label>
          {p.persons > 1 && <p class="why">{t('approve.two_persons')}</p>}
        </>
      )}
      {sent.value && <Steps id={sent.value.id} first={sent.value} />}
    </Dialog>
  );
}

const STEPS: Stage[] = ['approved', 'written', 'confirmed', 'in_force'];
const FAILED: Stage[] = ['rejected', 'expired', 'superseded', 'not_done', 'no_effect'];

/** Steps follows one order: written, confirmed, in force, each with its time. */
export function Steps({ id, first }: { id: string; first: Order }) {
  const seen = useSignal(first);
  const rev = orders.value.find((o) => o.id === id)?.rev ?? 0;
  useEffect(() => {
    let over = false;
    fetchOrder(id).then((o) => { if (!over) seen.value = o; }, () => undefined);
    return () => { over = true; };
  }, [id, rev]);
  const item = seen.value.items[0];
  const stage = item?.stage ?? seen.value.stage;
  return (
    <ol class="steps" data-testid="steps" data-stage={stage}>
      {STEPS.map((s) => {
        const at = item?.times[s];
        return <li key={s} class={at ? 'done' : ''} data-testid={`step-${s}`}><i>{at ? '✓' : '○'}</i> {tOr(`stage.${s}`, s)} <time>{at ? f.clock(at) : f.MISSING}</time></li>;
      })}
      {FAILED.includes(stage) && <li class="failed"><i>✕</i> {tOr(`stage.${stage}`, stage)} {item?.why ? words(item.why) : item?.note}</li>}
      {stage === 'uncertain' && <li class="failed"><i>?</i> {tOr('stage.uncertain', stage)} {item?.why ? words(item.why) : item?.note}</li>}
      {stage === 'proposed' && <li>{t('approve.two_persons')}</li>}
      {item && item.read_back !== null && <li class="dim">{t('manual.read_back', { v: `${f.number(item.read_back, 1)} ${item.unit}` })}{item.feedback !== null && ` · ${t('manual.feedback')} ${f.number(item.feedback, 1)} ${item.unit}`}</li>}
    </ol>
  );
}
