import { createContext } from 'preact';
import { useCallback, useContext, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Refused, type Gateway, type Schema } from './ask-gateway.ts';
import type { Changes, Changing } from './changes.ts';

/** What the views ask the gateway with, and how often each thing has changed. */
export type Asking = { gateway: Gateway; changes: Changes };

export const AskingContext = createContext<Asking | undefined>(undefined);

/** Returns what asks the gateway. */
export function useAsking(): Asking {
  const given = useContext(AskingContext);
  if (!given) throw new Error('outside of the console');
  return given;
}

/** What is known of an answer. After a fault, `value` is the last that was read. */
export type Answer<T> = {
  value?: T | undefined;
  fault?: Refused | undefined;
  /** Reads again. */
  again(): Promise<void>;
};

/** How soon what could not be read is read again, in milliseconds. */
const retryMs = 3000;

type Known<T> = { of: string | undefined; value?: T | undefined; fault?: Refused | undefined };

/** Reports whether asking again is useless, because the gateway understood the question and refused it. */
const isFinal = (fault: Refused | undefined) =>
  fault?.status !== undefined && fault.status >= 400 && fault.status < 500 && fault.status !== 429;

/**
 * Reads an answer, and again whenever what it is about (`live`) has changed. Without a path nothing is read. What a
 * person may not see is asked for once.
 */
export function useAnswer<T>(schema: Schema<T>, path: string | undefined, live?: Changing): Answer<T> {
  const { gateway, changes } = useAsking();
  const [known, setKnown] = useState<Known<T>>({ of: undefined });
  const asked = useRef(0);
  const again = useCallback(async () => {
    if (path === undefined) return;
    asked.current += 1;
    const number = asked.current;
    const set = (next: (before: Known<T>) => Known<T>) => {
      if (asked.current === number) setKnown(next);
    };
    try {
      const value = await gateway.read(schema, path);
      set(() => ({ of: path, value }));
    } catch (error) {
      const fault = error instanceof Refused ? error : new Refused('The answer of the gateway cannot be shown.', 500);
      set((before) => ({ of: path, value: before.of === path ? before.value : undefined, fault }));
    }
  }, [gateway, schema, path]);
  const { value, fault } = known.of === path ? known : {};
  const change = live && changes[live];
  useEffect(() => {
    if (!isFinal(fault)) void again();
    // A fault alone does not trigger another read.
  }, [again, change]);
  useEffect(() => {
    // The gateway may be busy, or a service restarts. Nothing else need change meanwhile.
    if (!fault || isFinal(fault)) return undefined;
    const timer = setTimeout(() => void again(), retryMs);
    return () => clearTimeout(timer);
  }, [again, fault]);
  return useMemo(() => ({ value, fault, again }), [value, fault, again]);
}
