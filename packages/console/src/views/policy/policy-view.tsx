import { policyStatusSchema, type ReplicaRow } from '@sallyport/contracts/answers';
import type { JSX } from 'preact';
import { useAnswer } from '../../gateway/use-answer.ts';
import { useMay } from '../../gateway/use-may.ts';
import { Rows, type Column } from '../../parts/rows.tsx';
import { Answered, Note, Section, Shown, Time } from '../../parts/shown.tsx';
import { Explain } from './explain.tsx';
import { Faults } from './faults.tsx';
import { Rules } from './rules.tsx';
import { WhatIfForm } from './what-if.tsx';

function stateOf({ rejected, waiting, restartNeeded }: ReplicaRow): { words: string; ok: boolean } {
  if (rejected) return { words: 'its file is rejected', ok: false };
  if (waiting) return { words: 'waits', ok: false };
  return restartNeeded.length > 0 ? { words: 'needs a restart', ok: false } : { words: 'in use', ok: true };
}

const columns: Column<ReplicaRow>[] = [
  { name: 'Service', cell: ({ service }) => <Shown text={service} />, lead: true },
  { name: 'Replica', cell: ({ id }) => <Shown text={id} /> },
  { name: 'Host', cell: ({ host }) => <Shown text={host} />, wide: true },
  { name: 'Policy', cell: ({ version }) => <code>{version}</code> },
  {
    name: 'File',
    cell: (row) => {
      const { words, ok } = stateOf(row);
      return <span class={ok ? 'health good' : 'health bad'}>{words}</span>;
    },
  },
  { name: 'Since', cell: ({ since }) => <Time at={since} /> },
  { name: 'Started', cell: ({ startedAt }) => <Time at={startedAt} /> },
];

/** Which policy is in force, and on which replicas. */
function InForce(): JSX.Element {
  const answer = useAnswer(policyStatusSchema, '/policy/status', 'policy');
  return (
    <Section title="In force" count={answer.value?.replicas.length}>
      <Answered answer={answer} what="The policy">
        {({ replicas }) => {
          const versions = new Set(replicas.map(({ version }) => version));
          return (
            <>
              {versions.size > 1 ? <Note tone="bad">The replicas differ: {[...versions].join(', ')}.</Note> : null}
              <Rows
                rows={replicas}
                columns={columns}
                keyOf={({ id }) => id}
                none="No replica has reported."
                label="Replicas"
              />
              {replicas.map(({ id, rejected, waiting, warnings }) => (
                <div key={id}>
                  {waiting ? (
                    <Note>
                      <Shown text={`${id} waits to use policy ${waiting.version}: ${waiting.reason}`} />
                    </Note>
                  ) : null}
                  <Faults title={`${id} has rejected its file`} faults={rejected?.faults ?? []} />
                  <Faults title={`Warnings of ${id}`} faults={warnings} />
                </div>
              ))}
            </>
          );
        }}
      </Answered>
    </Section>
  );
}

/** What the policy is, and what it says about a request. */
export function PolicyView(): JSX.Element {
  const may = useMay('policy');
  return (
    <>
      {may === false ? (
        <p class="quiet">You have no right to see the policy (api.policy.policy). You can ask what it allows you.</p>
      ) : null}
      {may ? <InForce /> : null}
      {may ? <Rules /> : null}
      <Explain />
      {may ? <WhatIfForm /> : null}
    </>
  );
}
