import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { describeWith } from '../harness/index.ts';
import { expectKillsKeepRecordings } from './recording-kills.ts';
import { createRecordingsRig, type RecordingsRig } from './recordings-rig.ts';

describeWith(['node', 'kubectl'], '3 kills of a gateway that records', () => {
  describe.each(['required', 'optional'])('what is %s', (demand) => {
    let rig: RecordingsRig;
    beforeAll(async () => {
      rig = await createRecordingsRig({ default: demand });
    });
    afterAll(() => rig?.stop());

    it('is kept as far as a client has received it', () => expectKillsKeepRecordings(rig, 3));
  });
});
