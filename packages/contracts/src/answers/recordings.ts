import * as z from 'zod/mini';
import { optionalText, timeSchema, wordOf } from './parts.ts';

const fileSchema = z.object({ name: z.string(), bytes: z.number(), sha256: z.string() });
export type RecordingFile = z.infer<typeof fileSchema>;

/** One recording, as its events describe it. What does not apply is absent. */
export const recordingRowSchema = z.looseObject({
  id: z.string(),
  /** The Audit-ID of the request that opened the session. */
  auditId: z.string(),
  stream: optionalText,
  /** The subresource with which the session was opened. */
  kind: z.string(),
  cluster: z.string(),
  /** `pods`, or `nodes` for a session through a kubelet. */
  resource: z.string(),
  namespace: z.string(),
  name: z.string(),
  container: optionalText,
  /** The command of an exec, as events contain it: in clear, or each word as a hash. */
  command: z.optional(z.array(z.string())),
  tty: z.optional(z.boolean()),
  user: z.string(),
  sessionId: optionalText,
  demand: wordOf<'optional' | 'required'>(),
  recipients: z.array(z.string()),
  since: timeSchema,
  end: z.optional(timeSchema),
  /** `running` until it has ended. */
  state: wordOf<'running' | 'complete' | 'cut' | 'lost'>(),
  parts: z.number(),
  bytes: z.number(),
  reason: optionalText,
});
export type RecordingRow = z.infer<typeof recordingRowSchema>;

/** `GET <api>/recordings`: the latest first, as far as the caller may see them. `next` is absent on the last page. */
export const recordingListSchema = z.object({ recordings: z.array(recordingRowSchema), next: optionalText });
export type RecordingList = z.infer<typeof recordingListSchema>;

/** `GET <api>/recordings/<id>`: one recording, the files of its parts in order, and its gaps. */
export const recordingSchema = z.object({
  recording: recordingRowSchema,
  parts: z.array(z.object({ part: z.number(), files: z.array(fileSchema) })),
  gaps: z.array(z.object({ from: z.string(), until: optionalText, reason: optionalText })),
});
export type Recording = z.infer<typeof recordingSchema>;
