import { clustersSchema, installPath, type Cluster } from '@sallyport/contracts/answers';
import { createContext, type JSX } from 'preact';
import { useContext } from 'preact/hooks';
import { useAnswer } from '../../gateway/use-answer.ts';
import { Command } from '../../parts/command.tsx';
import { Rows, type Column } from '../../parts/rows.tsx';
import { Answered, Note, Section, Shown } from '../../parts/shown.tsx';

/** How programs reach the gateway: its URL, and whether its certificate comes from a CA that they do not know. */
export type Reach = { gatewayUrl: string; isPrivate: boolean };
export const ReachContext = createContext<Reach>({ gatewayUrl: '', isPrivate: false });

/** Returns the gateway as people type it. */
function typed(gatewayUrl: string): string {
  const { protocol, host, origin } = new URL(gatewayUrl);
  return protocol === 'https:' ? host : origin;
}

const columns: Column<Cluster>[] = [
  { name: 'Cluster', cell: ({ name }) => <Shown text={name} />, lead: true },
  { name: 'Address', cell: ({ url, host }) => <Shown text={host ?? url} /> },
  { name: 'Try it', cell: ({ name }) => <Command text={`kubectl --context sallyport-${name} get pods`} />, wide: true },
];

/** What a person needs on their machine. */
export function SetUpView(): JSX.Element {
  const { gatewayUrl, isPrivate } = useContext(ReachContext);
  const clusters = useAnswer(clustersSchema, '/clusters');
  return (
    <>
      <Section title="Command line">
        <p>
          <a href={installPath}>Install the command line</a> for your system. Then log in, and add your clusters to
          kubectl:
        </p>
        <Command text={`sallyport login ${typed(gatewayUrl)}${isPrivate ? ' --ca-fingerprint FINGERPRINT' : ''}`} />
        <Command text="sallyport kubeconfig --merge" />
        {isPrivate ? (
          <Note>
            The certificate of this gateway comes from a CA that programs do not know. Ask the operator for its
            fingerprint, and do not take it from a web page.
          </Note>
        ) : null}
        <p>If something does not work, this says what and why:</p>
        <Command text="sallyport doctor" />
      </Section>
      <Section title="Your clusters" count={clusters.value?.clusters.length}>
        <Answered answer={clusters} what="The clusters">
          {(list) => (
            <Rows
              rows={list.clusters}
              columns={columns}
              keyOf={({ name }) => name}
              none="The policy allows you nothing on any cluster. If you expected one, ask the operator of this gateway."
              label="Your clusters"
            />
          )}
        </Answered>
      </Section>
    </>
  );
}
