// A dialog over the work area. It never covers the bottom bar's content for
// long: Esc closes it, and the focus returns to where it was.
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { dialog } from '../commands';
import { t } from '../i18n';

interface Props {
  title: string;
  children: ComponentChildren;
  /** Buttons of the last row, besides cancel. */
  actions?: ComponentChildren;
  wide?: boolean;
  testid: string;
  cancel?: string;
}

export function Dialog({ title, children, actions, wide, testid, cancel }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  // With the element, not after the next frame: a quick Esc must find it open.
  useLayoutEffect(() => {
    const el = ref.current!;
    const before = document.activeElement as HTMLElement | null;
    el.showModal();
    // The browser may close it by itself (a second Esc), without asking.
    const closed = () => { dialog.value = null; };
    el.addEventListener('close', closed);
    // Never on the closing cross: an early Enter must not lose the dialog.
    (el.querySelector<HTMLElement>('[data-first]:not(:disabled)') ?? el).focus();
    return () => {
      el.removeEventListener('close', closed);
      el.close();
      before?.focus?.();
    };
  }, []);
  const close = () => { dialog.value = null; };
  return (
    <dialog ref={ref} tabIndex={-1} class={wide ? 'wide' : ''} aria-label={title} data-testid={testid} onCancel={(e) => { e.preventDefault(); close(); }}>
      <header><h2>{title}</h2><button class="icon-button" onClick={close} aria-label={t('act.close')}>×</button></header>
      <div class="dialog-body">{children}</div>
      <footer>
        {actions}
        <button class="btn" onClick={close} data-testid="dialog-cancel">{cancel ?? t('act.cancel')}</button>
      </footer>
    </dialog>
  );
}
