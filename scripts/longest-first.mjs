// Orders test files. Jest starts with the files that took longest in the last run, but a fresh clone has no last run.
// Starting with the longest files lets two workers finish sooner.
import Sequencer from '@jest/test-sequencer';

const longest = ['attacks.e2e.ts', 'sh-front.real.test.ts', 'hostile-clusters.test.ts'];
const rank = ({ path }) => {
  const index = longest.findIndex((name) => path.endsWith(`/${name}`));
  return index < 0 ? longest.length : index;
};

export default class LongestFirst extends Sequencer {
  async sort(tests) {
    return (await super.sort(tests)).toSorted((a, b) => rank(a) - rank(b));
  }
}
