// A stand-in for the service, for working on the page: the documents and the
// stream of scada/api with a synthetic town behind them. POST /dev/cut closes
// every socket and refuses new ones for a while; POST /dev/freeze goes silent.
//   node dev/server.mjs [port] [stations]
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { WebSocketServer } from 'ws';
import { random, town } from './town.mjs';
import { profile, stationRow } from './documents.mjs';

const port = Number(process.argv[2] ?? 8099);
const T = town(Number(process.argv[3] ?? 200));
const policy = "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const types = { html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', svg: 'image/svg+xml', txt: 'text/plain' };
const started = Date.now();
const SPEED = 60;
const plant = () => started + (Date.now() - started) * SPEED;

const state = { stopped: null, order: null, signedIn: true, seq: 100, journal: [], refuseUntil: 0, frozen: false, mode: 'advisory', result: null, rejected: false, manual: null, preview: null };
const say = (action, more = {}) => {
  state.journal.unshift({ seq: ++state.seq, at_ms: Date.now(), plant_ms: plant(), who: '李工', role: 'dispatcher', from: '', action, denied: false, element: '', name: { zh: '', en: '' }, point: '', unit: '', old: null, new: null, order: '', item: null, stage: '', reason: '', ...more });
  publish('journal');
};

T.stations.forEach((s, i) => {
  s.x = s.x0;
  s.opening = 30 + random() * 50;
  s.setpoint = s.opening;
  s.kpa = 40 + 260 * (1 - s.distance / 40);
  s.state = i === 17 || i === 93 ? 'lost' : i === 41 ? 'stuck' : i === 77 ? 'bad_flow' : '';
});
T.stations[41].setpoint = T.stations[41].opening + 22;

const stateOf = (s) => s.state || (s.x < 0.9 ? 'under' : s.x > 1.2 ? 'over' : 'normal');
const required = (s) => s.design_flow_t_per_h * 0.72;
const held = (s) => s.state === 'lost' ? finding('link_lost', { since_plant_ms: plant() - 3.6e6 }) : s.state === 'stuck' ? finding('valve_stuck', { setpoint_percent: s.setpoint, feedback_percent: s.opening })
  : s.state === 'bad_flow' ? finding('flow_zero_open', { opening_percent: s.opening }) : null;
const finding = (code, params = {}, elements = []) => ({ code, params, elements });
const round = (v, d) => v === null ? null : Math.round(v * 10 ** d) / 10 ** d;

function system() {
  return {
    network: { zh: '松江市集中供热一次网', en: 'Songjiang Heating' }, network_id: 'n1', build: 'dev', simulated: true, mode: state.mode, modes: ['monitor', 'shadow', 'advisory'], armed: true,
    stopped: state.stopped ?? undefined, resume_persons: 1, envelope: { name: 'initial-balance', opened_by: 'demo', until_ms: null, step_percent: 50, batch_percent: 20, interval_s: 600, min_pause_s: 60 },
    clock: { plant_ms: plant(), wall_ms: Date.now(), speed: SPEED }, model: { state: 'good', solved_plant_ms: plant() - 60_000, residual_percent: 3.1, version: state.order ? 3 : 2, calibrated_plant_ms: null, rounds: 1 },
    links: { plcs: T.stations.length + 1, answering: T.stations.length - 1, unmeasured: 0 }, band: { low: 0.9, high: 1.2 }, scan_s: 2,
    blocked: state.stopped ? finding('stopped', { by: state.stopped.by }) : state.mode === 'monitor' ? finding('mode_monitor') : undefined, two_person_items: 0,
  };
}
const live = (v, q = 'good') => ({ v, q, t: plant() });
function kpi() {
  const under = T.stations.filter((s) => stateOf(s) === 'under').length;
  const over = T.stations.filter((s) => stateOf(s) === 'over').length;
  const worst = T.stations.reduce((a, b) => (a.kpa < b.kpa ? a : b));
  return {
    heat_MW: 288.4, heat_needed_MW: 285, supply_temperature_degC: 109.3, supply_temperature_setpoint_degC: 110, return_temperature_degC: 60.8, return_temperature_limit_degC: 62,
    critical_differential_kPa: worst.kpa, critical_need_kPa: 98, critical_station: worst.id, make_up_t_per_h: 18.9, make_up_limit_t_per_h: 24, flow_t_per_h: 4820, outdoor_degC: -18.6,
    under, over, lost: 2, not_right: notRight().length, stations: T.stations.length, x_min: Math.min(...T.stations.map((s) => s.x)), x_max: Math.max(...T.stations.map((s) => s.x)), x_rms_percent: 31, pump_power_kW: 412,
    pending: advice().state === 'ready' ? 1 : 0, pending_oldest_ms: started, running: state.order && !state.order.finished_ms ? 1 : 0,
  };
}
function source() {
  return {
    name: { zh: '城西热电厂', en: 'West CHP' }, heat_MW: 288.4, capacity_MW: 420, supply_temperature_degC: 109.3, supply_temperature_setpoint_degC: 110, return_temperature_degC: 60.8, supply_pressure_MPa: 0.912, return_pressure_MPa: 0.305,
    differential_kPa: 607, flow_t_per_h: 4820, speed_setpoint_Hz: 45, speed_feedback_Hz: 45, min_speed_Hz: 15, max_speed_Hz: 50, pump_power_kW: 412, make_up_t_per_h: 18.9, outdoor_degC: -18.6, hold_pressure_MPa: 0.3, hold_junction: 'J0R',
    quality: 'good', plant_ms: plant(), points: ['speed_setpoint', 'speed_feedback', 'make_up_flow'], remote: true, fallback: false, mode: state.mode, own_mode: state.mode, stations: T.stations.length, order: '', order_stage: '',
  };
}
function notRight() {
  return T.stations.filter((s) => s.state).map((s) => ({
    key: `held:${s.id}`, element: s.id, name: s.name, severity: s.state === 'lost' ? 3 : 4, what: held(s), value: s.state === 'stuck' ? s.opening : null, limit: s.state === 'stuck' ? s.setpoint : null, unit: '%', since_plant_ms: plant() - 900_000,
  }));
}
const outcome = (after) => ({ x_min: after ? 0.95 : 0.62, x_max: after ? 1.04 : 1.68, x_rms_percent: after ? 1.9 : 31, in_band: after ? 196 : 22, under: after ? 0 : 61, over: after ? 0 : 74, min_differential_kPa: after ? 71 : 60, min_differential_station: T.stations.at(-1).id,
  pump_power_kW: after ? 331 : 412, pump_speed_Hz: after ? 41.2 : 45, pump_head_kPa: after ? 498 : 607, max_pressure_MPa: after ? 0.81 : 0.91, flow_t_per_h: after ? 4410 : 4820, heat_MW: 285 });
const checks = [{ code: 'boiling', ok: true, margin_kPa: 441, value_kPa: 500, bound_kPa: 59, element: 'J0S', distance_m: 1200 }, { code: 'sub_atmospheric', ok: true, margin_kPa: 286, value_kPa: 286, bound_kPa: 0, element: 'J0R', distance_m: 300 },
  { code: 'over_pressure', ok: true, margin_kPa: 840, value_kPa: 760, bound_kPa: 1600, element: 'J0S', distance_m: 0 }, { code: 'short_differential', ok: false, margin_kPa: -38, value_kPa: 60, bound_kPa: 98, element: T.stations.at(-1).id, distance_m: 3000 }];
const moves = () => [
  ...T.stations.filter((s) => !s.state).slice(0, 190).map((s, i) => ({ element: s.id, name: s.name, quantity: 'opening_setpoint', unit: '%', from: round(s.opening, 1), to: round(Math.min(95, s.opening / Math.max(0.6, s.x0)), 1), reason: finding(s.x0 > 1.2 ? 'over_supplied' : s.x0 < 0.9 ? 'under_supplied' : 'follows_head'), x_before: s.x0, x_after: 1, batch: 1 + Math.floor(i / 40) })),
  { element: 'SRC-1', name: { zh: '城西热电厂', en: 'West CHP' }, quantity: 'speed_setpoint', unit: 'Hz', from: 45, to: 41.2, reason: finding('head_for_index', { station: T.stations.at(-1).id }), x_before: null, x_after: null, batch: 5 },
];
const ID = '01985c2e-7a11-7c3d-9b2e-5f2041a0c7d1';
function advice() {
  if (state.order && !state.order.finished_ms) return { state: 'none', why: finding('order_running', { order: ID }) };
  if (state.order) return { state: 'none', why: finding('all_in_band', { low: 0.95, high: 1.05 }) };
  if (state.rejected) return { state: 'none', why: finding('not_asked') };
  return { state: 'ready', recommendation: {
    id: ID, stage: 'proposed', at_plant_ms: plant() - 60_000, proposed_ms: started, valid_until_ms: started + 15 * 60_000, reasons: [finding('under_supplied', { count: 61, x_min: 0.62, worst: T.stations.at(-1).id }), finding('over_supplied', { count: 74, x_max: 1.68, worst: T.stations[0].id })],
    moves: moves(), effect: { before: outcome(false), after: outcome(true) }, stations: [], unreachable: [{ station: T.stations.at(-1).id, name: T.stations.at(-1).name, x: 0.91, reason: finding('valve_wide_open', { opening_percent: 98 }), differential_kPa: 60, need_kPa: 72, cure: finding('clear_branch', { loss_kPa: 38 }) }],
    held: T.stations.filter((s) => s.state).map((s) => ({ station: s.id, name: s.name, why: held(s) })), suspects: [{ elements: ['P12S', 'P13S'], what: finding('choked', { loss_kPa: 62, score: 8.2 }), stations: T.stations.slice(20, 34).map((s) => s.id) }], checks,
    basis: { residual_percent: 3.1, rounds: 1, polls: 10, took_ms: 900, outdoor_degC: -18.6 }, batches: 5, duration_s: 2400, persons: 1, blocked: state.stopped ? finding('stopped', { by: state.stopped.by }) : undefined,
  } };
}
const net = ['state', 'x', 'flow_required_t_per_h', 'flow_t_per_h', 'opening_setpoint_percent', 'opening_feedback_percent', 'differential_kPa', 'supply_temperature_degC', 'return_temperature_degC', 'quality', 'plant_ms', 'remote', 'fallback', 'mode', 'held', 'order_stage'];
const netRow = (s) => {
  const lost = s.state === 'lost';
  return [stateOf(s), lost || s.state === 'bad_flow' ? null : round(s.x, 2), round(required(s), 1), lost ? 41.2 : round(s.x * required(s), 1), round(s.setpoint, 1), round(s.opening, 1), round(s.kpa, 0), 108.2, 62.5, lost ? 'lost' : 'good', plant(), !lost, false, state.mode, held(s), ''];
};
const Q = (s, cols) => s.state === 'lost' ? cols.flatMap((c, i) => (/_(t_per_h|percent|kPa|degC|MPa|MW)$/.test(c) && !/required|need|wanted/.test(c) ? [[i, 'lost']] : [])) : s.state === 'bad_flow' ? [[cols.indexOf('flow_t_per_h'), 'bad']] : [];

function table(topic) {
  const doc = (id, d) => ({ cols: ['doc'], rows: [id], v: [[d]], q: [] });
  const row = (id, d) => ({ cols: Object.keys(d), rows: [id], v: [Object.values(d)], q: [] });
  switch (topic) {
    case 'system': return doc('system', system());
    case 'kpi': return row('kpi', kpi());
    case 'source': return row('SRC-1', source());
    case 'net': return { cols: net, rows: T.stations.map((s) => s.id), v: T.stations.map(netRow), q: T.stations.flatMap((s, n) => Q(s, net).map(([i, q]) => [n * net.length + i, q])) };
    case 'not_right': { const all = notRight(); return { cols: ['rank', 'doc'], rows: all.map((n) => n.key), v: all.map((n, i) => [i + 1, n]), q: [] }; }
    case 'recommendation': return doc('current', advice());
    case 'orders': { const all = [state.order, state.manual].filter(Boolean).map((o) => ({ ...o, items: [], stations: [] })); return { cols: ['doc'], rows: all.map((o) => o.id), v: all.map((o) => [o]), q: [] }; }
    case 'journal': return { cols: ['doc'], rows: state.journal.map((j) => String(j.seq)), v: state.journal.slice(0, 50).map((j) => [j]), q: [] };
    default: {
      const s = T.stations.find((x) => `station/${x.id}` === topic);
      if (!s) return null;
      const d = stationRow(s, { state: stateOf(s), required: required(s), held: held(s), plant: plant(), mode: state.mode, round });
      return { ...row(s.id, d), q: Q(s, Object.keys(d)) };
    }
  }
}

const clients = new Set();
const subs = new Map();
let s = 0;
function publish(topic) {
  const t = table(topic);
  if (!t) return;
  const text = JSON.stringify({ k: 'snap', t: Date.now(), p: plant(), topic, epoch: 'e', s: ++s, ...t });
  for (const c of clients) if (subs.get(c)?.has(topic)) c.send(text);
}
setInterval(() => {
  if (state.frozen) return;
  for (const x of T.stations) {
    const target = state.order ? 1 + (x.x0 - 1) * 0.04 : x.x0;
    x.x += (target - x.x) * 0.1 + (random() - 0.5) * 0.012;
  }
  advance();
  for (const t of ['system', 'kpi', 'source', 'net', 'not_right', 'orders', 'recommendation']) publish(t);
  for (const c of clients) for (const t of subs.get(c) ?? []) if (t.startsWith('station/')) publish(t);
}, 1000);

function order(kind, items, effect) {
  return { id: kind === 'manual' ? `m${Date.now()}` : ID, rev: 1, kind, stage: 'approved', title: kind === 'manual' ? finding('manual', { element: items[0].element, from: items[0].from, to: items[0].to, unit: items[0].unit }) : finding('balance', { stations: 190, pumps: 1 }), by: kind === 'manual' ? '李工' : 'advisor', reason: '', proposed_ms: Date.now(), valid_until_ms: Date.now() + 9e5,
    approvals: [{ by: '李工', at_ms: Date.now() }], persons: 1, envelope: 'initial-balance', progress: { total: items.length, waiting: items.length, working: 0, uncertain: 0, confirmed: 0, in_force: 0, failed: 0, sent: 0 }, batch: 1, batches: kind === 'manual' ? 1 : 5, next_batch_plant_ms: null, finished_ms: null, can: [], effect, items, stations: [] };
}
function advance() {
  for (const o of [state.order, state.manual]) {
    if (!o || o.finished_ms) continue;
    const n = Math.max(1, Math.floor(o.items.length / 12));
    const step = (from, to, limit) => { let k = 0; for (const it of o.items) if (it.stage === from && k++ < limit) { it.stage = to; it.times[to] = Date.now(); if (to === 'confirmed') it.read_back = it.to; if (to === 'in_force') { it.feedback = it.to; const st = T.stations.find((x) => x.id === it.element); if (st) { st.opening = st.setpoint = it.to; } } } };
    step('confirmed', 'in_force', n); step('written', 'confirmed', n); step('approved', 'written', n);
    const count = (x) => o.items.filter((it) => it.stage === x).length;
    o.progress = { total: o.items.length, waiting: count('approved'), working: count('written'), uncertain: 0, confirmed: count('confirmed') + count('in_force'), in_force: count('in_force'), failed: 0, sent: o.items.length - count('approved') };
    o.stage = count('approved') ? 'approved' : count('written') ? 'written' : count('confirmed') ? 'confirmed' : 'in_force';
    o.batch = Math.min(5, 1 + Math.floor((o.progress.sent / o.items.length) * 5));
    o.rev++;
    if (o.stage === 'in_force') { o.finished_ms = Date.now(); o.can = ['revert']; say('order.finished', { order: o.id, stage: 'in_force' }); if (o.effect) o.result = { state: 'measured', at_plant_ms: plant(), predicted: outcome(true), measured: { ...outcome(true), x_min: 0.94, x_max: 1.05 }, x_error_percent: 1.4, verdict: 'met' }; }
  }
}
const item = (m, n) => ({ n, ...m, stage: 'approved', note: '', read_back: null, feedback: null, times: { approved: Date.now() } });

const problem = (status, code, zh, en) => [status, { status, title: '', code, detail: en, detail_zh: zh, elements: [] }];
function answer(method, path, query, body) {
  if (path === '/dev/cut') { state.refuseUntil = Date.now() + Number(query.get('ms') ?? 8000); for (const c of clients) c.terminate(); return [200, {}]; }
  if (path === '/dev/freeze') { state.frozen = !state.frozen; return [200, {}]; }
  if (path === '/api/sign-in') { if (body.password !== 'demo') return problem(401, 'wrong_password', '用户名或密码不正确', 'name or password is wrong'); state.signedIn = true; return [200, {}]; }
  if (path === '/api/sign-out') { state.signedIn = false; return [200, {}]; }
  if (!state.signedIn || query.get('out')) return problem(401, 'not_signed_in', '未登录', 'not signed in');
  switch (`${method} ${path}`) {
    case 'GET /api/session': return [200, { name: 'li', display: '李工', role: 'dispatcher', rights: ['see', 'propose', 'approve', 'manual', 'stop', 'resume', 'mode', 'lock'], topics: [], demo: true, expires_ms: Date.now() + 4e7, idle_ms: 0 }];
    case 'GET /api/network': return [200, { id: 'n1', name: system().network, junctions: T.junctions, pipes: T.pipes, valves: [], pumps: [], sources: [{ id: 'SRC-1', name: source().name, from: 'J0R', to: 'J0S' }], stations: T.stations.map(({ id, name, from, to, heated_area_m2, design_flow_t_per_h, kvs_m3_per_h }) => ({ id, name, from, to, heated_area_m2, design_flow_t_per_h, kvs_m3_per_h })), friction_limit_Pa_per_m: 140, velocity_limit_m_per_s: 3.5 }];
    case 'GET /api/pipes': return [200, { network_id: 'n1', version: 2, plant_ms: plant(), good: true, flow_t_per_h: T.pipes.map(() => 100), velocity_m_per_s: T.pipes.map(() => 1), friction_Pa_per_m: T.pipes.map((p, i) => ((i >> 1) % 37 === 5 ? 180 : 20 + ((i >> 1) * 13) % 80)) }];
    case 'GET /api/trend': { const to = Number(query.get('to_plant_ms')); return [200, { element: query.get('element'), from_plant_ms: to - 3.6e6, to_plant_ms: to, pens: query.getAll('quantity').map((quantity, k) => { const t = Array.from({ length: 120 }, (_, i) => Math.round(to - 3.6e6 + i * 30_000)); return { quantity, unit: '', decimals: 1, stored: true, t, v: t.map((_, i) => (i > 50 && i < 58 ? null : 45 + k * 12 + 3 * Math.sin(i / 9 + k) + random())) }; }) }]; }
    case 'POST /api/orders/revert': return [200, {}];
    case 'POST /api/stop': state.stopped = { by: '李工', at_ms: Date.now(), reason: '', resumed_by: [] }; say('stop'); return [200, system()];
    case 'POST /api/resume': state.stopped = null; say('resume'); return [200, system()];
    case 'POST /api/mode': state.mode = body.mode; say('mode', { stage: body.mode, reason: body.reason }); return [200, system()];
    case 'POST /api/recommendation': state.rejected = false; state.order = null; T.stations.forEach((x) => { x.x = x.x0; }); return [200, { state: 'computing' }];
    case 'POST /api/lock': say('lock', { element: body.element, reason: body.reason }); return [200, {}];
    case 'POST /api/manual/preview': {
      const st = T.stations.find((x) => x.id === body.element);
      const m = { element: body.element, name: st?.name ?? source().name, quantity: body.quantity, unit: st ? '%' : 'Hz', from: round(st?.setpoint ?? 45, 1), to: body.value, reason: finding('manual'), x_before: st?.x ?? null, x_after: st ? st.x * body.value / st.setpoint : null, batch: 1 };
      state.preview = m;
      return [200, { id: 'p1', move: m, min: 0, max: 100, effect: { before: outcome(false), after: { ...outcome(false), x_min: 0.64 } }, stations: [{ station: body.element, x_before: st?.x ?? 1, x_after: 0.97, flow_before_t_per_h: 40, flow_after_t_per_h: 46, differential_before_kPa: 60, differential_after_kPa: 56, x_measured: null }], checks, warnings: [], valid_until_ms: Date.now() + 6e4, persons: 1 }];
    }
    case 'POST /api/manual': state.manual = order('manual', [item(state.preview, 1)], null); say('order.manual', { element: state.preview.element, name: state.preview.name, point: state.preview.quantity, old: state.preview.from, new: state.preview.to, unit: state.preview.unit, order: state.manual.id }); return [200, state.manual];
  }
  const action = path.match(/^\/api\/orders\/([^/]+)\/(approve|reject|revert)$/);
  if (action?.[2] === 'approve') { state.order = order('recommendation', moves().map((m, n) => item(m, n + 1)), { before: outcome(false), after: outcome(true) }); say('order.approve', { order: ID, reason: body.reason }); return [200, state.order]; }
  if (action?.[2] === 'reject') { state.rejected = true; say('order.reject', { order: ID, reason: body.reason }); return [200, {}]; }
  if (action?.[2] === 'revert') { say('order.revert', { order: ID }); return [200, {}]; }
  const one = path.match(/^\/api\/orders\/(.+)$/);
  if (one) { const o = [state.order, state.manual].find((x) => x?.id === one[1]); return o ? [200, o] : problem(404, 'no_such_order', '没有这个指令', 'no such order'); }
  const prof = path.match(/^\/api\/profile\/(.+)$/);
  if (prof) { const st = T.stations.find((x) => x.id === decodeURIComponent(prof[1])); return st ? [200, profile(st, plant(), state.order ? '' : ID, checks)] : problem(404, 'no_such_station', '没有这个站', 'no such station'); }
  return problem(404, 'no_such_route', '没有这个地址', 'no such route');
}

const server = createServer(async (req, res) => {
  const url = new URL(req.url, 'http://x');
  res.setHeader('Content-Security-Policy', policy);
  if (url.pathname.startsWith('/api/') || url.pathname.startsWith('/dev/')) {
    let text = '';
    for await (const part of req) text += part;
    const [status, body] = answer(req.method, url.pathname, url.searchParams, text ? JSON.parse(text) : {});
    res.writeHead(status, { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json' }).end(JSON.stringify(body));
    return;
  }
  const name = url.pathname === '/' ? 'index.html' : url.pathname.slice(1);
  try {
    const body = await readFile(new URL(`../dist/${name}`, import.meta.url));
    res.writeHead(200, { 'Content-Type': types[name.split('.').pop()] ?? 'text/plain' }).end(body);
  } catch {
    res.writeHead(404).end();
  }
});
new WebSocketServer({ server, path: '/api/live', perMessageDeflate: true }).on('connection', (c) => {
  if (Date.now() < state.refuseUntil || !state.signedIn) { c.close(state.signedIn ? 1012 : 4401); return; }
  clients.add(c);
  subs.set(c, new Set());
  c.send(JSON.stringify({ k: 'hello', t: Date.now(), p: plant(), version: 1, build: 'dev', topics: [] }));
  c.on('message', (m) => {
    const w = JSON.parse(m);
    if (w.sub) {
      const t = table(w.sub.topic);
      if (!t) { c.send(JSON.stringify({ k: 'deny', t: Date.now(), p: plant(), topic: w.sub.topic, code: 'no_such_topic' })); return; }
      subs.get(c).add(w.sub.topic);
      c.send(JSON.stringify({ k: 'snap', t: Date.now(), p: plant(), topic: w.sub.topic, epoch: 'e', s: ++s, ...t }));
    }
    if (w.unsub) subs.get(c).delete(w.unsub);
  });
  c.on('close', () => { clients.delete(c); subs.delete(c); });
});
say('start', { who: 'desk', role: 'program' });
say('mode', { stage: 'advisory', reason: 'demo' });
server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/`));
