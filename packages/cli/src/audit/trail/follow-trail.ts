import { auditRowSchema, type AuditRow } from '@sallyport/contracts/answers';
import { readAnswer } from '../../gateway/read-answer.ts';
import { parseJson } from '../../input/untrusted.ts';
import { streamAsUser, type OpenGateway } from '../../gateway/open-gateway.ts';
import { CliError } from '../../terminal/cli-error.ts';
import { forTerminal } from '../../terminal/for-terminal.ts';
import { createParser, type EventSourceMessage } from 'eventsource-parser';

/** No event is so long. */
const maxPendingBytes = 32 * 1024 * 1024;

/** Reads server-sent events from the pieces of an answer. */
async function* readServerEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<EventSourceMessage> {
  const found: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => void found.push(message) });
  const decoder = new TextDecoder();
  let pending = 0;
  for await (const chunk of chunks) {
    pending = chunk.includes(10) ? chunk.length : pending + chunk.length;
    if (pending > maxPendingBytes) throw new Error('an event of the gateway is too long');
    parser.feed(decoder.decode(chunk, { stream: true }));
    yield* found.splice(0);
  }
}

const pauseMs = 1000;
/** The gateway sends something every 15 seconds. */
const silenceMs = 60_000;
/** After a new connection, events may come again. The ids of so many are remembered. */
const remembered = 10_000;

const cannotCheck = 'the gateway cannot check now what you may see';
/** The gateway tells why it ends a stream. */
const reasons: Record<string, string> = {
  'not-allowed': "what the gateway's policy lets you see has changed",
  'session-ended': 'your session has ended',
  'authorize-unavailable': cannotCheck,
  // The name in gateways before version 0.2.0.
  unjudged: cannotCheck,
};

type Follow = { after: string | undefined; print(row: AuditRow): void; untilDone(): boolean };

/** Reports each id that is new to it, and forgets the oldest ones. */
function createMemory(): (id: string) => boolean {
  const seen = new Set<string>();
  return (id) => {
    if (seen.has(id)) return false;
    seen.add(id);
    if (seen.size > remembered) seen.delete(seen.values().next().value!);
    return true;
  };
}

/**
 * Prints each event once as the gateway sends it. If the connection ends, it says so, and continues after the last event.
 * Throws if the gateway refuses.
 */
export async function followTrail(
  gateway: OpenGateway,
  filters: URLSearchParams,
  { after: first, print, untilDone }: Follow,
): Promise<void> {
  const { stderr, sleep } = gateway.environment;
  const isNew = createMemory();
  let after = first;
  let lost = false;
  const read = async (): Promise<string> => {
    const query = new URLSearchParams(filters);
    if (after !== undefined) query.set('after', after);
    const path = `/.sallyport/api/v1/audit/tail?${query.toString()}`;
    const chunks = await streamAsUser(gateway, { method: 'GET', path, accept: 'text/event-stream' }, silenceMs);
    if (lost) stderr.write('The gateway can be reached again. Continuing after the last event.\n');
    lost = false;
    for await (const { event, data, id } of readServerEvents(chunks)) {
      if (event === 'end')
        return reasons[(parseJson(data) as { reason?: string } | undefined)?.reason ?? ''] ?? 'it ended';
      if (event !== 'audit') continue;
      const row = readAnswer(auditRowSchema, parseJson(data), 'the audit trail');
      if (isNew(row.id)) print(row);
      after = id ?? after;
    }
    return 'the gateway ended the connection';
  };
  for (;;) {
    const why = await read().catch((error: unknown) => {
      if (error instanceof CliError && error.exit === 'unreachable') return error.message;
      throw error;
    });
    if (untilDone()) return;
    if (!lost) stderr.write(`${forTerminal(why)}. Retrying.\n`);
    lost = true;
    await sleep(pauseMs);
  }
}
