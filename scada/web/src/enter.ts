// Coming in: who sits here, then the link.
import { get, Refused } from './api';
import { connect } from './live';
import * as store from './store';
import type { Session } from './view';

export async function enter(): Promise<void> {
  try {
    store.session.value = await get<Session>('/api/session');
    store.door.value = 'in';
    connect();
  } catch (e) {
    store.session.value = null;
    store.door.value = e instanceof Refused && (e.problem.status === 401 || e.problem.status === 403) ? 'out' : 'failed';
    if (store.door.value === 'failed') setTimeout(() => void enter(), 2000);
  }
}
