import { createContext } from 'preact';
import { useContext, useEffect, useMemo, useState } from 'preact/hooks';

export const home = '/console';

/** Where the reader is: the view, what is below it, and the state of the view. All of it is in the address. */
export type Place = {
  view: string;
  item: string | undefined;
  query: URLSearchParams;
  /** Goes to an address of the console. `replace` leaves no step back. */
  go(address: string, how?: { replace?: boolean }): void;
  /** Changes values of the state. A value that is empty or undefined is removed. */
  change(values: Readonly<Record<string, string | undefined>>, how?: { replace?: boolean }): void;
};

export const PlaceContext = createContext<Place | undefined>(undefined);

/** Returns where the reader is. */
export function usePlace(): Place {
  const place = useContext(PlaceContext);
  if (!place) throw new Error('outside of the console');
  return place;
}

/** Follows the address of the page. */
export function useAddress(): Place {
  const [address, setAddress] = useState(() => location.pathname + location.search);
  useEffect(() => {
    const follow = () => setAddress(location.pathname + location.search);
    addEventListener('popstate', follow);
    return () => removeEventListener('popstate', follow);
  }, []);
  return useMemo(() => {
    const { pathname, searchParams: query } = new URL(address, location.origin);
    const [view = 'now', item] = pathname.slice(home.length + 1).split('/');
    const go: Place['go'] = (to, { replace = false } = {}) => {
      if (to === location.pathname + location.search) return;
      history[replace ? 'replaceState' : 'pushState'](null, '', to);
      setAddress(to);
    };
    const change: Place['change'] = (values, how) => {
      const next = new URLSearchParams(query);
      for (const [name, value] of Object.entries(values)) {
        if (value === undefined || value === '') next.delete(name);
        else next.set(name, value);
      }
      go(pathname + (next.size === 0 ? '' : `?${next.toString()}`), how);
    };
    return { view: view === '' ? 'now' : view, item: item === '' ? undefined : item, query, go, change };
  }, [address]);
}
