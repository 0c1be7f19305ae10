// One measured value as the quality model wants it shown: live, stale, bad,
// missing, and never old looking like new.
import { MISSING, age, clock } from '../format';
import { t, tOr } from '../i18n';
import { plantNow } from '../store';
import type { Live } from '../view';

interface Props {
  of: Live | undefined | null;
  show(v: number | null): string;
  unit?: string;
  state?: string;
  /** The station has no such point: nothing to expect. */
  absent?: boolean;
  testid?: string;
}

export function Value({ of, show, unit, state = '', absent, testid }: Props) {
  if (absent) return <span class="bad" title={t('value.absent')} data-testid={testid}>·</span>;
  const q = of?.q ?? 'none';
  const v = of?.v ?? null;
  const text = v === null ? MISSING : show(v);
  const shown = q === 'bad' && v !== null ? `‹${text}›` : text;
  const live = q === 'good' || q === 'estimated' || q === 'substituted';
  return (
    <span class={`value ${live && v !== null ? 'live' : 'bad'} ${q} ${live ? state : ''}`} title={title(of)} data-testid={testid} data-quality={q}>
      {shown}
      {q === 'stale' && <span class="glyph" aria-label={tOr('quality.stale', q)}>◷</span>}
      {q === 'substituted' && <span class="glyph">{t('value.substituted')}</span>}
      {q === 'estimated' && v !== null && <span class="glyph">{t('value.estimated')}</span>}
      {unit && <span class="unit">{unit}</span>}
    </span>
  );
}

function title(of: Live | undefined | null): string {
  if (!of) return tOr('quality.none', 'none');
  const words = [tOr(`quality.${of.q}`, of.q)];
  if (of.t) words.push(`${clock(of.t)} (${age(plantNow() - of.t)})`);
  if (of.why) words.push(of.why);
  return words.join(' · ');
}
