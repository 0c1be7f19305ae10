// Requests to the service. Every command carries a key of its own, so that a
// repeated request is one command; every refusal arrives as a Problem.
import { lang, t } from './i18n';
import type { Problem } from './view';

export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }

  /** words of the refusal in the language of the page. */
  get words(): string {
    const p = this.problem;
    if (p.code === UNREACHABLE) return t('error.unreachable');
    if (lang.value === 'zh') return p.detail_zh || p.detail;
    return p.remedy && !p.detail.includes(p.remedy) ? `${p.detail}; ${p.remedy}` : p.detail;
  }
}

/** key returns a fresh idempotency key. */
export function key(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

async function request<T>(method: string, path: string, body?: unknown, idempotency?: string): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (method !== 'GET') headers['Content-Type'] = 'application/json';
  if (idempotency) headers['Idempotency-Key'] = idempotency;
  let response: Response;
  try {
    response = await fetch(path, {
      method, headers, credentials: 'same-origin', cache: 'no-store',
      body: method === 'GET' ? undefined : JSON.stringify(body ?? {}),
    });
  } catch {
    throw new Refused(unreachable(0));
  }
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T;
  let problem: Problem | null = null;
  try {
    problem = (await response.json()) as Problem;
  } catch {
    // a proxy's page is no problem document
  }
  throw new Refused(problem?.code ? problem : unreachable(response.status));
}

/** answered reports whether the service itself said no: then the key of the
 * attempt is spent, for it would only bring the same answer again. Where no
 * answer came, the same key asks what became of the command. */
export const answered = (e: unknown): boolean => e instanceof Refused && e.problem.code !== UNREACHABLE && e.problem.status < 500;

/** The code of a problem that the page itself makes: no answer came. */
export const UNREACHABLE = 'unreachable';

function unreachable(status: number): Problem {
  const detail = 'the service did not answer';
  return { status, title: '', code: UNREACHABLE, elements: [], detail, detail_zh: detail };
}

export const get = <T>(path: string) => request<T>('GET', path);
export const post = <T>(path: string, body?: unknown, idempotency = key()) => request<T>('POST', path, body, idempotency);
