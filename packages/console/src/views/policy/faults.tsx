import type { ReplicaRow } from '@sallyport/contracts/answers';
import type { JSX } from 'preact';
import { Shown } from '../../parts/shown.tsx';

type Fault = ReplicaRow['warnings'][number];

function faultWords({ file, line, column, path, message, hint }: Fault): string {
  const place = line === undefined ? file : [file, line, column ?? 1].filter((one) => one !== undefined).join(':');
  return [place, path, message, hint].filter(Boolean).join(': ');
}

/** Lists what is wrong with a policy, or doubtful, and where. */
export function Faults({ title, faults }: { title: string; faults: readonly Fault[] }): JSX.Element | null {
  if (faults.length === 0) return null;
  return (
    <>
      <h3>
        <Shown text={title} />
      </h3>
      <ul>
        {faults.map((fault) => (
          <li key={faultWords(fault)}>
            <Shown text={faultWords(fault)} most={1000} />
          </li>
        ))}
      </ul>
    </>
  );
}
