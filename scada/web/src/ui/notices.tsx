// Bars above the work area: the data stopped, orders are stopped, the model is
// not to be trusted, the page is older than the service.
import { useEffect } from 'preact/hooks';
import { dialog, said, whyNot } from '../commands';
import { words } from '../findings';
import { clock, date, duration } from '../format';
import { t } from '../i18n';
import { link, newBuild, now, stale, system } from '../store';
import { Priority } from './symbols';

export function Notices() {
  const sys = system.value;
  const stopped = sys?.stopped;
  const not = whyNot('resume');
  return (
    <div class="notices">
      {stale.value && <StaleBar />}
      {stopped && (
        <div class="notice stop" role="status" data-testid="stopped-bar">
          <b>{t('stop.stopped')}</b>
          <span>{t('stop.by', { by: stopped.by, time: clock(stopped.at_ms) })}{stopped.reason && ` · ${stopped.reason}`}</span>
          {stopped.resumed_by.length > 0 && <span>{t('stop.waiting_second', { by: stopped.resumed_by.join(', ') })}</span>}
          <span class="soft">{t('stop.keeps')}</span>
          <span class="end">{not}</span>
          <button class="btn small" disabled={not !== ''} onClick={() => { dialog.value = { kind: 'resume' }; }}>{t('stop.resume')}</button>
        </div>
      )}
      {sys?.model.problem && <div class="notice info" role="status" data-testid="model-bar"><Priority level={4} /><span>{words(sys.model.problem)}</span></div>}
      {newBuild.value && (
        <div class="notice info" role="status"><span>{t('build.new')}</span><button class="btn small" onClick={() => location.reload()}>{t('build.reload')}</button></div>
      )}
    </div>
  );
}

const SAID_FOR = 6000;

/** Said is what the last command came to; it stays until it is read or replaced. */
export function Said() {
  const line = said.value;
  // Good news goes by itself; a refusal stays until it is read.
  useEffect(() => {
    if (!line || line.bad) return undefined;
    const n = setTimeout(() => { if (said.peek() === line) said.value = null; }, SAID_FOR);
    return () => clearTimeout(n);
  }, [line]);
  if (!line) return null;
  return (
    <div class={`said ${line.bad ? 'bad-news' : ''}`} role={line.bad ? 'alert' : 'status'} data-testid="said" data-bad={line.bad}>
      <span>{line.text}</span>
      <button class="icon-button" onClick={() => { said.value = null; }} aria-label={t('act.close')}>×</button>
    </div>
  );
}

function StaleBar() {
  const l = link.value;
  const seen = l.lastFrame > 0;
  return (
    <div class="notice" role="alert" data-testid="stale-bar">
      <Priority level={1} />
      <b>{seen ? t('stale.since', { span: duration(now.value - l.lastFrame) }) : t('stale.never')}</b>
      {seen && <span>{t('stale.last', { time: `${date(l.lastFrame)} ${clock(l.lastFrame)}` })}</span>}
      <span>{t('stale.trying', { n: Math.max(1, l.attempts) })}</span>
      <span class="end" data-testid="stale-why">{t('stale.blocked')}</span>
    </div>
  );
}
