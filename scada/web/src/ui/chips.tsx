// The state of an element's control in a few words: who moves it, from where.
import { attempt, dialog, unlock, whyNot } from '../commands';
import { clock } from '../format';
import { t, tOr } from '../i18n';
import type { Lock, Mode, StationState } from '../view';

interface Props { element: string; mode: Mode; remote: boolean | null; fallback: boolean | null; state?: StationState; lock?: Lock | null }

export function Chips({ element, mode, remote, fallback, state, lock }: Props) {
  const lockWhy = whyNot('lock');
  return (
    <div class="chips">
      <button class="chip" onClick={() => { dialog.value = { kind: 'mode', element }; }} title={t('mode.change')} data-testid="chip-mode">{tOr(`mode.${mode}`, mode)}</button>
      <span class={`chip ${remote === false ? 'warn' : ''}`} data-testid="chip-remote">{remote === null ? t('chip.remote_unknown') : remote ? t('chip.remote') : t('chip.local')}</span>
      {fallback && <span class="chip warn">{t('chip.fallback')}</span>}
      {state && <span class={`chip ${state === 'lost' ? 'warn' : ''}`}>{state === 'lost' ? t('chip.lost') : state === 'unmeasured' ? t(mode === 'off' ? 'chip.not_polled' : 'chip.unmeasured') : t('chip.link_ok')}</span>}
      {lock ? (
        <button class="chip warn" disabled={lockWhy !== ''} data-testid="chip-lock"
          title={lockWhy || `${lock.by}: ${lock.reason}${lock.until_ms ? ` · ${t('chip.until', { time: clock(lock.until_ms) })}` : ''} · ${t('chip.unlock')}`}
          onClick={() => void attempt(t('said.unlocked'), () => unlock(element, ''))}>{t(lock.kind === 'locked' ? 'chip.locked' : 'chip.out_of_service')}</button>
      ) : (
        <button class="chip" disabled={lockWhy !== ''} title={lockWhy || t('chip.lock_title')} data-testid="chip-lock" onClick={() => { dialog.value = { kind: 'lock', element }; }}>{t('chip.lock')}</button>
      )}
    </div>
  );
}
