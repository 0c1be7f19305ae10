// Words of the page, zh-CN first. Each language is a plain JSON file that a
// translator can edit; a test keeps their keys and numbers the same.
import { signal } from '@preact/signals';
import en from './words/en.json';
import zh from './words/zh.json';

export type Lang = 'zh' | 'en';
export type Word = Extract<keyof typeof zh, string>;

const words: Record<Lang, Record<string, string>> = { zh, en };

export const lang = signal<Lang>(typeof document !== 'undefined' && document.documentElement.lang === 'en' ? 'en' : 'zh');

/** t returns a word of the page; {name} is replaced by args.name. */
export function t(key: Word, args?: Record<string, string | number>): string {
  return fill(words[lang.value][key] ?? key, args);
}

/** tOr words a code of the service, or returns otherwise where the page has no word for it. */
export function tOr(key: string, otherwise: string, args?: Record<string, string | number>): string {
  const text = words[lang.value][key];
  return text === undefined ? otherwise : fill(text, args);
}

function fill(text: string, args?: Record<string, string | number>): string {
  return args ? text.replace(/\{(\w+)\}/g, (whole, name: string) => String(args[name] ?? whole)) : text;
}

/** named picks an element's name in the language of the page. */
export function named(e: { name?: string; name_en?: string; id?: string } | undefined): string {
  if (!e) return '';
  return (lang.value === 'en' ? e.name_en || e.name : e.name || e.name_en) || e.id || '';
}

export function setLang(l: Lang): void {
  lang.value = l;
  document.documentElement.lang = l === 'en' ? 'en' : 'zh-CN';
  try {
    localStorage.setItem('lang', l);
  } catch {
    // a private window keeps the language only while it is open
  }
}
