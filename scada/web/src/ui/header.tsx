// The frame's top line: what exists, how the link stands, who sits here, and
// the button that stops everything.
import { signal } from '@preact/signals';
import { post } from '../api';
import { dialog, drawer, stopAll, whyNot } from '../commands';
import { text } from '../findings';
import { age, clock, date, weekday } from '../format';
import { lang, setLang, t, tOr, type Word } from '../i18n';
import { door, kpi, link, now, plantNow, session, stale, system } from '../store';
import { Brand } from './symbols';

export const theme = signal(typeof document !== 'undefined' && document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light');

export function flipTheme(): void {
  theme.value = theme.value === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset.theme = theme.value;
  try {
    localStorage.setItem('theme', theme.value);
  } catch {
    // a private window keeps the theme only while it is open
  }
}

export function flipLang(): void {
  setLang(lang.value === 'zh' ? 'en' : 'zh');
}

async function signOut(): Promise<void> {
  try {
    await post('/api/sign-out');
  } finally {
    session.value = null;
    door.value = 'out';
  }
}

export function Header() {
  const sys = system.value;
  const s = session.value;
  return (
    <header class="head">
      <div class="brand"><Brand /><span title={text(sys?.network)}>{sys ? `${text(sys.network)} · ${t('head.centre')}` : t('head.title')}</span></div>
      <nav class="tabs" role="tablist" aria-label={t('head.screens')}>
        <button role="tab" aria-selected={drawer.value === null} onClick={() => { drawer.value = null; }} data-testid="tab-overview">{t('head.overview')}</button>
        <button role="tab" aria-selected={drawer.value !== null} onClick={() => { drawer.value = { kind: 'orders' }; }} data-testid="tab-orders">{t('head.orders')}{kpi.value && kpi.value.pending > 0 && <span class="count">{kpi.value.pending}</span>}</button>
      </nav>
      <span class="spring" />
      {sys?.simulated && <span class="demo-mark" data-testid="demo-mark">{t('head.demo')}</span>}
      {sys && (
        <button class={`chip mode-${sys.mode}`} onClick={() => { dialog.value = { kind: 'mode', element: '' }; }} data-testid="mode-network" title={t('mode.change')}>
          {t('mode.label')} <b>{tOr(`mode.${sys.mode}`, sys.mode)}</b>
        </button>
      )}
      {sys && sys.envelope.name !== 'normal' && (
        <span class="chip warn" title={t('envelope.title', { step: sys.envelope.step_percent, batch: sys.envelope.batch_percent })} data-testid="envelope">
          {tOr(`envelope.${sys.envelope.name}`, sys.envelope.name)}
        </span>
      )}
      <LinkState />
      <Clock />
      <span class="sep" />
      <span class="soft" data-testid="who" title={s ? tOr(`role.${s.role}`, s.role) : ''}>{s?.demo ? t('head.demo_user') : s?.display || s?.name}</span>
      {s && !s.demo && <button class="icon-button" onClick={() => void signOut()}>{t('act.sign_out')}</button>}
      <button class="icon-button" onClick={flipLang} data-testid="lang">{t('lang.other')}</button>
      <button class="icon-button" onClick={flipTheme} aria-label={t('head.theme')} title={t('head.theme')} data-testid="theme">{theme.value === 'dark' ? '◑' : '◐'}</button>
      <button class="icon-button" onClick={() => { dialog.value = { kind: 'help' }; }} aria-label={t('help.title')} data-testid="help">?</button>
      <StopAll />
    </header>
  );
}

function LinkState() {
  const l = link.value;
  if (stale.value) return <span class="linkstate" data-testid="link-state" data-phase="stale"><i class="dot off" /><b>{t('link.stale')}</b></span>;
  if (l.phase === 'connecting') return <span class="linkstate" data-testid="link-state" data-phase="connecting"><i class="dot off" />{t('link.connecting')}</span>;
  return (
    <span class="linkstate" data-testid="link-state" data-phase="live" title={t('link.age')}>
      <i class="dot" />{t('link.live')} <b>{age(Math.max(0, now.value - l.lastFrame))}</b>
    </span>
  );
}

const DAYS: Word[] = ['day.0', 'day.1', 'day.2', 'day.3', 'day.4', 'day.5', 'day.6'];

function Clock() {
  const speed = system.value?.clock.speed ?? 1;
  const ms = now.value;
  return (
    <div class="wallclock">
      <b>{clock(ms)}</b>
      <span>{date(ms)} {t(DAYS[weekday(ms)] ?? 'day.0')}{speed !== 1 && ` · ${t('head.plant_clock', { time: clock(plantNow()), speed })}`}</span>
    </div>
  );
}

function StopAll() {
  const why = whyNot('stop');
  const stopped = system.value?.stopped;
  if (stopped && !stale.value) {
    const not = whyNot('resume');
    return <button class="stopall" disabled={not !== ''} title={not} onClick={() => { dialog.value = { kind: 'resume' }; }} data-testid="resume">{t('stop.resume')}</button>;
  }
  return <button class="stopall" disabled={why !== ''} title={why || t('stop.title')} onClick={stopAll} data-testid="stop-all"><i />{t('stop.all')}</button>;
}
