// Nobody is signed in: the only thing this page may show.
import { useSignal } from '@preact/signals';
import { post } from '../api';
import { refusal } from '../commands';
import { lang, t } from '../i18n';
import { enter } from '../enter';
import { flipLang } from './header';
import { Brand } from './symbols';

export function Login() {
  const name = useSignal('');
  const password = useSignal('');
  const error = useSignal('');
  const busy = useSignal(false);
  const go = async (e: Event) => {
    e.preventDefault();
    if (busy.value || !name.value) return;
    busy.value = true;
    error.value = '';
    try {
      await post('/api/sign-in', { name: name.value, password: password.value });
      await enter();
    } catch (x) {
      error.value = refusal(x);
      password.value = '';
    }
    busy.value = false;
  };
  return (
    <main class="login" data-testid="login">
      <form class="panel" onSubmit={(e) => void go(e)}>
        <h1><Brand /> Evenflow</h1>
        <p class="soft">{t('login.explain')}</p>
        <label class="field">{t('login.name')}<input class="input" autocomplete="username" value={name.value} onInput={(e) => { name.value = e.currentTarget.value; }} autofocus data-testid="login-name" /></label>
        <label class="field">{t('login.password')}<input class="input" type="password" autocomplete="current-password" value={password.value} onInput={(e) => { password.value = e.currentTarget.value; }} data-testid="login-password" /></label>
        {error.value && <p class="refusal" role="alert" data-testid="login-error">{error.value}</p>}
        <button class="btn main" type="submit" disabled={busy.value || !name.value} data-testid="login-go">{t('login.go')}</button>
        <button class="btn" type="button" onClick={flipLang} lang={lang.value === 'zh' ? 'en' : 'zh-CN'}>{t('lang.other')}</button>
      </form>
    </main>
  );
}
