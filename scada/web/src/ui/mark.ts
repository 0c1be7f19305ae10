// Which shape stands for which state of a station.
import type { NetRow } from '../store';
import type { Mark } from './symbols';

/** markOf is the shape of a row's state. */
export function markOf(r: Pick<NetRow, 'state'>): Mark {
  return r.state === 'bad_flow' ? 'held' : r.state;
}
