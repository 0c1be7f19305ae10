// The drawer over map and pressure diagram: one order or recommendation in
// full, or the list of orders. The bottom bar stays in sight.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { dialog, drawer, order as fetchOrder, refusal, whyNot } from '../commands';
import { nameOf, person, reasonOf, shortOrder, text, words } from '../findings';
import * as f from '../format';
import { t, tOr } from '../i18n';
import { select } from '../select';
import { advice, orders } from '../store';
import type { Order, Predicted, Recommendation, Stage } from '../view';
import { ProgressBar, RevertButton } from './card';
import { Checks, EffectTable } from './effect';

export function Drawer() {
  const d = drawer.value;
  if (!d) return null;
  return (
    <section class="panel drawer" aria-label={t('drawer.title')} data-testid="drawer">
      <button class="icon-button close" onClick={() => { drawer.value = null; }} aria-label={t('act.close')} data-testid="drawer-close">×</button>
      {d.kind === 'orders' ? <Orders /> : <OneOrder id={d.id} key={d.id} />}
    </section>
  );
}

function Orders() {
  return (
    <>
      <h2>{t('head.orders')}</h2>
      {orders.value.length === 0 ? <p class="empty">{t('orders.none')}</p> : (
        <table class="table hover">
          <thead><tr><th>{t('orders.number')}</th><th>{t('journal.time')}</th><th>{t('orders.kind')}</th><th>{t('orders.what')}</th><th>{t('card.by')}</th><th>{t('orders.stage')}</th><th class="num">{t('progress.in_force')}</th><th>{t('card.result')}</th></tr></thead>
          <tbody>
            {orders.value.map((o) => (
              <tr key={o.id} onClick={() => { drawer.value = { kind: 'order', id: o.id }; }}>
                <td><button class="link">{shortOrder(o.id)}</button></td><td>{f.clock(o.proposed_ms)}</td><td>{tOr(`order.${o.kind}`, o.kind)}</td><td>{words(o.title)}</td>
                <td>{person(o.by)}{o.approvals.length > 0 && ` ✓ ${o.approvals.map((a) => a.by).join(', ')}`}</td>
                <td>{tOr(`stage.${o.stage}`, o.stage)}{o.reject_reason && ` · ${o.reject_reason}`}{o.halted && ` · ${words(o.halted)}`}</td>
                <td class="num">{o.progress.in_force}/{o.progress.total}</td>
                <td>{o.result?.state === 'measured' ? `${tOr(`verdict.${o.result.verdict}`, o.result.verdict)} ±${f.number(o.result.x_error_percent, 1)} %` : o.result ? tOr(`result.${o.result.state}`, o.result.state) : ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

function OneOrder({ id }: { id: string }) {
  const full = useSignal<Order | null>(null);
  const error = useSignal('');
  const head = orders.value.find((o) => o.id === id);
  const rec = advice.value?.recommendation?.id === id ? advice.value.recommendation : undefined;
  useEffect(() => {
    let over = false;
    fetchOrder(id).then((o) => { if (!over) full.value = o; }, (e) => { if (!over && !rec) error.value = refusal(e); });
    return () => { over = true; };
  }, [id, head?.rev]);
  const o = full.value ?? head;
  if (rec && rec.stage === 'proposed') return <Advised r={rec} />;
  if (!o) return <p class="empty">{error.value || t('state.loading')}</p>;
  return (
    <>
      <h2>{tOr(`order.${o.kind}`, o.kind)} {shortOrder(o.id)} <small class="soft">{words(o.title)}</small></h2>
      <p class="soft">{t('orders.proposed', { by: person(o.by), time: f.clock(o.proposed_ms) })}{o.approvals.map((a) => ` · ${t('orders.approved', { by: a.by, time: f.clock(a.at_ms) })}${a.note ? `: ${a.note}` : ''}`)}
        {o.rejected_by && ` · ${t('orders.rejected', { by: o.rejected_by, reason: o.reject_reason ?? '' })}`}{` · ${reasonOf(o)}`} · <b>{tOr(`stage.${o.stage}`, o.stage)}</b>{o.halted && <span class="over"> · {words(o.halted)}</span>}</p>
      <ProgressBar o={o} />
      <div class="drawer-actions">
        {o.can.includes('approve') && <button class="btn main" disabled={whyNot('approve', { plant: true }) !== ''} title={whyNot('approve', { plant: true })} onClick={() => { dialog.value = { kind: 'approve', order: id }; }}>{t('act.approve')}</button>}
        {o.can.includes('reject') && <button class="btn" disabled={whyNot('approve') !== ''} title={whyNot('approve')} onClick={() => { dialog.value = { kind: 'reject', order: id }; }}>{t('act.reject')}</button>}
        {o.progress.sent > 0 && <RevertButton o={o} />}
      </div>
      <div class="columns2">
        <div>
          {o.effect && <><h3>{o.result?.state === 'measured' ? t('drawer.compared') : t('card.effect')}</h3><EffectTable effect={o.effect} measured={o.result?.state === 'measured' ? o.result.measured : null} /></>}
          {o.result && <p data-testid="result" data-state={o.result.state}>{o.result.state === 'measured' ? <><b>{tOr(`verdict.${o.result.verdict}`, o.result.verdict)}</b> · {t('card.error', { v: f.number(o.result.x_error_percent, 1) })}</> : o.result.why ? words(o.result.why) : tOr(`result.${o.result.state}`, o.result.state)}</p>}
          {full.value && full.value.stations.length > 0 && <PredictedTable rows={full.value.stations} />}
        </div>
        <div>
          <h3>{t('drawer.items', { n: o.progress.total })}</h3>
          {full.value ? <Items o={full.value} /> : <p class="empty">{t('state.loading')}</p>}
        </div>
      </div>
    </>
  );
}

const TIMED: Stage[] = ['written', 'confirmed', 'in_force'];

function Items({ o }: { o: Order }) {
  return (
    <table class="table hover" data-testid="items">
      <thead><tr><th class="num">{t('progress.batch_short')}</th><th>{t('orders.object')}</th><th class="num">{t('orders.change')}</th><th>{t('orders.stage')}</th>{TIMED.map((s) => <th key={s}>{tOr(`stage.${s}`, s)}</th>)}</tr></thead>
      <tbody>
        {o.items.map((it) => (
          <tr key={it.n} onClick={() => select({ kind: it.quantity === 'opening_setpoint' ? 'station' : 'source', id: it.element })} data-stage={it.stage}>
            <td class="num">{it.batch || '·'}</td><td>{text(it.name, it.element)}</td><td class="num">{f.number(it.from, 1)} → <b>{f.number(it.to, 1)}</b> {it.unit}</td>
            <td>{tOr(`stage.${it.stage}`, it.stage)}{it.why ? <span class="soft"> · {words(it.why)}</span> : it.note && <span class="soft"> · {it.note}</span>}</td>
            {TIMED.map((s) => <td key={s}>{it.times[s] ? f.clock(it.times[s]) : ''}</td>)}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function PredictedTable({ rows }: { rows: Predicted[] }) {
  const measured = rows.some((r) => r.x_measured !== null);
  const sorted = rows.slice().sort((a, b) => Math.abs((b.x_after ?? 1) - (b.x_before ?? 1)) - Math.abs((a.x_after ?? 1) - (a.x_before ?? 1)));
  return (
    <table class="table hover">
      <thead><tr><th>{t('list.station')}</th><th class="num">{t('list.ratio')}</th>{measured && <th class="num">{t('effect.measured')}</th>}<th class="num">{t('table.flow')} t/h</th><th class="num">{t('table.head')} m</th></tr></thead>
      <tbody>
        {sorted.map((r) => (
          <tr key={r.station} onClick={() => select({ kind: 'station', id: r.station })}>
            <td>{nameOf(r.station)}</td><td class="num">{f.ratio(r.x_before)} → <b>{f.ratio(r.x_after)}</b></td>{measured && <td class="num"><b>{f.ratio(r.x_measured)}</b></td>}
            <td class="num">{f.flow(r.flow_before_t_per_h)} → {f.flow(r.flow_after_t_per_h)}</td><td class="num">{f.head(f.kpaToMetres(r.differential_before_kPa))} → {f.head(f.kpaToMetres(r.differential_after_kPa))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Advised is a recommendation in full: reasons, moves, effect, what stays out of reach and what is left alone. */
function Advised({ r }: { r: Recommendation }) {
  const why = whyNot('approve', { plant: true, also: r.blocked });
  return (
    <>
      <h2>{t('card.title')} {shortOrder(r.id)} <small class="soft">{t('drawer.basis', { time: f.clock(r.at_plant_ms), polls: r.basis.polls, residual: f.number(r.basis.residual_percent, 1), outdoor: f.temperature(r.basis.outdoor_degC), rounds: r.basis.rounds })}</small></h2>
      <div class="drawer-actions">
        <button class="btn main" disabled={why !== ''} title={why} onClick={() => { dialog.value = { kind: 'approve', order: r.id }; }} data-testid="drawer-approve">{t('act.approve')}</button>
        <button class="btn" disabled={whyNot('approve') !== ''} title={whyNot('approve')} onClick={() => { dialog.value = { kind: 'reject', order: r.id }; }}>{t('act.reject')}</button>
        {why && <span class="why">{why}</span>}
        <span class="soft">{t('drawer.plan', { moves: r.moves.length, batches: r.batches, span: f.duration(r.duration_s * 1000) })}{r.persons > 1 && ` · ${t('approve.two_persons')}`}</span>
      </div>
      <div class="columns2">
        <div>
          <h3>{t('card.why')}</h3>
          <ul class="plain">{r.reasons.map((x, i) => <li key={i}>{words(x)}</li>)}</ul>
          <h3>{t('card.effect')}</h3>
          <EffectTable effect={r.effect} />
          <Checks checks={r.checks} />
          <Named r={r} />
        </div>
        <div>
          <h3>{t('drawer.moves', { n: r.moves.length })}</h3>
          <table class="table hover" data-testid="moves">
            <thead><tr><th class="num">{t('progress.batch_short')}</th><th>{t('orders.object')}</th><th class="num">{t('orders.change')}</th><th class="num">{t('list.ratio')}</th><th>{t('card.why')}</th></tr></thead>
            <tbody>
              {r.moves.map((m) => (
                <tr key={`${m.element}${m.quantity}`} onClick={() => select({ kind: m.quantity === 'opening_setpoint' ? 'station' : 'source', id: m.element })}>
                  <td class="num">{m.batch || '·'}</td><td>{text(m.name, m.element)}</td><td class="num">{f.number(m.from, 1)} → <b>{f.number(m.to, 1)}</b> {m.unit}</td>
                  <td class="num">{f.ratio(m.x_before)} → <b>{f.ratio(m.x_after)}</b></td><td class="soft">{words(m.reason)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </div>
    </>
  );
}

/** Named lists who comes short with the cure, who is left alone and why, and which pipes the readings contradict. */
function Named({ r }: { r: Recommendation }) {
  return (
    <>
      <h3>{t('drawer.unreachable', { n: r.unreachable.length })}</h3>
      {r.unreachable.length === 0 ? <p class="dim">{t('drawer.all_reached')}</p> : (
        <ul class="plain" data-testid="unreachable">{r.unreachable.map((u) => <li key={u.station}><b>{text(u.name, u.station)}</b> {f.ratio(u.x)} · {words(u.reason)} · <span class="soft">{words(u.cure)}</span></li>)}</ul>
      )}
      <h3>{t('drawer.held', { n: r.held.length })}</h3>
      {r.held.length === 0 ? <p class="dim">{t('drawer.none_held')}</p> : (
        <ul class="plain" data-testid="held">{r.held.map((h) => <li key={h.station}><b>{text(h.name, h.station)}</b> {words(h.why)}</li>)}</ul>
      )}
      {r.suspects.length > 0 && (
        <>
          <h3>{t('drawer.suspects')}</h3>
          <ul class="plain">{r.suspects.map((s, i) => <li key={i}><b>{s.elements.map(nameOf).join(', ')}</b> {words(s.what)}</li>)}</ul>
        </>
      )}
    </>
  );
}
