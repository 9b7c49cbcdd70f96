import { dayMs, hourMs, minuteMs, secondMs } from '@sallyport/contracts/text';
import { shownText } from '@sallyport/player/shown-text';
import type { ComponentChildren, JSX } from 'preact';
import type { Answer } from '../gateway/use-answer.ts';

/** Text that a person, a client or a cluster chose, with what is invisible in it made visible. */
export function Shown({ text, most = 300 }: { text: string; most?: number }): JSX.Element {
  const points = Array.from(text.slice(0, 4 * most));
  return <bdi>{shownText(points.length > most ? `${points.slice(0, most).join('')}…` : text)}</bdi>;
}

const ofClock = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
const today = new Intl.DateTimeFormat(undefined, ofClock);
const earlier = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', ...ofClock });

/** Formats a time by the clock of the browser. */
export function readTime(ms: number): string {
  const isToday = new Date(ms).toDateString() === new Date().toDateString();
  return (isToday ? today : earlier).format(ms);
}

/** A time by the clock of the reader. Its title is in UTC. */
export function Time({ at }: { at: number | string | undefined }): JSX.Element {
  const ms = typeof at === 'string' ? Date.parse(at) : at;
  if (ms === undefined || !(Math.abs(ms) <= 8.64e15)) return <span class="quiet">–</span>;
  const iso = new Date(ms).toISOString();
  return (
    <time dateTime={iso} title={`${iso.replace('T', ' ').replace('Z', '')} UTC`}>
      {readTime(ms)}
    </time>
  );
}

const units = [
  ['d', dayMs],
  ['h', hourMs],
  ['min', minuteMs],
  ['s', secondMs],
] as const;

/** Formats a length of time in its two largest units, such as "1 h 30 min". */
export function readSpan(ms: number): string {
  let rest = Math.max(0, Math.round(ms / 1000) * 1000);
  const parts = units.flatMap(([unit, length]) => {
    const count = Math.floor(rest / length);
    rest -= count * length;
    return count === 0 ? [] : [`${count} ${unit}`];
  });
  return parts.slice(0, 2).join(' ') || '0 s';
}

/** A part of a view. */
export function Section(props: {
  title: string;
  count?: number | undefined;
  tools?: ComponentChildren;
  children: ComponentChildren;
}): JSX.Element {
  const { title, count, tools, children } = props;
  return (
    <section>
      <header>
        <h2>
          {title}
          {count === undefined ? null : <span class="count">{count}</span>}
        </h2>
        {tools}
      </header>
      {children}
    </section>
  );
}

/** A remark that must be read. */
export function Note({ tone, children }: { tone?: 'bad'; children: ComponentChildren }): JSX.Element {
  return (
    <p class={tone === 'bad' ? 'note bad' : 'note'} role="status">
      {children}
    </p>
  );
}

/** Shows an answer once it is there, and why it is not, or not up to date. */
export function Answered<T>(props: {
  answer: Answer<T>;
  /** What it is, such as "The sessions". */
  what: string;
  children: (value: T) => ComponentChildren;
}): JSX.Element {
  const { answer, what, children } = props;
  const { value, fault, again } = answer;
  if (value === undefined && !fault) return <p class="quiet loading">Loading …</p>;
  const refused = fault?.status === 403;
  return (
    <>
      {fault && !refused ? (
        <Note>
          {value === undefined ? `${what} cannot be shown. ` : `${what} may have changed since. `}
          <Shown text={fault.message} />{' '}
          <button type="button" class="small" onClick={() => void again()}>
            Try again
          </button>
        </Note>
      ) : null}
      {fault && refused ? (
        <p class="quiet">
          <Shown text={fault.message} />
        </p>
      ) : null}
      {value === undefined || refused ? null : children(value)}
    </>
  );
}
