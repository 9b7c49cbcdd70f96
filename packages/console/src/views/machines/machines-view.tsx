import {
  agentsSchema,
  serviceAccountsSchema,
  type AgentView,
  type ServiceAccountView,
} from '@sallyport/contracts/answers';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { useAnswer, useAsking } from '../../gateway/use-answer.ts';
import type { Gateway } from '../../gateway/ask-gateway.ts';
import { ActButton, useAct, type Act } from '../../parts/act.tsx';
import { Rows, type Column } from '../../parts/rows.tsx';
import { Answered, Section, Shown, Time } from '../../parts/shown.tsx';
import { Link } from '../../place/link.tsx';
import { home } from '../../place/use-place.ts';
import { useCommands } from '../../shell/commands.ts';
import { NewAccount } from './new-account.tsx';
import { Workloads } from './workloads.tsx';

type Acts = ReadonlyMap<string, Act>;
const buttonOf = (acts: Acts, id: string) => {
  const act = acts.get(id);
  return act ? <ActButton act={act} /> : null;
};

const Used = ({ at }: { at: number | undefined }): JSX.Element =>
  at === undefined ? <span class="warn">never</span> : <Time at={at} />;

const accountColumns = (acts: Acts): Column<ServiceAccountView>[] => [
  { name: 'Name', cell: ({ name }) => <Shown text={name} />, lead: true },
  {
    name: 'User',
    cell: ({ user }) => (
      <Link to={`${home}/trail?user=${encodeURIComponent(user)}`}>
        <Shown text={user} />
      </Link>
    ),
  },
  { name: 'Groups', cell: ({ groups }) => <Shown text={groups.join(', ')} />, wide: true },
  { name: 'Made by', cell: ({ maker }) => <Shown text={maker} /> },
  { name: 'Last used', cell: ({ lastUsedAt }) => <Used at={lastUsedAt} /> },
  { name: 'Made', cell: ({ createdAt }) => <Time at={createdAt} /> },
  { name: 'Ends', cell: ({ expiresAt }) => <Time at={expiresAt} /> },
  { name: '', cell: ({ id }) => buttonOf(acts, id) },
];

const scopeOf = ({ clusters, verbs, namespaces, secrets, shell }: AgentView['scope']) =>
  [
    verbs.join(', '),
    `on ${clusters.join(', ')}`,
    ...(namespaces ? [`in ${namespaces.join(', ')}`] : []),
    ...(secrets ? ['with secrets'] : []),
    ...(shell ? ['with shells'] : []),
  ].join(' ');

const agentColumns = (acts: Acts): Column<AgentView>[] => [
  { name: 'Name', cell: ({ name }) => <Shown text={name} />, lead: true },
  { name: 'For', cell: ({ user }) => <Shown text={user} /> },
  { name: 'May', cell: ({ scope }) => <Shown text={scopeOf(scope)} />, wide: true },
  { name: 'First used', cell: ({ usedAt }) => <Used at={usedAt} /> },
  { name: 'Made', cell: ({ createdAt }) => <Time at={createdAt} /> },
  { name: 'Ends', cell: ({ expiresAt }) => <Time at={expiresAt} /> },
  {
    name: 'Trail',
    cell: ({ id }) => (
      <Link to={`${home}/trail?agent=${encodeURIComponent(id)}`} label={`Trail of ${id}`}>
        {id.slice(0, 8)}
      </Link>
    ),
  },
  { name: '', cell: ({ id }) => buttonOf(acts, id) },
];

const revoke = (
  path: string,
  kind: string,
  one: AgentView | ServiceAccountView,
  gateway: Gateway,
  done: Act['done'],
): Act => ({
  verb: 'Revoke',
  what: `the ${kind} ${one.name} of ${'maker' in one ? one.maker : one.user}`,
  tone: 'bad',
  about: <p>Its token is refused at once, and what it has open ends. It cannot be given back.</p>,
  run: () => gateway.send('DELETE', `${path}/${encodeURIComponent(one.id)}`),
  done,
});

/** Reads the reader's own machines, or all of them if they may see them. */
function useMachines() {
  const own = {
    agents: useAnswer(agentsSchema, '/agents', 'sessions'),
    accounts: useAnswer(serviceAccountsSchema, '/service-accounts', 'sessions'),
  };
  const seesAll = own.agents.value?.maySeeAll === true;
  const all = {
    agents: useAnswer(agentsSchema, seesAll ? '/agents?all=true' : undefined, 'sessions'),
    accounts: useAnswer(serviceAccountsSchema, seesAll ? '/service-accounts?all=true' : undefined, 'sessions'),
  };
  return { ...(seesAll ? all : own), seesAll, known: own.agents.value !== undefined };
}

/** The programs that have an identity here. */
export function MachinesView(): JSX.Element {
  const { gateway } = useAsking();
  const act = useAct();
  const { agents, accounts, seesAll, known } = useMachines();
  const acts = useMemo(
    () =>
      new Map<string, Act>([
        ...(agents.value?.agents ?? []).map((one): [string, Act] => [
          one.id,
          revoke('/agents', 'agent', one, gateway, agents.again),
        ]),
        ...(accounts.value?.serviceAccounts ?? []).map((one): [string, Act] => [
          one.id,
          revoke('/service-accounts', 'service account', one, gateway, accounts.again),
        ]),
      ]),
    [agents, accounts, gateway],
  );
  const commands = useMemo(
    () => [...acts.values()].map((one) => ({ name: `${one.verb} ${one.what}`, run: () => act(one) })),
    [acts, act],
  );
  useCommands('machines', commands);
  return (
    <>
      {known && !seesAll ? (
        <p class="quiet">You may see only your own agents and service accounts (api.policy.machines).</p>
      ) : null}
      <Section title="Service accounts" count={accounts.value?.serviceAccounts.length}>
        <Answered answer={accounts} what="The service accounts">
          {({ serviceAccounts }) => (
            <Rows
              rows={serviceAccounts}
              columns={accountColumns(acts)}
              keyOf={({ id }) => id}
              none="There is none."
              label="Service accounts"
            />
          )}
        </Answered>
        <NewAccount done={accounts.again} />
      </Section>
      <Section title="Agents" count={agents.value?.agents.length}>
        <Answered answer={agents} what="The agents">
          {(list) => (
            <Rows
              rows={list.agents}
              columns={agentColumns(acts)}
              keyOf={({ id }) => id}
              none={'There is none. Create one with "sallyport agent create".'}
              label="Agents"
            />
          )}
        </Answered>
      </Section>
      <Workloads />
    </>
  );
}
