// Selecting a station or source: its values, its pressure diagram, its path.
import { effect, signal } from '@preact/signals';
import { get, Refused, UNREACHABLE } from './api';
import { watchStation } from './live';
import { paced } from './pace';
import * as store from './store';
import type { Network, Pipes, Profile } from './view';

/** Ask the map to bring the selection into view. */
export const reveal = signal(0);

export function select(s: store.Selection, show = true): void {
  store.selection.value = s;
  watchStation(s.kind === 'station' ? s.id : '');
  if (show) reveal.value++;
}

/** The model solves more often than a person can look: at most this often, ms. */
const PROFILE_PACE = 2000;
const PIPES_PACE = 5000;

async function fetchProfile(): Promise<void> {
  const sel = store.selection.peek();
  if (sel?.kind !== 'station') return;
  const before = store.profile.peek();
  const same = 'doc' in before && before.doc?.station === sel.id ? before.doc : undefined;
  if (!same) store.profile.value = { state: 'loading' };
  const still = () => store.selection.peek()?.id === sel.id;
  try {
    const answer = await get<Profile>(`/api/profile/${encodeURIComponent(sel.id)}`);
    if (still()) store.profile.value = { state: 'ready', doc: answer };
  } catch (e) {
    if (!still() || !(e instanceof Refused)) return;
    // What is drawn stays while the service is away; the bar above says how old it is.
    store.profile.value = same && e.problem.code === UNREACHABLE ? { state: 'ready', doc: same } : { state: 'failed', error: e };
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
  let selected = '';
  const profile = paced(fetchProfile, PROFILE_PACE);
  const pipes = paced(fetchPipes, PIPES_PACE);
  effect(() => {
    const sys = store.system.value;
    const sel = store.selection.value;
    // The dotted lines belong to a recommendation or a running order.
    const after = store.advice.value?.recommendation?.id ?? '';
    if (!sys || store.link.value.phase !== 'live') return;
    if (sys.network_id !== network) {
      network = sys.network_id;
      void fetchNetwork();
    }
    if (sys.model.version !== solved) {
      solved = sys.model.version;
      pipes();
    }
    const station = sel?.kind === 'station' ? sel.id : '';
    const mark = `${station} ${solved} ${after}`;
    if (mark === drawn) return;
    drawn = mark;
    if (!station) store.profile.value = { state: 'idle' };
    else profile(station !== selected);
    selected = station;
  });
}
