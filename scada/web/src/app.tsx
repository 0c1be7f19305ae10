// The overview screen S1.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { door, link, netLoaded, selection, stale } from './store';
import { t } from './i18n';
import { Bottom } from './ui/bottom';
import { Dialogs } from './ui/dialogs';
import { DiagramPanel } from './ui/diagram';
import { Drawer } from './ui/drawer';
import { Face } from './ui/face';
import { Header } from './ui/header';
import { Kpis } from './ui/kpis';
import { StationList } from './ui/list';
import { Login } from './ui/login';
import { MapPane } from './ui/mappane';
import { Notices, Said } from './ui/notices';

type Pane = 'list' | 'map' | 'face';

export function App() {
  if (door.value === 'out') return <Login />;
  if (door.value !== 'in') return <main class="login"><p class="soft" role="status">{door.value === 'failed' ? t('state.no_service') : t('state.loading')}</p></main>;
  return <Screen />;
}

function Screen() {
  // Narrow screens show one pane at a time; wide ones all of them.
  const pane = useSignal<Pane>('map');
  const sel = selection.value;
  useEffect(() => { if (sel && matchMedia('(max-width: 1279px)').matches) pane.value = 'face'; }, [sel]);
  const ready = netLoaded.value;
  return (
    <div class={`screen pane-${pane.value} ${stale.value ? 'is-stale' : ''}`} data-testid="screen" data-ready={ready} data-link={link.value.phase}>
      <Header />
      <Notices />
      <Kpis />
      <nav class="panes" aria-label={t('head.screens')}>
        {(['list', 'map', 'face'] as const).map((p) => <button key={p} aria-pressed={pane.value === p} onClick={() => { pane.value = p; }}>{t(`pane.${p}`)}</button>)}
      </nav>
      <StationList />
      <MapPane />
      <DiagramPanel />
      <Drawer />
      <Face />
      <Bottom />
      <Said />
      <Dialogs />
    </div>
  );
}
