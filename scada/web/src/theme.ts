// Runs before the page is drawn: theme and language of this terminal.
const root = document.documentElement;
try {
  root.dataset.theme = localStorage.getItem('theme') === 'dark' ? 'dark' : 'light';
  root.lang = localStorage.getItem('lang') === 'en' ? 'en' : 'zh-CN';
} catch {
  root.dataset.theme = 'light';
}
if (new URLSearchParams(location.search).get('wall') === '1') root.dataset.wall = '1';
