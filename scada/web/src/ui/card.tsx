// The card at the lower right: what is advised, what is under way, and what
// came of the last one. One at a time, the most urgent first.
import { attempt, compute, dialog, drawer, whyNot } from '../commands';
import { person, reasonOf, shortOrder, words } from '../findings';
import * as f from '../format';
import { t, tOr } from '../i18n';
import { advice, now, orders, plantNow, skew } from '../store';
import type { Finding, Order, Recommendation } from '../view';

export function Card() {
  const running = orders.value.find((o) => o.finished_ms === null && o.stage !== 'proposed');
  const a = advice.value;
  const rec = a?.state === 'ready' ? a.recommendation : undefined;
  const proposed = orders.value.find((o) => o.finished_ms === null && o.stage === 'proposed' && o.id !== rec?.id);
  return (
    <section class="card" aria-label={t('card.title')} data-testid="card">
      {running ? <Running o={running} /> : proposed ? <Proposed o={proposed} /> : rec && rec.stage === 'proposed' ? <Advised r={rec} /> : <Quiet />}
    </section>
  );
}

/** remaining is the time left until a moment of the service's clock. */
const remaining = (until: number) => Math.max(0, until - (now.value + skew.value));

function Advised({ r }: { r: Recommendation }) {
  const why = whyNot('approve', { plant: true, also: r.blocked });
  const rejectWhy = whyNot('approve');
  const left = remaining(r.valid_until_ms);
  const pump = r.moves.find((m) => m.quantity === 'speed_setpoint');
  const valves = r.moves.filter((m) => m.quantity === 'opening_setpoint');
  const before = r.effect.before;
  const after = r.effect.after;
  return (
    <>
      <header><h3>{t('card.title')}</h3><span class="dim">{shortOrder(r.id)}</span><span class="spring" /><span class="dim">{t('card.valid', { span: f.duration(left) })}</span></header>
      <dl>
        <dt>{t('card.why')}</dt><dd>{r.reasons.slice(0, 2).map(words).join(t('punct.semicolon')) || f.MISSING}</dd>
        <dt>{t('card.action')}</dt>
        <dd>
          {pump && <>{t('card.pump')} <b>{f.number(pump.from, 1)} → {f.number(pump.to, 1)} {pump.unit}</b>{t('punct.semicolon')}</>}
          {t('card.valves', { n: valves.length, batches: r.batches })} <button class="link" onClick={() => { drawer.value = { kind: 'order', id: r.id }; }} data-testid="details">{t('card.details')}</button>
        </dd>
        <dt>{t('card.effect')}</dt>
        <dd>
          {t('face.ratio')} <b>{f.ratio(before.x_min)}–{f.ratio(before.x_max)} → {f.ratio(after.x_min)}–{f.ratio(after.x_max)}</b>
          {before.pump_power_kW !== null && <> · {t('effect.pump_power_short')} <b>{f.number(before.pump_power_kW)} → {f.number(after.pump_power_kW)} kW</b></>}
          <small>{t('card.basis', { residual: f.number(r.basis.residual_percent, 1), held: r.held.length, unreachable: r.unreachable.length })}</small>
        </dd>
      </dl>
      <LastOrder />
      {why && <p class="why" data-testid="approve-why">{why}</p>}
      <footer>
        <button class="btn main" disabled={why !== ''} title={why} onClick={() => { dialog.value = { kind: 'approve', order: r.id }; }} data-testid="approve"><kbd>A</kbd>{t('act.approve')}</button>
        <button class="btn" disabled={rejectWhy !== ''} title={rejectWhy} onClick={() => { dialog.value = { kind: 'reject', order: r.id }; }} data-testid="reject"><kbd>R</kbd>{t('act.reject')}</button>
        {r.blocked && <ComputeButton />}
      </footer>
    </>
  );
}

/** ComputeButton asks for advice from the present readings. */
function ComputeButton() {
  const why = whyNot('propose');
  const busy = advice.value?.state === 'computing';
  return <button class="btn main" disabled={why !== '' || busy} title={why} onClick={() => void attempt(t('said.computing'), compute)} data-testid="compute">{t('act.compute')}</button>;
}

/** Proposed is an order that waits for a person: a revert, or a manual set for the second one. */
function Proposed({ o }: { o: Order }) {
  const why = whyNot('approve', { plant: true, also: o.can.includes('approve') ? null : halted(o) });
  const rejectWhy = whyNot('approve');
  return (
    <>
      <header><h3>{tOr(`order.${o.kind}`, o.kind)}</h3><span class="dim">{shortOrder(o.id)}</span><span class="spring" /><span class="dim">{t('card.valid', { span: f.duration(remaining(o.valid_until_ms)) })}</span></header>
      <dl>
        <dt>{t('card.action')}</dt><dd>{words(o.title)} <button class="link" onClick={() => { drawer.value = { kind: 'order', id: o.id }; }} data-testid="details">{t('card.details')}</button></dd>
        <dt>{t('card.by')}</dt><dd>{person(o.by)}{` · ${reasonOf(o)}`}</dd>
        {o.effect && <><dt>{t('card.effect')}</dt><dd>{t('face.ratio')} <b>{f.ratio(o.effect.before.x_min)}–{f.ratio(o.effect.before.x_max)} → {f.ratio(o.effect.after.x_min)}–{f.ratio(o.effect.after.x_max)}</b></dd></>}
        {o.approvals.length > 0 && <><dt>{t('card.approved_by')}</dt><dd>{o.approvals.map((a) => a.by).join(', ')} ({o.approvals.length}/{o.persons})</dd></>}
      </dl>
      {why && <p class="why" data-testid="approve-why">{why}</p>}
      <footer>
        <button class="btn main" disabled={why !== ''} title={why} onClick={() => { dialog.value = { kind: 'approve', order: o.id }; }} data-testid="approve"><kbd>A</kbd>{t('act.approve')}</button>
        <button class="btn" disabled={rejectWhy !== ''} title={rejectWhy} onClick={() => { dialog.value = { kind: 'reject', order: o.id }; }} data-testid="reject"><kbd>R</kbd>{t('act.reject')}</button>
      </footer>
    </>
  );
}

const halted = (o: Order): Finding => o.halted ?? { code: 'cannot_approve', params: {}, elements: [] };

/** Running is an order on its way: items by stage, batches, what is next. */
function Running({ o }: { o: Order }) {
  return (
    <>
      <header><h3>{tOr(`order.${o.kind}`, o.kind)}</h3><span class="dim">{shortOrder(o.id)}</span><span class="spring" /><b data-testid="running-stage">{tOr(`stage.${o.stage}`, o.stage)}</b></header>
      <p>{words(o.title)} <button class="link" onClick={() => { drawer.value = { kind: 'order', id: o.id }; }} data-testid="details">{t('card.details')}</button></p>
      <ProgressBar o={o} />
      <p class="soft">
        {t('progress.batch', { n: o.batch, of: o.batches })}
        {o.next_batch_plant_ms !== null && ` · ${t('progress.next', { span: f.duration(Math.max(0, o.next_batch_plant_ms - plantNow())) })}`}
        {o.halted && <span class="over"> · {words(o.halted)}</span>}
      </p>
    </>
  );
}

export function ProgressBar({ o }: { o: Order }) {
  const p = o.progress;
  const total = Math.max(1, p.total);
  const part = (n: number) => `${(n / total) * 100}%`;
  return (
    <div class="progress" data-testid="progress" data-in-force={p.in_force} data-confirmed={p.confirmed} data-total={p.total} data-failed={p.failed}>
      <div class="progress-bar" role="progressbar" aria-valuemin={0} aria-valuemax={p.total} aria-valuenow={p.in_force}>
        <i class="in-force" style={{ width: part(p.in_force) }} />
        <i class="confirmed" style={{ width: part(Math.max(0, p.confirmed - p.in_force)) }} />
        <i class="working" style={{ width: part(p.working + p.uncertain) }} />
      </div>
      <span>{t('progress.in_force')} <b>{p.in_force}</b> · {t('progress.confirmed')} <b>{p.confirmed}</b> · {t('progress.waiting')} <b>{p.waiting}</b> · {t('progress.working')} <b>{p.working}</b>
        {p.uncertain > 0 && <> · {t('progress.uncertain')} <b class="over">{p.uncertain}</b></>}{p.failed > 0 && <> · {t('progress.failed')} <b class="over">{p.failed}</b></>} / {p.total}</span>
    </div>
  );
}

/** Quiet says why nothing is advised, offers to compute, and shows what came of the last order. */
function Quiet() {
  const a = advice.value;
  const last = lastDone();
  const why = whyNot('propose');
  const state = a?.state ?? 'none';
  return (
    <>
      <header><h3>{t('card.title')}</h3><span class="spring" />{state === 'computing' && <span class="dim" aria-busy="true">{t('card.computing')}</span>}</header>
      <p data-testid="card-why" class={state === 'failed' ? 'over' : ''}>{a ? (a.why ? words(a.why) : state === 'computing' ? t('card.computing_long') : '') : t('state.loading')}</p>
      <LastOrder />
      <footer>
        <ComputeButton />
        {last && <RevertButton o={last} />}
      </footer>
      {why && <p class="why" data-testid="approve-why">{why}</p>}
    </>
  );
}

export function RevertButton({ o }: { o: Order }) {
  const can = o.can.includes('revert');
  const why = can ? whyNot('approve', { plant: true }) : o.reverted_by ? t('why.reverted', { order: shortOrder(o.reverted_by) }) : t('why.no_revert');
  return <button class="btn" disabled={why !== ''} title={why} onClick={() => { dialog.value = { kind: 'revert', order: o.id }; }} data-testid="revert">{t('act.revert')}</button>;
}

/** lastDone is the order that reached the plant and ended last. */
function lastDone(): Order | null {
  let last: Order | null = null;
  for (const o of orders.value) if (o.finished_ms !== null && o.progress.sent > 0 && o.finished_ms > (last?.finished_ms ?? 0)) last = o;
  return last;
}

/** LastOrder is what was predicted of the last order, and what was measured. */
function LastOrder() {
  const o = lastDone();
  if (!o) return null;
  const r = o.result;
  return (
    <dl data-testid="last-order" data-order={o.id} data-result={r?.state ?? ''}>
      <dt>{t('card.last')}</dt>
      <dd>{shortOrder(o.id)} {tOr(`stage.${o.stage}`, o.stage)} · {o.progress.in_force}/{o.progress.total} <button class="link" onClick={() => { drawer.value = { kind: 'order', id: o.id }; }} data-testid="last-details">{t('card.details')}</button></dd>
      {r && (
        <>
          <dt>{t('card.result')}</dt>
          <dd>
            {r.state === 'measured' && r.measured.x_min !== null ? (
              <>{t('card.compared', { predicted: `${f.ratio(r.predicted.x_min)}–${f.ratio(r.predicted.x_max)}`, measured: `${f.ratio(r.measured.x_min)}–${f.ratio(r.measured.x_max)}` })} <b>{tOr(`verdict.${r.verdict}`, r.verdict)}</b>
                <small>{t('card.error', { v: f.number(r.x_error_percent, 1) })}</small></>
            ) : r.why ? words(r.why) : tOr(`result.${r.state}`, r.state)}
          </dd>
        </>
      )}
    </dl>
  );
}

