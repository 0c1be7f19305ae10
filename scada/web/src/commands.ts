// What a person may order, and why not at the moment. The page only helps; the
// service decides.
import { signal } from '@preact/signals';
import { get, key, post, Refused } from './api';
import { namesOf, words } from './findings';
import { lang, t, tOr } from './i18n';
import * as store from './store';
import type { Advice, Finding, LockKind, Mode, Order, Preview, Right, System } from './view';

/** A session whose clock is further off may not command, ms. */
const MAX_SKEW = 60_000;

interface Ask {
  /** Blocked by the state of the service too (mode, stop), not only by the link and the right. */
  plant?: boolean;
  /** A block of this thing alone. */
  also?: Finding | null;
}

/** whyNot says why a command cannot be given now, '' if it can. */
export function whyNot(right: Right, ask: Ask = {}): string {
  const s = store.session.value;
  if (!s) return t('why.signed_out');
  if (right !== 'stop') {
    if (store.stale.value) return t('why.stale');
    if (store.link.value.phase !== 'live') return t('why.connecting');
    if (Math.abs(store.skew.value) > MAX_SKEW) return t('why.clock', { seconds: Math.round(Math.abs(store.skew.value) / 1000) });
  }
  if (!s.rights.includes(right)) return t('why.right', { role: tOr(`role.${s.role}`, s.role) });
  if (ask.plant && store.system.value?.blocked) return words(store.system.value.blocked);
  if (ask.also) return words(ask.also);
  return '';
}

/** The dialog that is open, one at a time. */
export type Dialog =
  | { kind: 'approve'; order: string }
  | { kind: 'reject'; order: string }
  | { kind: 'revert'; order: string }
  | { kind: 'manual'; element: string; quantity: string; value: number; unit: string }
  | { kind: 'mode'; element: string }
  | { kind: 'lock'; element: string }
  | { kind: 'resume' }
  | { kind: 'help' };

export const dialog = signal<Dialog | null>(null);
/** The drawer over map and diagram. */
export const drawer = signal<{ kind: 'order'; id: string } | { kind: 'orders' } | null>(null);
/** A line about what a command came to; shown until the next one or dismissed. */
export const said = signal<{ text: string; bad: boolean } | null>(null);

export function refusal(e: unknown): string {
  if (e instanceof Refused) {
    const p = e.problem;
    if (p.status === 401) store.door.value = 'out';
    // The desk's Chinese sentences leave the names to the page.
    if (lang.value === 'zh' && p.reason && p.elements.length > 0) return `${namesOf(p.elements)}：${e.words}`;
    return e.words;
  }
  return String(e);
}

/** attempt runs a command and tells what came of it; it returns the answer, or undefined. */
export async function attempt<T>(done: string, f: () => Promise<T>): Promise<T | undefined> {
  try {
    const answer = await f();
    said.value = { text: done, bad: false };
    return answer;
  } catch (e) {
    said.value = { text: refusal(e), bad: true };
    return undefined;
  }
}

export const approve = (id: string, reason: string, k = key()) => post<Order>(`/api/orders/${id}/approve`, { reason }, k);
export const reject = (id: string, reason: string, k = key()) => post<Order>(`/api/orders/${id}/reject`, { reason }, k);
export const revert = (id: string, reason: string, k = key()) => post<Order>(`/api/orders/${id}/revert`, { reason }, k);
export const compute = () => post<Advice>('/api/recommendation');
export const preview = (element: string, quantity: string, value: number) => post<Preview>('/api/manual/preview', { element, quantity, value });
export const manual = (id: string, reason: string, k = key()) => post<Order>('/api/manual', { preview: id, reason }, k);
export const stop = () => post<System>('/api/stop', { reason: '' });
export const resume = (reason: string) => post<System>('/api/resume', { reason });
export const setMode = (element: string, mode: Mode, reason: string) => post<System>('/api/mode', { element, mode, reason });
export const lock = (element: string, kind: LockKind, reason: string, minutes: number) => post('/api/lock', { element, kind, reason, minutes });
export const unlock = (element: string, reason: string) => post('/api/unlock', { element, reason });
export const order = (id: string) => get<Order>(`/api/orders/${id}`);

/** stopAll needs no confirmation and works with a stale page too. */
export function stopAll(): void {
  void attempt(t('said.stopped'), stop);
}
