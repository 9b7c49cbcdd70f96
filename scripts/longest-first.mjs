// In which order jest takes test files: by how long they took the last time, as it does itself, but the longest of all
// first, also on a fresh clone, where nothing is known yet. Two workers are done sooner so.
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
