// The keyboard of the page; every key has a button too.
import { dialog, drawer, said, whyNot, type Dialog } from './commands';
import { advice, orders, selection } from './store';
import { keysOn } from './ui/dialogs';
import { flipLang, flipTheme } from './ui/header';
import { mapKey } from './ui/mappane';

/** pending is the order that A and R speak of. */
export function pending(): string {
  const rec = advice.value?.recommendation;
  const proposed = orders.value.find((o) => o.finished_ms === null && o.stage === 'proposed' && o.id !== rec?.id);
  if (proposed) return proposed.id;
  return rec?.stage === 'proposed' ? rec.id : '';
}

export function onKey(e: KeyboardEvent): void {
  const el = e.target as HTMLElement;
  const typing = el.matches('input, textarea, select');
  if (e.ctrlKey || e.metaKey || e.altKey || dialog.value) return;
  if (e.key === 'Escape') {
    if (drawer.value) drawer.value = null;
    else if (typing) el.blur();
    else if (el.closest('.face, .diagram')) document.querySelector<HTMLElement>('[data-testid=rows]')?.focus();
    return;
  }
  if (typing || !keysOn()) return;
  if (act(e.key)) e.preventDefault();
}

/** ask opens a dialog, or says why not: a key has no tooltip. */
function ask(what: Dialog, why: string): void {
  if (why) said.value = { text: why, bad: true };
  else dialog.value = what;
}

function act(key: string): boolean {
  const order = pending();
  switch (key) {
    case '/':
      document.getElementById('search')?.focus();
      return true;
    case 'a': case 'A':
      if (order) ask({ kind: 'approve', order }, whyNot('approve', { plant: true }));
      return true;
    case 'r': case 'R':
      if (order) ask({ kind: 'reject', order }, whyNot('approve'));
      return true;
    case 'p': case 'P':
      drawer.value = null;
      if (selection.value) document.querySelector<HTMLElement>('[data-testid=hydrograph], [data-testid=diagram]')?.focus();
      return true;
    case 'l': case 'L': flipLang(); return true;
    case 't': case 'T': flipTheme(); return true;
    case '?': dialog.value = { kind: 'help' }; return true;
    case '1': drawer.value = null; return true;
    case '2': drawer.value = { kind: 'orders' }; return true;
    case '+': case '=': case '-': case '0': return mapKey(key);
    default: return false;
  }
}
