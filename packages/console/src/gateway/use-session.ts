import { meSchema } from '@sallyport/contracts/answers';
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import { createGateway, type Gateway } from './ask-gateway.ts';
import { afterChange, noChanges, type Changes } from './changes.ts';
import { followChanges } from './follow-changes.ts';

/** How often the page makes sure that its session lives, in milliseconds. */
const checkMs = 2000;
/** How often it asks for what the gateway does not tell of, in milliseconds. */
const slowMs = 10_000;

/** Whose session it is. */
export type Person = { user: string; groups: readonly string[] };

export type Session = {
  gateway: Gateway;
  /** Undefined until it is known what would be missed. Nothing is read before. */
  changes: Changes | undefined;
  person: Person | undefined;
  /** `ended`: nothing may be shown any more. `unsure`: nothing is shown until the session is known to live. */
  state: 'live' | 'unsure' | 'ended';
  /** Whether the gateway answers. */
  isReached: boolean;
};

/** Reports whether the page is on a screen. */
function useVisible(): boolean {
  const [visible, setVisible] = useState(!document.hidden);
  useEffect(() => {
    const follow = () => setVisible(!document.hidden);
    document.addEventListener('visibilitychange', follow);
    return () => document.removeEventListener('visibilitychange', follow);
  }, []);
  return visible;
}

/**
 * Keeps the session of this browser in view, and what changes. A page in the background asks for nothing. When it is seen
 * again, it shows nothing until it knows that its session lives.
 */
export function useSession(): Session {
  const [state, setState] = useState<Session['state']>('unsure');
  const [person, setPerson] = useState<Person>();
  const [isReached, setReached] = useState(true);
  const [changes, setChanges] = useState<Changes>();
  const visible = useVisible();
  const ended = useCallback(() => setState('ended'), []);
  const gateway = useMemo(() => createGateway(ended), [ended]);
  const isOver = state === 'ended';
  useEffect(() => {
    if (!visible || isOver) return undefined;
    const check = () =>
      gateway.read(meSchema, '/.sallyport/me').then(
        ({ user, groups }) => {
          setPerson((known) => known ?? { user, groups });
          setReached(true);
          setState((before) => (before === 'ended' ? before : 'live'));
        },
        () => setReached(false),
      );
    void check();
    const checking = setInterval(() => void check(), checkMs);
    const slowly = setInterval(() => setChanges((before) => before && afterChange(before, ['clusters'])), slowMs);
    const stop = followChanges((what) => setChanges((before) => afterChange(before ?? noChanges, what)), ended);
    return () => {
      clearInterval(checking);
      clearInterval(slowly);
      stop();
      setState((before) => (before === 'ended' ? before : 'unsure'));
    };
  }, [gateway, ended, visible, isOver]);
  return { gateway, changes, person, state, isReached };
}
