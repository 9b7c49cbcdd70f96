import { createParser, type EventSourceMessage } from 'eventsource-parser';

/** No event is so long. */
const maxPendingBytes = 32 * 1024 * 1024;

/** Reads server-sent events from the pieces of an answer. */
export async function* readServerEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<EventSourceMessage> {
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
