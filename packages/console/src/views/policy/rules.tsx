import { policyRulesSchema, type ListedRule, type PolicyRules } from '@sallyport/contracts/answers';
import type { JSX } from 'preact';
import { useAnswer } from '../../gateway/use-answer.ts';
import { Answered, Note, Section, Shown } from '../../parts/shown.tsx';
import { usePlace } from '../../place/use-place.ts';
import { RuleCard } from './rule-card.tsx';
import { useClusterNames } from './use-cluster-names.ts';

const joined = { and: 'if all hold', or: 'if one holds', not: 'if none holds', nor: 'unless all hold' };

function Rule({ one }: { one: ListedRule }): JSX.Element {
  const isJoined = one.criteria.length > 1 || one.operator.startsWith('n');
  return (
    <RuleCard one={one} note={isJoined ? joined[one.operator] : undefined}>
      <ul class="plain">
        {one.criteria.map(({ name, data }, index) => (
          <li key={index}>
            <code>
              <Shown text={name} />
            </code>{' '}
            <Shown text={JSON.stringify(data) ?? ''} most={600} />
          </li>
        ))}
      </ul>
      {one.ruleMessage === undefined ? null : (
        <p class="quiet">
          Says: <Shown text={one.ruleMessage} most={600} />
        </p>
      )}
    </RuleCard>
  );
}

const List = ({ rules }: { rules: readonly ListedRule[] }): JSX.Element => (
  <ul class="cards">
    {rules.map((one) => (
      <Rule key={one.rule} one={one} />
    ))}
  </ul>
);

function Listed({ answer: { rules, shadow, leftOut } }: { answer: PolicyRules }): JSX.Element {
  return (
    <>
      {rules.length === 0 ? <Note>No rule allows anything here, so everything is refused.</Note> : null}
      <List rules={rules} />
      {shadow.length === 0 ? null : (
        <>
          <h3>Shadow rules, which are recorded and not enforced</h3>
          <List rules={shadow} />
        </>
      )}
      {leftOut === 0 ? null : <p class="quiet">{leftOut} more rules are not shown.</p>}
    </>
  );
}

/** The rules in force for one cluster, which is in the address. */
export function Rules(): JSX.Element {
  const { query, change } = usePlace();
  const { answer: clusters, names } = useClusterNames();
  const cluster = query.get('rules') ?? names[0];
  const path = cluster === undefined ? undefined : `/policy/rules?cluster=${encodeURIComponent(cluster)}`;
  const answer = useAnswer(policyRulesSchema, path, 'policy');
  const select = (
    <select
      aria-label="Cluster of the rules"
      value={cluster}
      onChange={({ currentTarget }) => change({ rules: currentTarget.value }, { replace: true })}
    >
      {names.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
  return (
    <Section title="Rules" count={answer.value?.rules.length} tools={names.length > 0 ? select : undefined}>
      {cluster === undefined ? (
        <Answered answer={clusters} what="The clusters">
          {() => <p class="quiet">There is no cluster.</p>}
        </Answered>
      ) : (
        <Answered answer={answer} what="The rules">
          {(value) => <Listed answer={value} />}
        </Answered>
      )}
    </Section>
  );
}
