// The analogue bar: a number without its normal range is not information.
import type { Maybe } from '../format';

export interface BarProps {
  value: Maybe;
  /** Scale. */
  min: number;
  max: number;
  /** Normal band. */
  low?: Maybe;
  high?: Maybe;
  /** Notch below the bar: the setpoint, or what is needed. */
  notch?: Maybe;
  state?: 'under' | 'over' | 'normal';
  /** Pointer with a head, as on a faceplate, or a plain stroke. */
  pin?: boolean;
}

export function Bar({ value, min, max, low, high, notch, state = 'normal', pin }: BarProps) {
  const at = (v: number) => `${Math.min(100, Math.max(0, ((v - min) / (max - min || 1)) * 100))}%`;
  const known = value !== null && value !== undefined;
  const from = low ?? min;
  const to = high ?? max;
  const banded = low !== null && low !== undefined || high !== null && high !== undefined;
  return (
    <span class={`bar ${state}${pin ? ' pin' : ''}`} aria-hidden="true">
      <i class="track" />
      {banded && <i class="band" style={{ left: at(from), right: `calc(100% - ${at(to)})` }} />}
      {known && <i class="pointer" style={{ left: at(value) }} />}
      {notch !== null && notch !== undefined && <i class="notch" style={{ left: at(notch) }} />}
    </span>
  );
}
