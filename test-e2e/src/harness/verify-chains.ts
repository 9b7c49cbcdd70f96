import { createVerifier, type TrailFault } from '@sallyport/audit-proof';
import { readTopic, type TopicMessage } from './read-topic.ts';

/** What the chains of a topic's producers say. `unchained` counts events without a place in a chain. */
export type ChainReport = { producers: number; unchained: number; faults: TrailFault[] };

/** Returns every message that a topic has now. */
export async function readWholeTopic(topic: Parameters<typeof readTopic>[0]): Promise<TopicMessage[]> {
  const messages: TopicMessage[] = [];
  await readTopic(topic, (more) => void messages.push(...more)).close();
  return messages;
}

/** Verifies the chains of the messages, as `sallyport audit verify` does without keys. */
export function verifyChains(messages: readonly TopicMessage[]): ChainReport {
  const verifier = createVerifier();
  for (const { at, headers, value } of messages) {
    const [partition, offset] = at.split('/');
    verifier.add({
      id: headers['ce_id']!,
      type: headers['ce_type']!,
      time: headers['ce_time']!,
      data: JSON.parse(value),
      text: value,
      part: partition!,
      place: { source: 'topic', position: Number(offset) },
    });
  }
  const { faults, producers, unchained } = verifier.finish();
  return { faults, producers: producers.length, unchained };
}
