import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { root } from './bootstrap.mjs';

/** The sources whose modules keep something that changes, and why test files of one worker may share it. */
const shared = {
  'packages/audit-log/src/kafka/suppress-timer-warning.ts': 'It changes a function of the process once.',
  'packages/audit-log/src/kafka/to-kafka-message.ts': 'It keeps results by all that they depend on.',
  'packages/audit-log/src/record/create-audit-record.ts': 'It keeps the last second that it formatted.',
  'packages/audit/src/events/event-terms.ts': 'It keeps results by all that they depend on.',
  'packages/bed/src/run/free-port.ts': 'It keeps the ports that it gave, so that it gives each once.',
  'packages/cli/src/ask/question/resource-names.ts': 'It is filled when it is loaded.',
  'packages/cli/src/environment/environment.ts': 'It keeps what listens to a signal of the process.',
  'packages/contracts/src/audit/audit-event.ts': 'It keeps the code that it compiles from a constant.',
  'packages/contracts/src/kubernetes/shell-equivalent.ts': 'It is filled when it is loaded.',
  'packages/http1/src/wire/write-request-head.ts': 'It keeps results by all that they depend on.',
  'packages/kit/src/observe/create-logger.ts': 'It keeps the stream to standard output.',
  'packages/policy/src/criteria/expression/expression-environment.ts': 'It keeps what is the same for all expressions.',
  'packages/policy/src/criteria/expression/limit-expression-cost.ts': 'Each evaluation sets it anew.',
  'packages/policy/src/criteria/time/zone-clock.ts': 'It keeps results by all that they depend on.',
  'packages/policy/src/evaluate/reason-set.ts': 'It keeps results by all that they depend on.',
  'packages/policy/src/matchers/read-certificate.ts': 'It keeps results by all that they depend on.',
  'packages/spool/src/lock/hold-lock.ts': 'It keeps the directories that the process holds.',
};

// What is typed as read-only is not filled. A WeakMap is keyed by objects that each file makes itself.
const changes = /^(?:export )?(?:let\b|const \w+ = new (?:Map|Set)(?:<.*>)?\(\);)/m;

describe('the sources that test files of one worker share', () => {
  it('keep nothing that changes in variables of modules, but for those with a reason', () => {
    const sources = globSync('packages/*/src/**/*.{ts,tsx}', { cwd: root }).filter(
      (file) => !/\.(test|bed)\.ts$|\/testing\/|-(main|child|worker)\.ts$/.test(file),
    );
    expect(sources.length).toBeGreaterThan(500);
    const found = sources.filter((file) => changes.test(readFileSync(`${root}/${file}`, 'utf8')));
    expect(found.toSorted()).toEqual(Object.keys(shared).toSorted());
  });
});
