import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { TopicMessage } from '../harness/index.ts';

/** Returns the events of a trail in files, in their order, as messages of a topic. */
export function readTrailFiles(directory: string): Pick<TopicMessage, 'headers' | 'value'>[] {
  const files = readdirSync(directory).filter((name) => name.endsWith('.ndjson'));
  return files.toSorted().flatMap((name) => {
    const lines = readFileSync(path.join(directory, name), 'utf8').split('\n');
    return lines.filter(Boolean).map((line) => {
      const { cloudEvent, ...data } = JSON.parse(line) as { cloudEvent: Record<string, string> };
      const headers = Object.fromEntries(Object.entries(cloudEvent).map(([key, value]) => [`ce_${key}`, value]));
      return { headers, value: JSON.stringify(data) };
    });
  });
}
