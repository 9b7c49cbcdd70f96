import {
  clustersSchema,
  explanationSchema,
  ruleLabel,
  type ExplainedRule,
  type Explanation,
} from '@sallyport/contracts/answers';
import type { JSX } from 'preact';
import { useQuestion } from '../../gateway/use-question.ts';
import { useAnswer } from '../../gateway/use-answer.ts';
import { Note, Section, Shown } from '../../parts/shown.tsx';
import { usePlace } from '../../place/use-place.ts';
import { RuleCard } from './rule-card.tsx';

const fields = [
  { name: 'cluster', label: 'Cluster', required: true },
  { name: 'verb', label: 'Verb', required: true, usual: 'get' },
  { name: 'resource', label: 'Resource', required: true, usual: 'pods' },
  { name: 'subresource', label: 'Subresource' },
  { name: 'namespace', label: 'Namespace' },
  { name: 'name', label: 'Name' },
  { name: 'apiGroup', label: 'API group' },
  { name: 'about', label: 'Another user' },
] as const;

const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];

const valueOf = (value: unknown) => (value === undefined ? '' : JSON.stringify(value));

function Rule({ one }: { one: ExplainedRule }): JSX.Element {
  return (
    <RuleCard one={one} holds={one.holds} note={one.holds ? 'holds' : 'does not hold'}>
      <ul class="plain">
        {one.criteria.map((criterion, index) => (
          <li key={index}>
            <span class={criterion.holds ? 'health good' : 'health bad'}>
              {criterion.open ? 'open' : criterion.holds ? 'yes' : 'no'}
            </span>{' '}
            <code>
              <Shown text={criterion.name} />
            </code>{' '}
            <span class="quiet">
              <Shown
                text={[
                  one.operator === 'and' ? '' : one.operator,
                  criterion.reason,
                  valueOf(criterion.value) && `is ${valueOf(criterion.value)}`,
                  valueOf(criterion.data) && `policy: ${valueOf(criterion.data)}`,
                ]
                  .filter(Boolean)
                  .join('; ')}
                most={600}
              />
            </span>
          </li>
        ))}
      </ul>
    </RuleCard>
  );
}

function Explained({ explanation }: { explanation: Explanation }): JSX.Element {
  const { decision, person, detail, suggestion, rules, leftOut, shows, recording, upstream, cluster } = explanation;
  const allowed = decision.effect === 'allow';
  return (
    <div aria-live="polite">
      <p>
        <span class={`state ${allowed ? 'ok' : 'refused'}`}>{allowed ? 'allowed' : 'refused'}</span>{' '}
        <strong>
          <Shown text={person.user} />
        </strong>{' '}
        on <Shown text={cluster} />, by <Shown text={ruleLabel(decision)} /> (policy{' '}
        <code>{decision.policyVersion}</code>
        ).
      </p>
      {detail === undefined ? null : (
        <p>
          <Shown text={detail} most={1000} />
        </p>
      )}
      {suggestion === undefined || detail?.includes(suggestion) ? null : (
        <p>
          <Shown text={suggestion} most={1000} />
        </p>
      )}
      {recording === undefined ? null : <p>The session would be recorded ({recording}).</p>}
      {upstream === undefined ? null : (
        <p class="quiet">
          The cluster sees <Shown text={upstream.user} /> in <Shown text={upstream.groups.join(', ') || 'no group'} />.
        </p>
      )}
      <ul class="cards">
        {rules.map((one) => (
          <Rule key={one.rule} one={one} />
        ))}
      </ul>
      <p class="quiet">
        {leftOut > 0 ? `${leftOut} more rules do not hold. ` : ''}
        {shows === 'yours' ? 'You see the rules about the user, without the values in the policy.' : ''}
      </p>
    </div>
  );
}

/** Asks why a request would be allowed or refused. The question is in the address. */
export function Explain(): JSX.Element {
  const { query, change } = usePlace();
  const clusters = useAnswer(clustersSchema, '/clusters');
  const question = useQuestion(explanationSchema);
  const ask = (form: HTMLFormElement) => {
    const given = [...new FormData(form)].map(
      ([name, value]) => [name, typeof value === 'string' ? value.trim() : ''] as const,
    );
    change(Object.fromEntries(given), { replace: true });
    const { about, ...asked } = Object.fromEntries(given.filter(([, value]) => value !== ''));
    return question.ask('/policy/explain', { ...asked, ...(about === undefined ? {} : { about: { user: about } }) });
  };
  return (
    <Section title="Would it be allowed?">
      <form
        class="filters"
        onSubmit={(event) => {
          event.preventDefault();
          void ask(event.currentTarget);
        }}
      >
        <div class="fields">
          {fields.map(({ name, label, ...more }) => (
            <label key={name}>
              {label}
              <input
                type="text"
                name={name}
                maxLength={253}
                autocomplete="off"
                spellcheck={false}
                list={name === 'cluster' || name === 'verb' ? `asked-${name}` : undefined}
                required={'required' in more}
                defaultValue={query.get(name) ?? ('usual' in more ? more.usual : '')}
              />
            </label>
          ))}
        </div>
        <datalist id="asked-cluster">
          {clusters.value?.clusters.map(({ name }) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <datalist id="asked-verb">
          {verbs.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
        <p class="quiet">Leave "Another user" empty to ask about yourself. Asking about others needs a right.</p>
        <button type="submit" class="main" disabled={question.busy}>
          Explain
        </button>
      </form>
      {question.fault === undefined ? null : (
        <Note>
          <Shown text={question.fault} most={1000} />
        </Note>
      )}
      {question.value ? <Explained explanation={question.value} /> : null}
    </Section>
  );
}
