import './polyfill';
import 'ol/ol.css';
import 'uplot/dist/uPlot.min.css';
import './style/tokens.css';
import './style/frame.css';
import './style/panes.css';
import './style/desk.css';

import { effect } from '@preact/signals';
import { render } from 'preact';
import { watch } from './activity';
import { App } from './app';
import { enter } from './enter';
import { text } from './findings';
import { lang } from './i18n';
import { onKey } from './keys';
import { wakeOnReturn } from './live';
import { follow, select } from './select';
import * as store from './store';
import { rank } from './rank';

setInterval(() => { store.now.value = Date.now(); }, 1000);
addEventListener('keydown', onKey);
watch();
wakeOnReturn();
follow();

// The worst station is selected when the page opens, so that nothing is blank.
const first = effect(() => {
  const rows = store.net.value;
  if (rows.length === 0 || store.selection.value) return;
  const id = rank(rows)[0]!;
  queueMicrotask(() => { if (!store.selection.peek()) select({ kind: 'station', id }); });
});
addEventListener('pagehide', first);

effect(() => {
  const sys = store.system.value;
  document.title = `${store.stale.value ? '⚠ ' : ''}${sys ? text(sys.network) : 'Evenflow'}`;
  document.documentElement.lang = lang.value === 'en' ? 'en' : 'zh-CN';
});

render(<App />, document.getElementById('app')!);
void enter();
