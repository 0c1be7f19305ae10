// Doing something as often as asked, but not more often than a pace, and never
// twice at a time.

/** paced returns a trigger of work; a trigger with now = true does not wait for the pace. */
export function paced(work: () => Promise<void>, pace: number, clock: () => number = Date.now, later: (f: () => void, ms: number) => unknown = setTimeout): (now?: boolean) => void {
  let running = false;
  let again = false;
  let urgent = false;
  let waiting = false;
  let last = -Infinity;
  const run = async () => {
    running = true;
    again = false;
    urgent = false;
    last = clock();
    try {
      await work();
    } finally {
      running = false;
      if (again) trigger(urgent);
    }
  };
  const trigger = (now = false) => {
    if (running) {
      again = true;
      urgent ||= now;
      return;
    }
    const wait = now ? 0 : last + pace - clock();
    if (wait <= 0) {
      void run();
      return;
    }
    if (waiting) return;
    waiting = true;
    later(() => {
      waiting = false;
      if (!running) void run();
      else again = true;
    }, wait);
  };
  return trigger;
}
