import { whatIfSchema, type WhatIf } from '@sallyport/contracts/answers';
import { hourMs } from '@sallyport/contracts/text';
import type { JSX } from 'preact';
import { queryOf } from '../../gateway/ask-gateway.ts';
import { useQuestion } from '../../gateway/use-question.ts';
import { Note, Section, Shown, Time } from '../../parts/shown.tsx';
import { Link } from '../../place/link.tsx';
import { home } from '../../place/use-place.ts';
import { Faults } from './faults.tsx';
import { TestCases } from './test-cases.tsx';
import { useClusterNames } from './use-cluster-names.ts';

const periods = { '0': 'No period: test cases only', '1': 'Last hour', '24': 'Last 24 hours', '168': 'Last 7 days' };
const usualPeriod = '24';
const exampleCases = `cases:
  - name: developers read pods
    input: {user: alice@example.com, groups: [developers], verb: get, resource: pods}
    expect: allow`;

type Changes = WhatIf['lost'];

/** The requests that would be decided otherwise, by rule and person. */
function Differences({ title, changes }: { title: string; changes: Changes }): JSX.Element | null {
  if (changes.requests === 0) return null;
  return (
    <>
      <h3>
        {title}: {changes.requests.toLocaleString()} requests of {changes.people} people
      </h3>
      <ul class="cards">
        {changes.byRule.map(({ rule, before, requests, people, otherPeople, examples }) => (
          <li key={`${rule} ${before}`} class="card">
            <div class="line">
              <strong>{requests.toLocaleString()}</strong>
              <span>
                by <Shown text={rule} />
              </span>
              <span class="quiet">
                decided by <Shown text={before} /> then
              </span>
            </div>
            <ul class="plain">
              {people.map(({ name, count }) => (
                <li key={name}>
                  <Shown text={name} /> <span class="count">{count.toLocaleString()}</span>
                </li>
              ))}
              {otherPeople > 0 ? <li class="quiet">others: {otherPeople.toLocaleString()}</li> : null}
            </ul>
            <ul class="plain">
              {examples.map(({ auditID, time, verb, resource, name, namespace }) => (
                <li key={auditID}>
                  <Link to={`${home}/trail/${encodeURIComponent(auditID)}`}>
                    <Time at={time} />
                  </Link>{' '}
                  <Shown text={`${verb} ${resource}${name && `/${name}`}${namespace && ` -n ${namespace}`}`} />
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
      {changes.otherRules > 0 ? <p class="quiet">By other rules: {changes.otherRules.toLocaleString()}</p> : null}
    </>
  );
}

function Result({ result }: { result: WhatIf }): JSX.Element {
  const { events, warnings, tests } = result;
  return (
    <div aria-live="polite">
      {tests ? <TestCases cases={tests} /> : null}
      <Faults title="Warnings about this policy" faults={warnings} />
      {events === 0 ? <p>No requests were evaluated.</p> : <Replayed result={result} />}
    </div>
  );
}

/** What the policy would have decided about the requests of the period. */
function Replayed({ result }: { result: WhatIf }): JSX.Element {
  const { evaluated, events, since, until, countedFrom, unchanged, lost, gained, inconclusive } = result;
  const isSame = lost.requests + gained.requests === 0;
  return (
    <>
      <p>
        {evaluated.toLocaleString()} requests were evaluated, from {events.toLocaleString()} events
        {since != null && until != null ? (
          <>
            {' '}
            between <Time at={since} /> and <Time at={until} />
          </>
        ) : null}
        . {(unchanged.allowed + unchanged.refused).toLocaleString()} would be decided as they were.
      </p>
      {countedFrom == null ? null : (
        <Note>
          There is too much to evaluate in time. Nothing before <Time at={countedFrom} /> was.
        </Note>
      )}
      {isSame ? <p>Nothing would be decided otherwise.</p> : null}
      <Differences title="Refused instead of allowed" changes={lost} />
      <Differences title="Allowed instead of refused" changes={gained} />
      {inconclusive.requests === 0 ? null : (
        <Note>
          About {inconclusive.requests.toLocaleString()} requests, the events do not say enough:{' '}
          <Shown text={inconclusive.byCriterion.map(({ criterion }) => criterion).join(', ')} />.
        </Note>
      )}
    </>
  );
}

/** Asks what a policy would have decided about what has happened, and runs test cases of it. */
export function WhatIfForm(): JSX.Element {
  const { names } = useClusterNames();
  const question = useQuestion(whatIfSchema);
  const ask = (form: HTMLFormElement) => {
    const { cluster, policy, tests, hours } = Object.fromEntries(new FormData(form)) as Record<string, string>;
    const now = Date.now();
    // The gateway evaluates the requests of a period, which cannot be empty.
    const since = new Date(now - Math.max(1, Number(hours) * hourMs)).toISOString();
    const until = new Date(now).toISOString();
    return question.ask(`/policy/what-if${queryOf({ cluster, since, until })}`, {
      policy,
      ...(tests?.trim() ? { tests } : {}),
    });
  };
  return (
    <Section title="What would another policy have decided?">
      <form
        class="filters"
        aria-label="What if"
        onSubmit={(event) => {
          event.preventDefault();
          void ask(event.currentTarget);
        }}
      >
        <div class="fields">
          <label>
            Cluster
            <select name="cluster" required>
              {names.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <label>
            Requests of
            <select name="hours">
              {Object.entries(periods).map(([hours, words]) => (
                <option key={hours} value={hours} selected={hours === usualPeriod}>
                  {words}
                </option>
              ))}
            </select>
          </label>
        </div>
        <label>
          Policy, in YAML. It counts in place of all policies of the cluster.
          <textarea name="policy" class="code" rows={8} required spellcheck={false} autocomplete="off" />
        </label>
        <label>
          Test cases for it, as in a file for "sallyport policy test". You can leave them out.
          <textarea
            name="tests"
            class="code"
            rows={5}
            spellcheck={false}
            autocomplete="off"
            placeholder={exampleCases}
          />
        </label>
        <p>
          <button type="submit" class="main" disabled={question.busy || names.length === 0}>
            {question.busy ? 'Waiting for the gateway …' : 'Compare'}
          </button>
        </p>
      </form>
      {question.fault === undefined ? null : (
        <Note>
          <Shown text={question.fault} most={2000} />
        </Note>
      )}
      {question.value ? <Result result={question.value} /> : null}
    </Section>
  );
}
