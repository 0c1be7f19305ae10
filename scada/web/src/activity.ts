// A session ends after a while without a hand at the page. Commands count as
// activity; so does a pointer that moves or a key, which the page tells the
// service at most once a minute.
import { get, Refused } from './api';
import * as store from './store';
import type { Session } from './view';

/** How often activity is told at most, ms. */
export const TELL_EVERY = 60_000;

/** watched returns what to call at every sign of a person; tell is called at most once each pace. */
export function watched(tell: () => void, clock: () => number = Date.now, pace = TELL_EVERY): () => void {
  let told = clock(); // coming in was told
  return () => {
    const now = clock();
    if (now - told < pace && now >= told) return;
    told = now;
    tell();
  };
}

async function tell(): Promise<void> {
  if (store.door.peek() !== 'in' || store.session.peek()?.demo) return;
  try {
    store.session.value = await get<Session>('/api/session');
  } catch (e) {
    // Where the service does not answer, the link says so; a session that
    // ended asks for the password.
    if (e instanceof Refused && e.problem.status === 401) store.door.value = 'out';
  }
}

/** watch follows pointer and keys of the page. */
export function watch(): void {
  const sign = watched(() => void tell());
  for (const kind of ['pointermove', 'pointerdown', 'keydown', 'wheel']) addEventListener(kind, sign, { passive: true, capture: true });
}
