import { clustersSchema, connectorsSchema, type Cluster, type ConnectorRow } from '@sallyport/contracts/answers';
import type { JSX } from 'preact';
import { useAnswer } from '../../gateway/use-answer.ts';
import { useMay } from '../../gateway/use-may.ts';
import { Rows, type Column } from '../../parts/rows.tsx';
import { Answered, Section, Shown, Time } from '../../parts/shown.tsx';
import { home } from '../../place/use-place.ts';
import { Link } from '../../place/link.tsx';
import { contains } from './words.ts';

const Health = ({ ok, words }: { ok: boolean; words: string }): JSX.Element => (
  <span class={ok ? 'health good' : 'health bad'}>{words}</span>
);

const clusterColumns: Column<Cluster>[] = [
  {
    name: 'Cluster',
    cell: ({ name }) => <Link to={`${home}/trail?cluster=${encodeURIComponent(name)}`}>{name}</Link>,
    lead: true,
  },
  { name: 'Host', cell: ({ host, url }) => <Shown text={host ?? url} />, wide: true },
  {
    name: 'Way',
    cell: ({ connector }) =>
      connector ? (
        <Health
          ok={connector.connected}
          words={connector.connected ? 'connector connected' : 'connector not connected'}
        />
      ) : (
        <span class="quiet">direct</span>
      ),
  },
  { name: 'Since', cell: ({ connector }) => (connector ? <Time at={connector.since} /> : null) },
];

const connectorColumns: Column<ConnectorRow>[] = [
  { name: 'Connector', cell: ({ name }) => <Shown text={name} />, lead: true },
  {
    name: 'State',
    cell: ({ connected }) => <Health ok={connected} words={connected ? 'connected' : 'not connected'} />,
  },
  { name: 'Since', cell: ({ since }) => <Time at={since} /> },
  {
    name: 'Connections',
    cell: ({ carriers }) =>
      `${carriers.length}, ${carriers.reduce((sum, { streams }) => sum + streams, 0)} streams in them`,
  },
  {
    name: 'Version',
    cell: ({ carriers }) => <Shown text={[...new Set(carriers.map(({ version }) => version))].join(', ')} />,
  },
  {
    name: 'Last end',
    cell: ({ ended: [last] }) =>
      last ? (
        <>
          <Time at={last.at} /> <Shown text={last.reason} />
        </>
      ) : null,
    wide: true,
  },
];

/** The clusters that the reader may use, and the connectors if there are any that they may see. */
export function Clusters({ typed }: { typed: string }): JSX.Element {
  const clusters = useAnswer(clustersSchema, '/clusters', 'clusters');
  const connectors = useAnswer(connectorsSchema, useMay('policy') ? '/connectors' : undefined, 'clusters');
  return (
    <>
      <Section title="Clusters" count={clusters.value?.clusters.length}>
        <Answered answer={clusters} what="The clusters">
          {(list) => (
            <Rows
              rows={list.clusters.filter(({ name, host }) => contains(typed, name, host))}
              columns={clusterColumns}
              keyOf={({ name }) => name}
              none="The policy allows you nothing on any cluster."
              label="Clusters"
            />
          )}
        </Answered>
      </Section>
      {connectors.value?.connectors.length === 0 || !(connectors.value ?? connectors.fault) ? null : (
        <Section title="Connectors" count={connectors.value?.connectors.length}>
          <Answered answer={connectors} what="The connectors">
            {(list) => (
              <Rows
                rows={list.connectors.filter(({ name }) => contains(typed, name))}
                columns={connectorColumns}
                keyOf={({ name }) => name}
                none="No connector is configured."
                label="Connectors"
              />
            )}
          </Answered>
        </Section>
      )}
    </>
  );
}
