import type { AuditRow } from '@sallyport/contracts/answers';
import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Shown, Time } from '../../parts/shown.tsx';
import { Link } from '../../place/link.tsx';
import { home } from '../../place/use-place.ts';
import { clusterOf, objectOf, ruleOf, textAt } from '../events/event-words.ts';

/** Rows that are drawn above and below those that are seen. */
const spare = 10;

/** Says how the request ended, or what kind of event it is. */
const resultOf = (row: AuditRow) => row.result ?? (textAt(row, 'stage') === 'ResponseComplete' ? '' : 'open');

function Event({ row }: { row: AuditRow }): JSX.Element {
  const isRequest = ['k8s.request', 'http.request', 'request.unparsable'].includes(row.type);
  const result = isRequest ? resultOf(row) : '';
  const about = ['sallyport.elevation.name', 'sallyport.detail', 'responseStatus.message'];
  const detail = [...new Set(about.map((path) => textAt(row, path)))].filter(Boolean).join(': ');
  return (
    <>
      <span class="when">
        <Time at={row.time} />
      </span>
      <span class={`state ${result}`}>{isRequest ? result : row.type}</span>
      <span class="who">
        <Shown text={textAt(row, 'user.username') || (isRequest ? 'not logged in' : '')} most={80} />
      </span>
      <span class="what">
        <strong>
          <Shown text={isRequest ? textAt(row, 'verb') : ''} most={20} />
        </strong>{' '}
        <Shown text={isRequest ? objectOf(row) : detail} most={160} />
      </span>
      <span class="where">
        <Shown text={clusterOf(row)} most={60} />
      </span>
      <span class="rule quiet">
        <Shown text={ruleOf(row)} most={60} />
      </span>
    </>
  );
}

/** Draws only the rows that are seen, and asks for more near the end. */
export function EventList({ events, more }: { events: readonly AuditRow[]; more: () => void }): JSX.Element {
  const list = useRef<HTMLUListElement>(null);
  const [seen, setSeen] = useState({ from: 0, to: 60, rowHeight: 32 });
  useLayoutEffect(() => {
    const look = () => {
      const element = list.current;
      if (!element) return;
      const rowHeight = Number.parseFloat(getComputedStyle(element).getPropertyValue('--row')) || 32;
      const from = Math.floor(element.scrollTop / rowHeight) - spare;
      const to = Math.ceil((element.scrollTop + element.clientHeight) / rowHeight) + spare;
      setSeen((before) =>
        before.from === from && before.to === to && before.rowHeight === rowHeight ? before : { from, to, rowHeight },
      );
      if (to > events.length - spare) more();
    };
    look();
    const element = list.current!;
    element.addEventListener('scroll', look, { passive: true });
    const resized = new ResizeObserver(look);
    resized.observe(element);
    return () => {
      element.removeEventListener('scroll', look);
      resized.disconnect();
    };
  }, [events, more]);
  const first = Math.max(0, Math.min(seen.from, events.length));
  const last = Math.min(events.length, seen.to);
  return (
    <ul class="events" ref={list} aria-label="Events" tabIndex={0}>
      <li aria-hidden="true" style={{ height: `${first * seen.rowHeight}px` }} />
      {events.slice(first, last).map((row) => (
        <li key={row.id} class="event">
          <Link to={`${home}/trail/${encodeURIComponent(textAt(row, 'auditID') || row.id)}`}>
            <Event row={row} />
          </Link>
        </li>
      ))}
      <li aria-hidden="true" style={{ height: `${(events.length - last) * seen.rowHeight}px` }} />
    </ul>
  );
}
