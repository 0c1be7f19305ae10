// The link to the service: one websocket, a watchdog that disbelieves silence,
// and reconnection without reloading the page.

/** Silence after which nothing on the page counts as live, ms. */
export const STALE_AFTER = 3000;
const FIRST_RETRY = 400;
const LAST_RETRY = 8000;
const JITTER = 0.3;

/** Close codes of the service. */
export const SIGNED_OUT = 4401;
export const FORBIDDEN = 4403;

/** The part of WebSocket that the link uses. */
export interface Socket {
  send(text: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((e: { data: string }) => void) | null;
  onclose: ((e: { code: number }) => void) | null;
}

/** What the link is made of; tests hand in their own. */
export interface LinkParts {
  open(): Socket;
  now(): number;
  random(): number;
  /** later runs f after ms and returns a cancel function. */
  later(f: () => void, ms: number): () => void;
  /** frame gets each decoded message; it returns false to ask for a fresh start. */
  frame(message: unknown, send: (m: unknown) => void): boolean;
  changed(s: LinkState): void;
}

/** How the link stands. */
export interface LinkState {
  phase: 'connecting' | 'live' | 'stale' | 'signed-out';
  /** ms since 1970 of the last frame, 0 before the first. */
  lastFrame: number;
  /** Attempts since the link was lost. */
  attempts: number;
}

/** retryDelay is the wait before attempt n = 1, 2, …, ms. */
export function retryDelay(n: number, random: number): number {
  const base = Math.min(LAST_RETRY, FIRST_RETRY * 2 ** (n - 1));
  return base * (1 - JITTER + 2 * JITTER * random);
}

/** Transit tells how old frames are when the page gets to them. A page that
 *  is too busy receives without a pause, only later and later: what it shows
 *  then is not live, though no silence gives it away. */
export class Transit {
  /** Service's clock minus ours by the quickest frame of this connection, ms. */
  skew = 0;

  /** begin takes the first frame of a connection. */
  begin(sent: number, now: number): void {
    this.skew = sent - now;
  }

  /** late is how much longer a frame took than the quickest, ms. */
  late(sent: number, now: number): number {
    this.skew = Math.max(this.skew, sent - now);
    return this.skew - (sent - now);
  }
}

export class Link {
  state: LinkState = { phase: 'connecting', lastFrame: 0, attempts: 0 };
  private socket: Socket | null = null;
  private cancelRetry: (() => void) | null = null;
  private cancelWatch: (() => void) | null = null;

  constructor(private parts: LinkParts) {}

  start(): void {
    this.connect();
  }

  stop(): void {
    this.cancelRetry?.();
    this.cancelWatch?.();
    this.cancelRetry = this.cancelWatch = null;
    this.drop();
  }

  /** wake tries at once: the page became visible, or came back from a cache. */
  wake(): void {
    if (this.state.phase === 'signed-out') return;
    if (this.parts.now() - this.state.lastFrame > STALE_AFTER && this.cancelRetry) {
      this.cancelRetry();
      this.cancelRetry = null;
      this.connect();
    }
  }

  private set(change: Partial<LinkState>): void {
    this.state = { ...this.state, ...change };
    this.parts.changed(this.state);
  }

  private connect(): void {
    this.drop();
    let socket: Socket;
    try {
      socket = this.parts.open();
    } catch {
      this.retry();
      return;
    }
    this.socket = socket;
    const send = (m: unknown) => {
      if (this.socket === socket) socket.send(JSON.stringify(m));
    };
    socket.onmessage = (e) => {
      if (this.socket !== socket) return;
      if (!this.parts.frame(JSON.parse(e.data), send)) {
        this.lost();
        return;
      }
      this.set({ phase: 'live', lastFrame: this.parts.now(), attempts: 0 });
      this.watch();
    };
    socket.onclose = (e) => {
      if (this.socket !== socket) return;
      if (e.code === SIGNED_OUT || e.code === FORBIDDEN) {
        this.stop();
        this.set({ phase: 'signed-out' });
        return;
      }
      this.lost();
    };
    this.watch();
  }

  /** watch waits for the next frame; none in time means the link is lost. */
  private watch(): void {
    this.cancelWatch?.();
    this.cancelWatch = this.parts.later(() => {
      this.cancelWatch = null;
      this.set({ phase: 'stale' });
      this.lost();
    }, STALE_AFTER);
  }

  private lost(): void {
    this.drop();
    this.retry();
  }

  private retry(): void {
    if (this.cancelRetry) return;
    // The watchdog keeps running: a quick reconnection never shows as stale.
    if (!this.cancelWatch && this.state.phase !== 'stale') this.watch();
    const attempts = this.state.attempts + 1;
    this.set({ attempts });
    this.cancelRetry = this.parts.later(() => {
      this.cancelRetry = null;
      this.connect();
    }, retryDelay(attempts, this.parts.random()));
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }
}
