// The size of an element, kept up to date.
import { useEffect, useRef, useState } from 'preact/hooks';

export interface Size { width: number; height: number }

export function useSize<T extends Element>() {
  const ref = useRef<T>(null);
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useEffect(() => {
    const el = ref.current;
    if (!el) return undefined;
    const watch = new ResizeObserver(([entry]) => {
      const box = entry!.contentRect;
      setSize({ width: Math.round(box.width), height: Math.round(box.height) });
    });
    watch.observe(el);
    return () => watch.disconnect();
  }, []);
  return [ref, size] as const;
}
