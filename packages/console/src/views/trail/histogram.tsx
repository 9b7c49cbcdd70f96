import type { AuditSummary } from '@sallyport/contracts/answers';
import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { readTime } from '../../parts/shown.tsx';

const [width, height] = [1000, 80];
/** From the bottom to the top. */
const stack = ['ok', 'none', 'failed', 'denied-by-cluster', 'refused'] as const;

type Bucket = AuditSummary['buckets'][number];

/** Returns the parts of a bar, each with where it begins and how high it is. */
function partsOf({ results }: Bucket, most: number) {
  let top = height;
  return stack.flatMap((result) => {
    const count = results[result] ?? 0;
    if (count === 0) return [];
    const size = Math.max(1.5, (count / most) * (height - 4));
    top -= size;
    return [{ result, y: top, size }];
  });
}

const words = ({ time, events, results }: Bucket) =>
  `${readTime(Date.parse(time))}: ${events} (${stack
    .filter((result) => (results[result] ?? 0) > 0)
    .map((result) => `${results[result]!} ${result === 'none' ? 'other' : result}`)
    .join(', ')})`;

/** How much happened when. Dragging over it chooses a period. */
export function Histogram(props: { summary: AuditSummary; choose(since: number, until: number): void }): JSX.Element {
  const { summary, choose } = props;
  const { buckets, step } = summary;
  const [since, until] = [Date.parse(summary.since), Date.parse(summary.until)];
  const chart = useRef<SVGSVGElement>(null);
  const [drag, setDrag] = useState<{ from: number; to: number }>();
  const { earlier } = summary;
  // The earlier ones are counts of requests to clusters only.
  const drawn = [
    ...(earlier?.buckets ?? []).map((bucket) => ({ bucket, tone: 'early' })),
    ...buckets.map((bucket) => ({ bucket, tone: '' })),
  ];
  const most = Math.max(1, ...drawn.map(({ bucket }) => bucket).map(({ events }) => events));
  const xOf = (ms: number) => ((ms - since) / Math.max(1, until - since)) * width;
  const at = ({ clientX }: PointerEvent) => {
    const { left, width: wide } = chart.current!.getBoundingClientRect();
    return since + Math.min(1, Math.max(0, (clientX - left) / wide)) * (until - since);
  };
  const end = () => {
    if (drag && Math.abs(xOf(drag.to) - xOf(drag.from)) > width / 200)
      choose(Math.min(drag.from, drag.to), Math.max(drag.from, drag.to));
    setDrag(undefined);
  };
  return (
    <figure class="histogram">
      <svg
        ref={chart}
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${summary.events} events from ${readTime(since)} to ${readTime(until)}`}
        onPointerDown={(event) => {
          chart.current!.setPointerCapture(event.pointerId);
          setDrag({ from: at(event), to: at(event) });
        }}
        onPointerMove={(event) => drag && setDrag({ from: drag.from, to: at(event) })}
        onPointerUp={end}
        onPointerCancel={() => setDrag(undefined)}
      >
        {drawn.map(({ bucket, tone }) => {
          const x = xOf(Date.parse(bucket.time));
          const wide = Math.max(2, (step / Math.max(1, until - since)) * width - 1);
          return (
            <g key={`${tone}${bucket.time}`} class={tone}>
              <title>{words(bucket)}</title>
              {partsOf(bucket, most).map(({ result, y, size }) => (
                <rect key={result} class={`bar ${result}`} x={Math.max(0, x)} y={y} width={wide} height={size} />
              ))}
            </g>
          );
        })}
        {drag ? (
          <rect
            class="chosen"
            x={xOf(Math.min(drag.from, drag.to))}
            y={0}
            width={Math.abs(xOf(drag.to) - xOf(drag.from))}
            height={height}
          />
        ) : null}
      </svg>
      <figcaption>
        <span>{readTime(since)}</span>
        <span class="legend">
          <i class="bar ok" /> ok <i class="bar refused" /> refused <i class="bar denied-by-cluster" /> denied by the
          cluster <i class="bar failed" /> failed <i class="bar none" /> other
        </span>
        <span>{readTime(until)}</span>
      </figcaption>
    </figure>
  );
}
