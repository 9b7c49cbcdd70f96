import * as z from 'zod/mini';
import { recordingRowSchema } from '../answers/recordings.ts';

/**
 * `GET /v1/recordings` of the audit service: a page of all recordings, the latest first. The gateway leaves out those that
 * the caller may not see. `at` is the sealed position of each, after which a page can begin. `more`: others follow.
 */
export const recordingPageSchema = z.object({
  found: z.array(z.object({ recording: recordingRowSchema, at: z.string() })),
  more: z.boolean(),
});
export type RecordingPage = z.infer<typeof recordingPageSchema>;
