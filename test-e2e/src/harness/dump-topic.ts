import { readTopic, type TopicMessage } from './read-topic.ts';

/** Returns every message that is on a topic now, with key and headers, one per line. */
export async function dumpTopic(kafka: { brokers: string[]; topic: string }): Promise<string> {
  const messages: TopicMessage[] = [];
  await readTopic(kafka, (more) => void messages.push(...more)).close();
  return messages.map(({ key, headers, value }) => `${key} ${JSON.stringify(headers)} ${value}`).join('\n');
}
