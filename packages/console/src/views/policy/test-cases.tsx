import { ruleLabel, type PolicyCaseAnswer } from '@sallyport/contracts/answers';
import type { JSX } from 'preact';
import { Shown } from '../../parts/shown.tsx';

/** A case that has failed: what was expected, what came instead, and by which rules. */
function Failed({ one: { name, line, differences, because } }: { one: PolicyCaseAnswer }): JSX.Element {
  return (
    <li class="card">
      <div class="line">
        <span class="state refused">failed</span>
        <strong>
          <Shown text={name} />
        </strong>
        <span class="quiet">line {line}</span>
      </div>
      <ul class="plain">
        {differences.map(({ what, expected, got }) => (
          <li key={what}>
            {what}: expected <Shown text={expected} />, got <Shown text={got} />
          </li>
        ))}
        {because.map((text, index) => (
          <li key={index} class="quiet">
            <Shown text={text} />
          </li>
        ))}
      </ul>
    </li>
  );
}

/** Shows what came of the test cases of a policy: those that have failed, and why. */
export function TestCases({ cases }: { cases: readonly PolicyCaseAnswer[] }): JSX.Element {
  const passed = cases.filter((one) => one.passed);
  const failed = cases.filter((one) => !one.passed);
  return (
    <>
      <h3>
        Test cases: {passed.length} passed, {failed.length} failed
      </h3>
      {failed.length === 0 ? null : (
        <ul class="cards">
          {failed.map((one, index) => (
            <Failed key={index} one={one} />
          ))}
        </ul>
      )}
      {passed.length === 0 ? null : (
        <ul class="plain">
          {passed.map(({ name, got }, index) => (
            <li key={index}>
              <span class="state ok">passed</span> <Shown text={name} />{' '}
              <span class="quiet">
                {got.effect}, by <Shown text={ruleLabel(got)} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
