// Selecting a station or source: its values, its pressure diagram, its path.
import { effect, signal } from '@preact/signals';
import { get, Refused } from './api';
import { watchStation } from './live';
import * as store from './store';
import type { Network, Pipes, Profile } from './view';

/** Ask the map to bring the selection into view. */
export const reveal = signal(0);

export function select(s: store.Selection, show = true): void {
  store.selection.value = s;
  watchStation(s.kind === 'station' ? s.id : '');
  if (show) reveal.value++;
}

let wanted = '';

async function fetchProfile(station: string, mark: string): Promise<void> {
  wanted = mark;
  const before = store.profile.peek();
  const same = 'doc' in before && before.doc?.station === station ? before.doc : undefined;
  store.profile.value = { state: 'loading', doc: same };
  try {
    const answer = await get<Profile>(`/api/profile/${encodeURIComponent(station)}`);
    if (wanted === mark) store.profile.value = { state: 'ready', doc: answer };
  } catch (e) {
    if (wanted === mark && e instanceof Refused) store.profile.value = { state: 'failed', error: e, doc: same };
  }
}

async function fetchPipes(): Promise<void> {
  try {
    store.pipes.value = await get<Pipes>('/api/pipes');
  } catch {
    store.pipes.value = null; // drawn grey until the next solve
  }
}

export async function fetchNetwork(): Promise<void> {
  store.network.value = { state: 'loading', doc: store.doc(store.network.peek()) };
  try {
    store.network.value = { state: 'ready', doc: await get<Network>('/api/network') };
  } catch (e) {
    if (e instanceof Refused) store.network.value = { state: 'failed', error: e };
  }
}

/** Model and network move on while the page is open: fetch what depends on them. */
export function follow(): void {
  let network = '';
  let solved = -1;
  let drawn = '';
  effect(() => {
    const sys = store.system.value;
    const sel = store.selection.value;
    // The dotted lines belong to a recommendation or a running order.
    const after = store.advice.value?.recommendation?.id ?? '';
    const live = store.link.value.phase === 'live';
    if (!sys || !live) return;
    if (sys.network_id !== network) {
      network = sys.network_id;
      void fetchNetwork();
    }
    if (sys.model.version !== solved) {
      solved = sys.model.version;
      void fetchPipes();
    }
    const mark = sel?.kind === 'station' ? `${sel.id} ${solved} ${after}` : '';
    if (mark !== drawn) {
      drawn = mark;
      if (sel && mark) void fetchProfile(sel.id, mark);
      else store.profile.value = { state: 'idle' };
    }
  });
}
